package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// These tests run the command under strace, which kills it at, or lets fail, the
// n-th call of the system, counted in each thread.

// traced runs the command under strace and returns its exit code, -1 when it was
// killed, what it said, and the trace.
func traced(t *testing.T, dir, expressions string, args ...string) (code int, said, trace string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("this test needs strace: install the Debian package strace")
	}
	log := filepath.Join(t.TempDir(), "trace")
	line := []string{"-f", "-y", "-qq", "-s", "0", "-o", log}
	for expression := range strings.FieldsSeq(expressions) {
		line = append(line, "-e", expression)
	}
	cmd := exec.Command(strace, append(append(line, binary(t)), args...)...)
	cmd.Dir = dir
	temp := filepath.Join(t.TempDir(), "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"), "TMPDIR="+temp,
		"GOMAXPROCS=1") // most calls are then made by one thread
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatalf("strace left no trace: %v\n%s", err, out)
	}
	return cmd.ProcessState.ExitCode(), string(out), string(b)
}

// faultStage is a folder with a tenant of one workspace, in a copy of its own for
// each run, and an archive of it.
type faultStage struct{ dir string }

func newFaultStage(t *testing.T) faultStage {
	t.Helper()
	dir := t.TempDir()
	const workspace = "workspaces/4a591021-9e5b-46ab-bf30-de2230823ddb"
	sample := filepath.Join("..", "..", "testdata", "tenant")
	if err := os.CopyFS(filepath.Join(dir, "tenant", workspace), os.DirFS(filepath.Join(sample, workspace))); err != nil {
		t.Fatal(err)
	}
	about, err := os.ReadFile(filepath.Join(sample, "tenant.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tenant", "tenant.json"), about, 0o600); err != nil {
		t.Fatal(err)
	}
	return faultStage{dir}
}

const createArgs = "create --from dir:tenant -o out/a.oa-archive --unsigned --quiet"

// fresh empties the folders that runs write to.
func (s faultStage) fresh(t *testing.T) {
	t.Helper()
	for _, name := range []string{"out", "state", "target"} {
		if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// published reports whether the archive is there, and fails the test if it is
// there and not whole. It also returns the names in its folder.
func (s faultStage) published(t *testing.T, what string) (there bool, names []string) {
	t.Helper()
	listing, err := os.ReadDir(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range listing {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() != "a.oa-archive" {
			if !strings.HasSuffix(e.Name(), ".partial") || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: there is %s, mode %v", what, e.Name(), info.Mode())
			}
			continue
		}
		there = true
		f, err := archive.OpenFile(context.Background(), filepath.Join(s.dir, "out", e.Name()), archive.Options{AllowUnsigned: true})
		if err != nil {
			t.Fatalf("%s: what has the final name is not whole: %v", what, err)
		}
		if r, err := f.Verify(context.Background(), archive.Options{AllowUnsigned: true}); err != nil || !r.OK() {
			t.Errorf("%s: what has the final name is not whole: %v, %v", what, err, r)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	return there, names
}

// TestCreateKilledAtAnyCall kills create at its calls, as a power cut would, and
// looks at what has the archive's name.
func TestCreateKilledAtAnyCall(t *testing.T) {
	s := newFaultStage(t)
	before, after := 0, 0
	for _, call := range []struct {
		name       string
		last, step int
	}{{"openat", 80, 13}, {"read", 30, 7}, {"write", 24, 1}, {"pread64", 4, 1}, {"getdents64", 20, 5}, {"close", 80, 13}, {"fsync", 2, 1}, {"linkat", 1, 1}, {"unlinkat", 1, 1}} {
		if testing.Short() {
			call.step *= 3
		}
		for n := 1; n <= call.last; n += call.step {
			s.fresh(t)
			what := fmt.Sprintf("killed at %s %d", call.name, n)
			code, said, trace := traced(t, s.dir, fmt.Sprintf("trace=%s inject=%[1]s:signal=KILL:when=%d", call.name, n), strings.Fields(createArgs)...)
			there, _ := s.published(t, what)
			switch {
			case code == 0 && !there:
				t.Errorf("%s: it ended well, but there is no archive:\n%s", what, said)
			case code == 0:
				n = max(n, call.last-call.step) // no thread makes so many calls
			case !strings.Contains(trace, "SIGKILL"):
				t.Fatalf("%s: code %d, %s", what, code, said)
			case there:
				after++
			default:
				before++
			}
		}
	}
	if !testing.Short() && (before < 20 || after < 1) {
		t.Errorf("killed %d times before the archive was there, %d times after: the test does not test", before, after)
	}
	t.Logf("killed %d times before the archive was there, %d times after", before, after)
}

// TestCreateReachesTheDisk follows create's calls: everything is on the disk before
// the archive gets its name, the name is on the disk before create ends, and no
// file is readable for others meanwhile.
func TestCreateReachesTheDisk(t *testing.T) {
	s := newFaultStage(t)
	s.fresh(t)
	code, said, trace := traced(t, s.dir, "trace=openat,write,pwrite64,fsync,linkat,renameat,renameat2,unlinkat", strings.Fields(createArgs)...)
	if code != 0 {
		t.Fatal(said)
	}
	at := func(pattern string) int {
		all := regexp.MustCompile(pattern).FindAllStringIndex(trace, -1)
		if len(all) == 0 {
			t.Fatalf("no %s in\n%s", pattern, trace)
		}
		return all[len(all)-1][0]
	}
	steps := []int{
		at(`openat\([^\n]*\.partial", O_RDWR\|O_CREAT\|O_EXCL\|O_CLOEXEC, 0600\)`),
		at(`write\(\d+<[^>]*\.partial>`),
		at(`fsync\(\d+<[^>]*\.partial>\) = 0`),
		at(`linkat\([^\n]*a\.oa-archive", 0\) = 0`),
		at(`fsync\(\d+<[^>]*/out>\) = 0`),
	}
	for i := 1; i < len(steps); i++ {
		if steps[i] < steps[i-1] {
			t.Errorf("step %d comes before step %d in\n%s", i, i-1, trace)
		}
	}
	for _, line := range regexp.MustCompile(`openat\([^\n]*O_CREAT[^\n]*`).FindAllString(trace, -1) {
		if !strings.Contains(line, ", 0600)") || !strings.Contains(line, "O_EXCL") {
			t.Errorf("a file that others can read, or that was there: %s", line)
		}
	}
}

// TestFailingDisk lets calls of the system fail: an archive that has the final name
// is whole, a command that ends well has done its work, and one that does not says
// why and leaves nothing behind.
func TestFailingDisk(t *testing.T) {
	s := newFaultStage(t)
	s.fresh(t)
	seed := filepath.Join(s.dir, "seed.oa-archive")
	if code, said, _ := traced(t, s.dir, "trace=none", strings.Fields(strings.Replace(createArgs, "out/a.oa-archive", seed, 1))...); code != 0 {
		t.Fatal(said)
	}
	const flags = " --allow-unsigned --quiet"
	for _, c := range []struct {
		name, args string
		faults     []string // call:error
		last       int
		whole      func(t *testing.T, what string) (done bool, left []string)
	}{
		{"create", createArgs, []string{"write:ENOSPC", "write:EIO", "fsync:EIO", "linkat:EIO", "pread64:EIO", "read:EIO"}, 10, s.published},
		{"verify", "verify seed.oa-archive --allow-unknown-signer" + flags, []string{"pread64:EIO", "openat:EMFILE"}, 12, nil},
		{"extract", "extract seed.oa-archive -C out" + flags, []string{"write:ENOSPC", "pread64:EIO", "linkat:EPERM", "close:EIO"}, 8, s.extracted},
		{"import", "import seed.oa-archive --into dir:target --create-tenant --rows" + flags, []string{"write:ENOSPC", "fsync:EIO", "renameat:EIO", "mkdirat:ENOSPC", "pread64:EIO"}, 8, s.imported},
		{"import into SQLite", "import seed.oa-archive --into sqlite:target/t.db --create-tenant" + flags, []string{"pwrite64:ENOSPC", "fsync:EIO", "pread64:EIO"}, 12, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			failed := 0
			for _, fault := range c.faults {
				call, code, _ := strings.Cut(fault, ":")
				step := 1
				if testing.Short() {
					step = 4
				}
				for n := 1; n <= c.last; n += step {
					s.fresh(t)
					if c.name == "import into SQLite" {
						if err := os.Mkdir(filepath.Join(s.dir, "target"), 0o700); err != nil {
							t.Fatal(err)
						}
					}
					what := fmt.Sprintf("%s of %s %d", code, call, n)
					exit, said, trace := traced(t, s.dir, fmt.Sprintf("trace=%s inject=%[1]s:error=%s:when=%d", call, code, n), strings.Fields(c.args)...)
					if !strings.Contains(trace, "INJECTED") {
						break
					}
					if strings.Contains(said, "goroutine ") {
						t.Fatalf("%s: it crashes:\n%s", what, said)
					}
					if exit != 0 {
						failed++
						if said == "" && call != "write" { // that may be what it says

							t.Errorf("%s: code %d without a word", what, exit)
						}
					}
					if c.whole == nil {
						continue
					}
					done, left := c.whole(t, what)
					if exit == 0 && !done {
						t.Errorf("%s: ended well, but nothing is there:\n%s", what, said)
					}
					if exit != 0 && !done && len(left) > 0 {
						t.Errorf("%s: left behind %q:\n%s", what, left, said)
					}
				}
			}
			if failed == 0 {
				t.Error("no fault was noticed: the test does not test")
			}
			t.Logf("%d faults were reported", failed)
		})
	}
}

// extracted compares what is there with the tenant: files are whole or absent.
func (s faultStage) extracted(t *testing.T, what string) (done bool, left []string) {
	t.Helper()
	out := filepath.Join(s.dir, "out")
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(out, path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(name, "partial") {
			left = append(left, name)
		} else if want, err := os.ReadFile(filepath.Join(s.dir, "tenant", name)); name == "manifest.json" {
			done = true // it comes last
		} else if err != nil || string(got) != string(want) {
			t.Errorf("%s: %s is not whole", what, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return done, left
}

// imported looks at the target as the next program does, which finishes an import
// that has taken effect: all of the tenant is there, or nothing.
func (s faultStage) imported(t *testing.T, what string) (done bool, left []string) {
	t.Helper()
	count := func(path string) (n int) {
		store, err := dirstore.Open(path)
		if errors.Is(err, tenant.ErrNoTenant) {
			return 0
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer store.Close()
		for _, err := range store.Inventory(context.Background()) {
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			n++
		}
		return n
	}
	want, got := count(filepath.Join(s.dir, "tenant")), count(filepath.Join(s.dir, "target"))
	if got != 0 && got != want {
		t.Errorf("%s: %d of %d entries were imported", what, got, want)
	}
	return got == want, nil
}
