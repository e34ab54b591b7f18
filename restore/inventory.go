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

// compareInventory checks that v holds exactly the entries wanted, and reads
// those of read.
func compareInventory(ctx context.Context, v view, want, read map[string]layout.Digest) error {
	seen := 0
	buffer := make([]byte, 32<<10)
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return err
		}
		path := e.Name.String()
		d, ok := want[path]
		if !ok {
			return fmt.Errorf("entry %q should not be there", path)
		}
		if d != e.Digest {
			return fmt.Errorf("entry %q has the SHA-256 %s, want %s", path, e.Digest, d)
		}
		seen++
		if _, ok := read[path]; ok {
			if err := readBack(ctx, e, d, buffer); err != nil {
				return fmt.Errorf("entry %q: %w", path, err)
			}
		}
	}
	if seen != len(want) {
		return fmt.Errorf("the target has %d entries, want %d", seen, len(want))
	}
	return nil
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
