package restore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// largeFile returns doc if it holds more than is read whole, and can be read
// twice. Else it returns nil.
func largeFile(doc io.Reader, limits splitLimits) (io.ReadSeeker, error) {
	file, ok := doc.(io.ReadSeeker)
	if !ok {
		return nil, nil
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, nil // a pipe
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = file.Seek(start, io.SeekStart)
	}
	if err != nil || end-start <= int64(limits.whole) {
		return nil, err
	}
	return file, nil
}

// replan makes the plan whose document is in the file anew, without holding the
// document or its steps. It returns nil, with the file where it was, if the
// document is not to the byte that of the plan which comes about: then it has to
// be read.
func replan(ctx context.Context, file io.ReadSeeker, a source, manifest layout.Digest, target tenant.Target, limits splitLimits) (plan *Plan, err error) {
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	defer func() {
		if plan == nil && err == nil {
			_, err = file.Seek(start, io.SeekStart)
		}
	}()
	frame, digest := readFrame(cancelled{ctx, file}, limits)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if frame == nil || frame.Format != PlanFormat || frame.Archive.Manifest != manifest.String() {
		return nil, nil
	}
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: describe the target: %w", err)
	}
	inventory, err := takeInventory(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("restore: read the target: %w", err)
	}
	if info.ID != frame.Target.Tenant || inventory.hash() != frame.Target.Fingerprint {
		return nil, nil
	}
	return makeSame(ctx, a, manifest, target, info, frame.Options, digest)
}

// makeSame makes the plan with the options, and returns nil if its document has
// not the digest.
func makeSame(ctx context.Context, a source, manifest layout.Digest, target tenant.Target, info tenant.Info, opts Options, digest layout.Digest) (*Plan, error) {
	p, err := newPlannerOn(ctx, a, manifest, nil, target, info, opts)
	if err != nil {
		return nil, ctx.Err() // whoever reads the document tells what is wrong with it
	}
	plan, err := p.plan(ctx)
	if err != nil || plan.made.digest != digest {
		return nil, ctx.Err()
	}
	return plan, nil
}

// readFrame reads what of a plan's document is not a step, nil if it cannot be
// read, and the document's digest.
func readFrame(r io.Reader, limits splitLimits) (*Plan, layout.Digest) {
	sum := sha256.New()
	s := newPlanSplitter(limits, func(_, _ []byte, _ int) error { return nil })
	if s.readFrom(io.TeeReader(r, sum)) != nil {
		return nil, layout.Digest{}
	}
	frame, err := decodePlan(s.frame)
	if err != nil {
		return nil, layout.Digest{}
	}
	return frame, layout.Digest(sum.Sum(nil))
}
