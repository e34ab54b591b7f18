package restore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// takeInventory returns the content hash of everything that v holds, and the
// digests by path.
func takeInventory(ctx context.Context, v view) (string, map[string]layout.Digest, error) {
	listed := []manifest.Entry{}
	digests := map[string]layout.Digest{}
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return "", nil, err
		}
		path, err := tenant.EntryPath(e.Name)
		if err != nil {
			return "", nil, err
		}
		listed = append(listed, manifest.Entry{Path: path, Size: e.Size, SHA256: e.Digest})
		digests[path] = e.Digest
	}
	return manifest.ContentHash(listed), digests, nil
}

// readBack reads an entry through the buffer and compares its digest.
func readBack(ctx context.Context, e tenant.Entry, want layout.Digest, buffer []byte) error {
	r, err := e.Open(ctx)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.CopyBuffer(sum, r, buffer)
	if err = cmp.Or(err, r.Close()); err != nil {
		return err
	}
	if got := layout.Digest(sum.Sum(nil)); got != want {
		return fmt.Errorf("its content has the SHA-256 %s, want %s", got, want)
	}
	return nil
}

// digests returns the digests of all entries by path.
func (x *index) digests() map[string]layout.Digest {
	all := make(map[string]layout.Digest, len(x.order))
	for _, a := range x.order {
		for _, e := range a.entries {
			all[e.name.String()] = e.digest
		}
	}
	return all
}
