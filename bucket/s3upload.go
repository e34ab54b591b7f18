//go:build !nos3

package bucket

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// uploadMemory is how many bytes of parts are under way at once; one more part
// is being filled meanwhile.
const uploadMemory = 64 << 20

// s3Upload writes one object: with a single request when it is smaller than a
// part, else in parts (docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
type s3Upload struct {
	s    *s3Store
	key  string
	mark string
	opts WriterOptions

	ctx    context.Context // of the whole upload
	cancel context.CancelFunc
	group  *errgroup.Group
	slots  *semaphore.Weighted
	free   sync.Pool // of parts

	part  []byte // being filled
	size  int64  // of its part, when full
	sum   uint32 // of everything, once it is committed
	total int64
	count int32  // parts before it
	id    string // of the multipart upload; empty: none yet

	mu       sync.Mutex
	sent     []types.CompletedPart
	reused   int64
	there    map[int32]types.Part // of the upload that is resumed
	finished bool
}

func (s *s3Store) create(ctx context.Context, key string, opts WriterOptions) (upload, error) {
	u := &s3Upload{s: s, key: key, mark: newMark(), opts: opts, slots: semaphore.NewWeighted(uploadMemory)}
	u.ctx, u.cancel = context.WithCancel(ctx)
	u.group, u.ctx = errgroup.WithContext(u.ctx)
	u.group.SetLimit(opts.Parallel)
	if opts.Retention != (Retention{}) {
		if err := s.canLock(ctx); err != nil {
			u.cancel()
			return nil, err
		}
	}
	if opts.Resume != "" {
		if err := u.resume(opts.Resume); err != nil {
			u.cancel()
			return nil, err
		}
	}
	u.size = u.sizeOf(1)
	return u, nil
}

// canLock asks, if the credentials allow, whether the bucket can lock objects.
// Stores refuse a lock otherwise, but some only after they have the object.
func (s *s3Store) canLock(ctx context.Context) error {
	out, err := s.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: &s.name})
	switch {
	case err != nil && strings.Contains(err.Error(), "ObjectLockConfigurationNotFound"):
		return &classified{ErrRetention, errors.New("object lock is off for the bucket")}
	case err == nil && (out.ObjectLockConfiguration == nil || out.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled):
		return &classified{ErrRetention, errors.New("object lock is off for the bucket")}
	}
	return nil // on, or the upload will tell
}

// sizeOf returns the size of part n: that which it has in the upload that is
// resumed, else what the plan says.
func (u *s3Upload) sizeOf(n int32) int64 {
	if p, ok := u.there[n]; ok {
		return aws.ToInt64(p.Size)
	}
	return partSize(n, u.opts)
}

func (u *s3Upload) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if int64(len(u.part)) == u.size {
			if err := u.flush(); err != nil {
				return n, err
			}
		}
		if u.part == nil {
			if kept, ok := u.free.Get().(*[]byte); ok {
				u.part = (*kept)[:0]
			} else {
				u.part = make([]byte, 0, u.room())
			}
		}
		take := p[:min(int64(len(p)), u.size-int64(len(u.part)))]
		u.part = append(u.part, take...)
		u.total += int64(len(take))
		n, p = n+len(take), p[len(take):]
	}
	return n, nil
}

// room is how much a new part takes at first: the first one may be all there is.
func (u *s3Upload) room() int64 {
	if u.count == 0 {
		return min(u.size, 1<<20)
	}
	return u.size
}

// flush sends the part that is full, or the last.
func (u *s3Upload) flush() error {
	if u.id == "" {
		if err := u.begin(); err != nil {
			return err
		}
	}
	u.count++
	if u.count > maxParts {
		return fmt.Errorf("more than %d parts: say how large the archive can become, with a larger part size", maxParts)
	}
	number, part := u.count, u.part
	u.part, u.size = nil, u.sizeOf(u.count+1)
	weight := min(int64(len(part)), uploadMemory)
	if err := u.slots.Acquire(u.ctx, weight); err != nil {
		return u.broke(err)
	}
	u.group.Go(func() error {
		defer u.slots.Release(weight)
		err := u.send(number, part)
		u.free.Put(&part)
		return err
	})
	return nil
}

// broke returns why the parts' context ended: the first part that failed.
func (u *s3Upload) broke(err error) error {
	if failed := u.group.Wait(); failed != nil {
		return failed
	}
	return err
}

func (u *s3Upload) begin() error {
	in := &s3.CreateMultipartUploadInput{
		Bucket: &u.s.name, Key: &u.key, ContentType: &u.opts.contentType, Metadata: map[string]string{markName: u.mark},
		ServerSideEncryption: u.s.sse, SSEKMSKeyId: u.s.kmsKey,
	}
	if u.s.checksum {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject
	}
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = lockHeaders(u.opts.Retention)
	err := u.s.opts.again(u.ctx, u.s.permanent, func(ctx context.Context) (bool, error) {
		return false, u.s.opts.request(ctx, func(ctx context.Context, _ func()) error {
			out, err := u.s.client.CreateMultipartUpload(ctx, in)
			if err != nil {
				return u.s.classify(err)
			}
			u.id = aws.ToString(out.UploadId)
			return nil
		})
	})
	if err == nil && u.opts.Started != nil {
		err = u.opts.Started(u.id)
	}
	return err
}

func (u *s3Upload) send(number int32, part []byte) error {
	sum := encodeSum(crc32.Checksum(part, castagnoli))
	if old, ok := u.there[number]; ok && samePart(old, part, sum) {
		u.note(types.CompletedPart{PartNumber: &number, ETag: old.ETag, ChecksumCRC32C: old.ChecksumCRC32C}, int64(len(part)))
		return nil
	}
	return u.s.opts.again(u.ctx, u.s.permanent, func(ctx context.Context) (bool, error) {
		return false, u.s.opts.request(ctx, func(ctx context.Context, alive func()) error {
			in := &s3.UploadPartInput{
				Bucket: &u.s.name, Key: &u.key, UploadId: &u.id, PartNumber: &number,
				Body: &liveReader{bytes.NewReader(part), alive}, ContentLength: aws.Int64(int64(len(part))),
			}
			if u.s.checksum {
				in.ChecksumAlgorithm, in.ChecksumCRC32C = types.ChecksumAlgorithmCrc32c, &sum
			}
			out, err := u.s.client.UploadPart(ctx, in)
			if err != nil {
				return u.s.classify(err)
			}
			if got := aws.ToString(out.ChecksumCRC32C); got != "" && got != sum {
				return &classified{ErrNotStored, fmt.Errorf("part %d has the checksum %s, sent was %s", number, got, sum)}
			}
			u.note(types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC32C: out.ChecksumCRC32C}, 0)
			return nil
		})
	})
}

func (u *s3Upload) note(p types.CompletedPart, reused int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.reused += reused
	for int(*p.PartNumber) > len(u.sent) {
		u.sent = append(u.sent, types.CompletedPart{})
	}
	u.sent[*p.PartNumber-1] = p
}

func (u *s3Upload) abort(keep bool) error {
	if keep {
		// What is under way may still arrive, but nobody waits for long.
		patience := time.AfterFunc(cleanUpTime/4, u.cancel)
		defer patience.Stop()
	} else {
		u.cancel()
	}
	_ = u.group.Wait() // its error was reported by Write or Commit
	if u.finished || u.id == "" || keep {
		return nil
	}
	u.finished = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), cleanUpTime)
	defer cancel()
	err := u.s.opts.again(ctx, u.s.permanent, func(ctx context.Context) (bool, error) { return false, u.abandon(ctx) })
	if err != nil {
		return fmt.Errorf("the parts of an unfinished upload could not be removed: %w", err)
	}
	return nil
}

// lateness is how long a store may still work on a part whose request was cut off.
const lateness = 500 * time.Millisecond

// abandon removes the upload, and once more what parts still under way have
// left meanwhile, as the service's documentation of AbortMultipartUpload asks for.
func (u *s3Upload) abandon(ctx context.Context) error {
	if err := u.s.abandon(ctx, u.key, u.id); err != nil || u.count == 0 {
		return err
	}
	select {
	case <-time.After(lateness):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return u.s.abandon(ctx, u.key, u.id)
}

// abandon removes an unfinished upload. One that is gone is no error.
func (s *s3Store) abandon(ctx context.Context, key, id string) error {
	_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.name, Key: &key, UploadId: &id})
	if err = s.classify(err); errors.Is(err, ErrNoObject) {
		return nil
	}
	return err
}

func lockHeaders(r Retention) (mode types.ObjectLockMode, until *time.Time, hold types.ObjectLockLegalHoldStatus) {
	if !r.Until.IsZero() {
		mode, until = types.ObjectLockModeCompliance, aws.Time(r.Until.UTC())
		if r.Governance {
			mode = types.ObjectLockModeGovernance
		}
	}
	if r.LegalHold {
		hold = types.ObjectLockLegalHoldStatusOn
	}
	return mode, until, hold
}

func encodeSum(sum uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}

// s3Sum reads the checksum of a whole object. That of a list of parts is none.
func s3Sum(text *string, kind types.ChecksumType) (uint32, bool) {
	b, err := base64.StdEncoding.DecodeString(aws.ToString(text))
	if err != nil || len(b) != 4 || kind == types.ChecksumTypeComposite {
		return 0, false
	}
	return binary.BigEndian.Uint32(b), true
}

// resumed returns how many bytes an earlier upload had sent.
func (u *s3Upload) resumed() int64 { return u.reused }
