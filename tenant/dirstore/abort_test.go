package dirstore

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

var _ tenant.Aborter = (*Store)(nil)

// TestAbort kills an import at every step and has what it left removed.
func TestAbort(t *testing.T) {
	for step, committed := range map[string]bool{
		"mid put": false, "staged": false, "committed": true, "mid renames": true, "before the journal": true, "after the journal": true,
	} {
		for _, look := range []string{"open before", "fresh"} {
			t.Run(step+"/"+look, func(t *testing.T) {
				dir := folder(t, state(0))
				s := open(t, dir)
				if err := child(t, dir, step).Run(); err == nil {
					t.Fatal("the child was not killed")
				}
				temporary := filepath.Join(dir, private, ".imports.ndjson.tmp")
				if err := os.WriteFile(temporary, []byte("half"), 0o644); err != nil {
					t.Fatal(err)
				}
				if look == "fresh" {
					s = open(t, dir)
				}
				found, err := s.Abort(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				if committed {
					n = 1
				}
				if (found.Finished == stateRecord(1).ID) != committed || (found.Files > 0) == committed || (found.Bytes > 0) == committed {
					t.Errorf("found %+v", found)
				}
				wantState(t, s, n)
				wantImports(t, s, n)
				for _, path := range []string{filepath.Join(dir, staging), filepath.Join(dir, commitFile), temporary} {
					if _, err := os.Lstat(path); !os.IsNotExist(err) {
						t.Errorf("%s: %v, want that it is gone", path, err)
					}
				}
				if again, err := open(t, dir).Abort(t.Context()); err != nil || again != (tenant.Abandoned{}) {
					t.Errorf("again: %+v, %v", again, err)
				}
			})
		}
	}
}

func TestAbortLeavesARunningImportAlone(t *testing.T) {
	dir := folder(t, state(0))
	s := open(t, dir)
	tx := begin(t, s)
	put(t, tx, reportPath, "{}")
	if _, err := open(t, dir).Abort(t.Context()); !errors.Is(err, tenant.ErrLocked) {
		t.Errorf("%v, want that the tenant is locked", err)
	}
	if err := tx.Commit(t.Context(), record1()); err != nil {
		t.Error(err)
	}
}
