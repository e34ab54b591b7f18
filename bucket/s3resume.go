//go:build !nos3

package bucket

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// resume asks which parts of an unfinished upload are there. They are used only
// where their checksums are those of what is written now. An upload that is
// gone is begun anew.
func (u *s3Upload) resume(id string) error {
	there := map[int32]types.Part{}
	err := u.s.opts.again(u.ctx, u.s.permanent, func(ctx context.Context) (bool, error) {
		return false, u.s.opts.request(ctx, func(ctx context.Context, alive func()) error {
			clear(there)
			pages := s3.NewListPartsPaginator(u.s.client, &s3.ListPartsInput{Bucket: &u.s.name, Key: &u.key, UploadId: &id})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return u.s.classify(err)
				}
				alive()
				for _, p := range page.Parts {
					if n, size := aws.ToInt32(p.PartNumber), aws.ToInt64(p.Size); n > 0 && size > 0 && size <= maxPart {
						there[n] = p
					}
				}
			}
			return nil
		})
	})
	switch {
	case errors.Is(err, ErrNoObject):
		return nil
	case err != nil:
		return err
	}
	// Only the last part of an object may be short. If what is written now is
	// longer, it is not the last any more: it is sent again.
	for n, p := range there {
		if _, more := there[n+1]; !more && aws.ToInt64(p.Size) < partSize(n, u.opts) {
			delete(there, n)
		}
	}
	u.id, u.there = id, there
	return nil
}

// samePart reports whether the store's checksum of a part, or else its ETag,
// which is an MD5 where the store says so, is that of b.
func samePart(p types.Part, b []byte, sum string) bool {
	if aws.ToInt64(p.Size) != int64(len(b)) {
		return false
	}
	if have := aws.ToString(p.ChecksumCRC32C); have != "" {
		return have == sum
	}
	digest := md5.Sum(b) // to recognise what the same command sent before, not against forgers
	return strings.Trim(aws.ToString(p.ETag), `"`) == hex.EncodeToString(digest[:])
}
