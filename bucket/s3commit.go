//go:build !nos3

package bucket

import (
	"bytes"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func (u *s3Upload) commit(ctx context.Context, sum uint32) (version, error) {
	stop := context.AfterFunc(ctx, u.cancel)
	defer stop()
	u.sum = sum
	var v version
	var err error
	if u.id == "" {
		v, err = u.settle(u.put)
	} else {
		if len(u.part) > 0 {
			if err := u.flush(); err != nil {
				return version{}, err
			}
		}
		if err := u.group.Wait(); err != nil {
			return version{}, err
		}
		// The group's context has ended.
		u.ctx, u.cancel = context.WithCancel(ctx)
		v, err = u.settle(u.complete)
	}
	u.finished = err == nil
	return v, err
}

// settle calls last, which makes the object appear, until it is clear whether
// it did: an answer that is lost leaves that open, and the next one then speaks
// of the object or of the upload that is no more.
func (u *s3Upload) settle(last func(ctx context.Context) (version, error)) (v version, err error) {
	lost := false
	patient := u.s.opts // the server may have to put thousands of parts together
	patient.Stall *= 40
	err = u.s.opts.again(u.ctx, u.s.permanent, func(ctx context.Context) (bool, error) {
		return false, patient.request(ctx, func(ctx context.Context, _ func()) (err error) {
			v, err = last(ctx)
			if err != nil && (errors.Is(err, context.Canceled) || u.s.d.status(err) == 0 || u.s.d.status(err) >= 500) {
				lost = true
			}
			return err
		})
	})
	if err == nil {
		return v, nil
	}
	if lost {
		return u.find(err)
	}
	return version{}, err
}

// find looks for the object after an answer was lost.
func (u *s3Upload) find(why error) (version, error) {
	// The caller's context may be what cut the answer off.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), cleanUpTime)
	defer cancel()
	v, err := u.s.stat(ctx, u.key)
	switch {
	case err == nil && v.mark == u.mark:
		return v, nil
	case err == nil && !u.opts.Replace:
		return version{}, &classified{ErrExists, why}
	case err == nil || errors.Is(err, ErrNoObject):
		return version{}, why
	}
	return version{}, &classified{ErrUnknown, why}
}

func (u *s3Upload) put(ctx context.Context) (version, error) {
	sum := encodeSum(u.sum)
	in := &s3.PutObjectInput{
		Bucket: &u.s.name, Key: &u.key, ContentType: &u.opts.contentType, Metadata: map[string]string{markName: u.mark},
		ServerSideEncryption: u.s.sse, SSEKMSKeyId: u.s.kmsKey, IfNoneMatch: u.condition(),
		Body: &liveReader{bytes.NewReader(u.part), func() {}}, ContentLength: aws.Int64(int64(len(u.part))),
	}
	if u.s.checksum {
		in.ChecksumAlgorithm, in.ChecksumCRC32C = types.ChecksumAlgorithmCrc32c, &sum
	}
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = lockHeaders(u.opts.Retention)
	out, err := u.s.client.PutObject(ctx, in)
	if err != nil {
		return version{}, u.refused(err)
	}
	v := version{size: u.total, tag: aws.ToString(out.ETag), mark: u.mark}
	v.sum, v.hasSum = s3Sum(out.ChecksumCRC32C, types.ChecksumTypeFullObject)
	return v, nil
}

func (u *s3Upload) complete(ctx context.Context) (version, error) {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &u.s.name, Key: &u.key, UploadId: &u.id, IfNoneMatch: u.condition(), MpuObjectSize: &u.total,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: u.sent},
	}
	if u.s.checksum {
		sum := encodeSum(u.sum)
		in.ChecksumCRC32C, in.ChecksumType = &sum, types.ChecksumTypeFullObject
	}
	out, err := u.s.client.CompleteMultipartUpload(ctx, in)
	if err != nil {
		return version{}, u.refused(err)
	}
	v := version{size: u.total, tag: aws.ToString(out.ETag), mark: u.mark}
	v.sum, v.hasSum = s3Sum(out.ChecksumCRC32C, out.ChecksumType)
	return v, nil
}

func (u *s3Upload) condition() *string {
	if u.opts.Replace {
		return nil
	}
	return aws.String("*")
}

// refused classifies what kept the object from appearing. A conflict with
// another upload of the same name (409) is worth another try.
func (u *s3Upload) refused(err error) error {
	if u.s.d.status(err) == 412 {
		return &classified{ErrExists, err}
	}
	return u.s.classify(err)
}
