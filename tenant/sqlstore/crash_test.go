package sqlstore

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// These tests kill a real process, this test binary started again, in the
// middle of an import, and look at the database that it leaves.

const (
	dieEnv = "SQLSTORE_TEST_DIE_AT"
	urlEnv = "SQLSTORE_TEST_DATABASE"
)

func TestMain(m *testing.M) {
	if step := os.Getenv(dieEnv); step != "" {
		if err := importAndDie(context.Background(), os.Getenv(urlEnv), step); err != nil {
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
func importAndDie(ctx context.Context, url, step string) error {
	db, err := openURL(ctx, url)
	if err != nil {
		return err
	}
	s, err := db.Tenant(ctx, acme.ID)
	if err != nil {
		return err
	}
	done, err := s.Imports(ctx)
	if err != nil {
		return err
	}
	reached = func(at string) {
		if at == step {
			die()
		}
	}
	for n := len(done); ; n++ {
		if err := importState(ctx, s, n, step == "mid put"); err != nil {
			return err
		}
		reached("after commit")
	}
}

const (
	marker  = "workspaces/" + workspace + "/metadata.json"
	large   = "workspaces/" + workspace + "/files/" + asset
	passing = "extensions/v/passing"

	rowsPath = "workspaces/" + workspace + "/datasets/" + asset + "/rows.parquet"
)

// state returns the entries after the n-th import.
func state(n int) map[string]string {
	entries := map[string]string{marker: fmt.Sprintf(`{"state":%d}`, n), large: strings.Repeat(fmt.Sprint(n%10), 3<<20+n%7)}
	if n%2 == 1 {
		entries[passing] = fmt.Sprint("passing ", n)
	}
	// Enough of them for a process to die among them.
	rows := [][]any{{n, "first"}, {n, nil}}
	for i := range 2000 + n%7 {
		rows = append(rows, []any{n, fmt.Sprint("row ", i)})
	}
	file, err := makeRows("state int64, text string", parquetio.WriterOptions{}, rows...)
	if err != nil {
		panic(err)
	}
	entries[rowsPath] = string(file)
	return entries
}

func importState(ctx context.Context, s *Store, n int, diesInPut bool) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	if n%2 == 0 && n > 0 {
		if err := tx.Delete(ctx, layout.Name{Kind: layout.Extension, Vendor: "v", Rest: "passing"}); err != nil {
			return err
		}
	}
	for path, content := range state(n) {
		name, err := layout.Parse(path)
		if err != nil {
			return err
		}
		var r io.Reader = strings.NewReader(content)
		if diesInPut && path == large {
			r = io.MultiReader(r, readerFunc(func([]byte) (int, error) { die(); return 0, nil }))
		}
		if err := tx.Put(ctx, name, -1, r); err != nil {
			return err
		}
	}
	return tx.Commit(ctx, record(n))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func child(t *testing.T, url, step string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), dieEnv+"="+step, urlEnv+"="+url)
	cmd.Stderr = os.Stderr
	return cmd
}

// wantSomeState reads the tenant and returns the number of its state.
func wantSomeState(t *testing.T, s *Store) (n int) {
	t.Helper()
	got, err := contents(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(got[marker]), `{"state":%d}`, &n); err != nil {
		t.Fatalf("metadata is %q: %v", got[marker], err)
	}
	want := state(n)
	if len(got) != len(want) {
		t.Fatalf("state %d with %d entries, want %d", n, len(got), len(want))
	}
	for path, content := range want {
		if string(got[path]) != content {
			t.Fatalf("a mixture: metadata of state %d beside %d bytes %.20q at %s", n, len(got[path]), got[path], path)
		}
	}
	return n
}

func wantJournal(t *testing.T, s *Store, n int) {
	t.Helper()
	all, err := s.Imports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != n+1 || all[n] != record(n) {
		t.Errorf("state %d, but the journal has %d imports and ends with %+v", n, len(all), all[max(0, len(all)-1):])
	}
}

// initial makes a database whose tenant acme is in state 0.
func initial(t *testing.T, fresh maker) (*Store, place) {
	t.Helper()
	db, at := fresh(t)
	s := newTenant(t, db, acme)
	store(t, s, 0, state(0))
	return s, at
}

func TestKilledImportIsWholeOrNothing(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		for step, want := range map[string]int{"mid put": 0, "before commit": 0, "after commit": 1} {
			t.Run(step, func(t *testing.T) {
				s, at := initial(t, fresh)
				if err := child(t, at.url, step).Run(); err == nil || !strings.Contains(err.Error(), "killed") {
					t.Fatalf("the child was not killed: %v", err)
				}
				// The journal's first record has number 0, which brought state 0.
				if got := wantSomeState(t, s); got != want {
					t.Errorf("state %d, want %d", got, want)
				}
				wantJournal(t, s, want)
				for n := want + 1; n < 4; n++ {
					if err := importState(t.Context(), s, n, false); err != nil {
						t.Fatal(err)
					}
					wantJournal(t, s, wantSomeState(t, s))
				}
			})
		}
	})
}

func TestImportsKilledAtAnyMoment(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		s, at := initial(t, fresh)
		for round := range 6 {
			cmd := child(t, at.url, "never")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// Read while the child imports: a snapshot is of one state.
			until := time.Now().Add(time.Duration(60+31*round) * time.Millisecond)
			for time.Now().Before(until) {
				wantSomeState(t, s)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			// A server may still be committing what it was told; the lock says when
			// it is done.
			if err := begin(t, s).Rollback(); err != nil {
				t.Fatal(err)
			}
			wantJournal(t, s, wantSomeState(t, s))
		}
	})
}

var _ tenant.Journal = (*Store)(nil)
