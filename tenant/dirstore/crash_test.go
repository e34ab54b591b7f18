package dirstore

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// These tests kill a real process, this test binary started again, in the
// middle of an import, and look at the folder that it leaves.

const (
	dieEnv  = "DIRSTORE_TEST_DIE_AT"
	pathEnv = "DIRSTORE_TEST_FOLDER"
)

func TestMain(m *testing.M) {
	if step := os.Getenv(dieEnv); step != "" {
		if err := importAndDie(os.Getenv(pathEnv), step); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// die ends the process without a chance to clean up.
func die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	fmt.Fprintln(os.Stderr, "still alive:", err)
	select {}
}

// importAndDie is what the child does. The step "never" imports for ever, so
// that the parent chooses the moment.
func importAndDie(path, step string) error {
	s, err := Open(path)
	if err != nil {
		return err
	}
	reached = func(at string) {
		if at == step {
			die()
		}
	}
	if step != "never" {
		return importState(s, 1, step == "mid put")
	}
	done, err := s.Imports(context.Background())
	for n := len(done) + 1; err == nil; n++ {
		err = importState(s, n, false)
	}
	return err
}

// state returns the entries of the n-th of the states that the tests import
// one after another: some entries stay, some change, some come and go.
func state(n int) map[string]string {
	files := map[string]string{metadataPath: fmt.Sprintf(`{"state":%d}`, n), "extensions/v/kept": "kept"}
	for i := range 20 {
		id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", i)
		if i%2 == n%2 || i < 10 {
			files["workspaces/"+workspace+"/reports/"+id+".json"] = fmt.Sprintf("report %d of state %d %s", i, n, strings.Repeat("x", 100*i))
		}
	}
	files[fmt.Sprintf("workspaces/%s/datasets/%08d-0000-4000-8000-000000000000/model.yaml", workspace, n%3)] = fmt.Sprint("model of state ", n)
	return files
}

// importState brings the tenant to the n-th state.
func importState(s *Store, n int, diesInPut bool) error {
	ctx := context.Background()
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	for e, err := range tx.Inventory(ctx) {
		if err != nil {
			return err
		}
		if _, kept := state(n)[e.Name.String()]; !kept {
			if err := tx.Delete(ctx, e.Name); err != nil {
				return err
			}
		}
	}
	for path, content := range state(n) {
		name, err := layout.Parse(path)
		if err != nil {
			return err
		}
		var r io.Reader = strings.NewReader(content)
		if diesInPut && name.Kind == layout.Metadata {
			r = io.MultiReader(r, readerFunc(func([]byte) (int, error) { die(); return 0, nil }))
		}
		if err := tx.Put(ctx, name, -1, r); err != nil {
			return err
		}
	}
	return tx.Commit(ctx, stateRecord(n))
}

func stateRecord(n int) tenant.ImportRecord {
	return tenant.ImportRecord{ID: fmt.Sprintf("%08d-1111-4111-8111-111111111111", n), At: time.Unix(int64(n), 0).UTC(), Summary: fmt.Sprint(n)}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func child(t *testing.T, dir, step string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), dieEnv+"="+step, pathEnv+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestKilledImportIsWholeOrNothing(t *testing.T) {
	for step, after := range map[string]bool{
		"mid put": false, "staged": false,
		"committed": true, "mid renames": true, "before the journal": true, "after the journal": true,
	} {
		for _, look := range []string{"fresh", "open before", "journal first", "begin first"} {
			t.Run(step+"/"+look, func(t *testing.T) {
				dir := folder(t, state(0))
				early := open(t, dir)
				cmd := child(t, dir, step)
				if err := cmd.Run(); err == nil || !strings.Contains(err.Error(), "killed") {
					t.Fatalf("the child was not killed: %v", err)
				}
				n := 0
				if after {
					n = 1
				}
				s := early
				if look != "open before" {
					s = open(t, dir)
				}
				switch look {
				case "journal first":
					wantImports(t, s, n)
				case "begin first":
					_ = begin(t, s).Rollback()
				}
				wantState(t, s, n)
				wantImports(t, s, n)
				// The next import works and leaves nothing of the dead one.
				if err := importState(s, 2, false); err != nil {
					t.Fatal(err)
				}
				wantState(t, s, 2)
				for _, path := range []string{staging, commitFile} {
					if _, err := os.Lstat(filepath.Join(dir, path)); !os.IsNotExist(err) {
						t.Errorf("%s: %v, want that it is gone", path, err)
					}
				}
			})
		}
	}
}

func TestImportsKilledAtAnyMoment(t *testing.T) {
	dir := folder(t, state(0))
	s := open(t, dir)
	for round := range 8 {
		cmd := child(t, dir, "never")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Read while the child imports: a snapshot is of one state.
		until := time.Now().Add(time.Duration(40+17*round) * time.Millisecond)
		for time.Now().Before(until) {
			wantSomeState(t, s)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		n := wantSomeState(t, s)
		if n < 0 {
			t.Fatal("the folder at rest changed while it was read")
		}
		all, err := s.Imports(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != n || n > 0 && all[n-1] != stateRecord(n) {
			t.Errorf("the folder is in state %d, its journal has %d imports and ends with %+v", n, len(all), all[max(0, len(all)-1):])
		}
	}
}

// wantSomeState reads the folder and returns the number of the state that it
// is in, or -1 when the read was overtaken.
func wantSomeState(t *testing.T, s *Store) int {
	t.Helper()
	got, err := readAll(t.Context(), s)
	if err != nil {
		if !strings.Contains(err.Error(), tenant.ErrChanged.Error()) {
			t.Fatal(err)
		}
		return -1
	}
	var n int
	if _, err := fmt.Sscanf(got[metadataPath], `{"state":%d}`, &n); err != nil {
		t.Fatalf("metadata is %q: %v", got[metadataPath], err)
	}
	if !maps.Equal(got, state(n)) {
		t.Fatalf("a mixture: metadata of state %d beside %v", n, got)
	}
	return n
}

func wantState(t *testing.T, s *Store, n int) {
	t.Helper()
	if got := contents(t, s); !maps.Equal(got, state(n)) {
		t.Errorf("the folder holds %v, want state %d", got, n)
	}
}

func wantImports(t *testing.T, s *Store, n int) {
	t.Helper()
	got, err := s.Imports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != n || n == 1 && got[0] != stateRecord(1) {
		t.Errorf("imports: %+v, want %d", got, n)
	}
}

// TestReadersWaitForRenames stops a commit halfway through its renames: the
// folder is not read until it has finished.
func TestReadersWaitForRenames(t *testing.T) {
	dir := folder(t, state(0))
	s, other := open(t, dir), open(t, dir)
	halfway, goOn := make(chan struct{}), make(chan struct{})
	reached = func(at string) {
		if at == "mid renames" {
			close(halfway)
			<-goOn
		}
	}
	defer func() { reached = func(string) {} }()
	imported := make(chan error, 1)
	go func() { imported <- importState(s, 1, false) }()
	<-halfway

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := other.Snapshot(ctx)
	wantError(t, err, "is being carried out", "another import holds the tenant's lock")
	if late, err := Open(dir); err != nil {
		t.Errorf("Open while an import is being carried out: %v", err)
	} else {
		_ = late.Close()
	}
	read := make(chan map[string]string, 1)
	go func() {
		got, err := readAll(context.Background(), other)
		if err != nil {
			t.Error(err)
		}
		read <- got
	}()
	close(goOn)
	if err := <-imported; err != nil {
		t.Fatal(err)
	}
	if got := <-read; !maps.Equal(got, state(1)) {
		t.Errorf("the waiting reader saw %v", got)
	}
}

// TestListingOvertaken lets an import happen between a listing's first and
// last look: it is taken again.
func TestListingOvertaken(t *testing.T) {
	dir := folder(t, state(0))
	s := open(t, dir)
	before, err := s.generation()
	if err != nil {
		t.Fatal(err)
	}
	if err := importState(open(t, dir), 1, false); err != nil {
		t.Fatal(err)
	}
	after, err := s.generation()
	if err != nil {
		t.Fatal(err)
	}
	if before.same(after) || !after.same(after) {
		t.Error("an import does not change the generation")
	}
	if err := importState(open(t, dir), 2, false); err != nil {
		t.Fatal(err)
	}
	if later, err := s.generation(); err != nil || after.same(later) {
		t.Errorf("the second import does not change the generation (%v)", err)
	}
}

// TestCommitNoticesWhatWasPlanted puts a link where an import has to go while
// the import is being staged.
func TestCommitNoticesWhatWasPlanted(t *testing.T) {
	outside := t.TempDir()
	dir := folder(t, nil)
	s := open(t, dir)
	tx := begin(t, s)
	put(t, tx, reportPath, "{}")
	if err := os.Symlink(outside, filepath.Join(dir, "workspaces")); err != nil {
		t.Fatal(err)
	}
	wantError(t, tx.Commit(t.Context(), record1()), "workspaces is a symbolic link")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(outside); err != nil || len(names) != 0 {
		t.Errorf("outside the folder: %v, %v", names, err)
	}
}

func TestLockIsOfThisFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tenant")
	s, err := Create(dir, acme)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, private), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = s.Begin(t.Context())
	wantError(t, err, "the folder was moved")
}
