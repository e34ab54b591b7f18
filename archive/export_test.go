package archive

import (
	"context"
	"errors"
	"io"
)

// VerifyInOrder is [Verify], but the manifest is read when its place comes. It
// returns nil for a file without a seek table that is right.
func VerifyInOrder(r io.ReaderAt, size int64, opts Options) (*Report, error) {
	opts, err := opts.checked()
	if err != nil {
		return nil, err
	}
	t, fault, err := readTable(r, size)
	if fault != nil || err != nil {
		return nil, err
	}
	ctx := context.Background()
	src := &tableSource{ctx: ctx, r: r, t: t, limits: frameLimits{manifest: opts.Limits.Manifest}}
	report, err := verify(ctx, src, newLedger(opts), opts, nil)
	if errors.Is(err, errTableLies) {
		return nil, nil
	}
	return report, err
}
