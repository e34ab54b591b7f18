package restore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// takeInventory returns everything that v holds.
func takeInventory(ctx context.Context, v view) (state, error) {
	var all []held
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return nil, err
		}
		path, err := tenant.EntryPath(e.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, held{path: path, digest: e.Digest})
	}
	return newState(all), nil
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

// state returns what the indexed target holds.
func (x *index) state() state {
	all := make([]held, 0, len(x.order))
	for _, a := range x.order {
		for _, e := range a.entries {
			all = append(all, held{path: e.path, digest: e.digest})
		}
	}
	return newState(all)
}
