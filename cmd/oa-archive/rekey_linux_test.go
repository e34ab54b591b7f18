package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/oneanalytics/oa-archive/seal"
)

// A rekeyStage is an encrypted archive that is given to somebody else in place.
type rekeyStage struct {
	faultStage
	old, new age.Identity
	file     []byte // as it was
	inside   []byte // the archive
}

const rekeyArgs = "rekey out/a.age -o out/a.age --force --identity old.txt --recipient new.pub --quiet"

func newRekeyStage(t *testing.T) *rekeyStage {
	t.Helper()
	s := &rekeyStage{faultStage: newFaultStage(t)}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"old", "new"} {
		key, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		write(name+".txt", key.String()+"\n")
		write(name+".pub", key.Recipient().String()+"\n")
		if name == "old" {
			s.old = key
		} else {
			s.new = key
		}
	}
	if code, said, _ := traced(t, s.dir, "trace=none", strings.Fields("create --from dir:tenant -o seed.age --unsigned --quiet --recipient old.pub")...); code != 0 {
		t.Fatal(said)
	}
	var err error
	if s.file, err = os.ReadFile(filepath.Join(s.dir, "seed.age")); err != nil {
		t.Fatal(err)
	}
	if s.inside, err = opened(s.file, s.old); err != nil {
		t.Fatal(err)
	}
	return s
}

func opened(file []byte, key age.Identity) ([]byte, error) {
	r, err := seal.Open(context.Background(), bytes.NewReader(file), int64(len(file)), key)
	if err != nil {
		return nil, err
	}
	content := make([]byte, r.Size())
	_, err = r.ReadAt(content, 0)
	return content, err
}

func (s *rekeyStage) fresh(t *testing.T) {
	t.Helper()
	s.faultStage.fresh(t)
	if err := os.WriteFile(filepath.Join(s.dir, "out", "a.age"), s.file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// outcome reports whether the file is the new one. It is the old one otherwise, or
// the test fails. It also returns what else is in the folder.
func (s *rekeyStage) outcome(t *testing.T, what string) (done bool, left []string) {
	t.Helper()
	listing, err := os.ReadDir(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range listing {
		if e.Name() != "a.age" {
			left = append(left, e.Name())
		}
	}
	file, err := os.ReadFile(filepath.Join(s.dir, "out", "a.age"))
	if err != nil {
		t.Fatalf("%s: the archive is gone: %v", what, err)
	}
	if bytes.Equal(file, s.file) {
		return false, left
	}
	if inside, err := opened(file, s.new); err != nil || !bytes.Equal(inside, s.inside) {
		t.Errorf("%s: the archive inside is not the same: %v", what, err)
	}
	if _, err := opened(file, s.old); err == nil {
		t.Errorf("%s: the old key still opens it", what)
	}
	return true, left
}

// TestRekeyKilledAtAnyCall kills rekey while it replaces the file that it reads:
// there is the old archive or the new one, whole.
func TestRekeyKilledAtAnyCall(t *testing.T) {
	s := newRekeyStage(t)
	before, after := 0, 0
	kill := func(call string, n int) (reached bool) {
		s.fresh(t)
		what := fmt.Sprintf("killed at %s %d", call, n)
		code, said, trace := traced(t, s.dir, fmt.Sprintf("trace=%s inject=%[1]s:signal=KILL:when=%d", call, n), strings.Fields(rekeyArgs)...)
		done, _ := s.outcome(t, what)
		switch {
		case code == 0 && !done:
			t.Errorf("%s: it ended well, but nothing has changed:\n%s", what, said)
		case code == 0:
			return false
		case !strings.Contains(trace, "SIGKILL"):
			t.Fatalf("%s: code %d, %s", what, code, said)
		case done:
			after++
		default:
			before++
		}
		return true
	}
	for _, call := range []struct {
		name       string
		last, step int
	}{{"openat", 30, 7}, {"pread64", 12, 3}, {"write", 8, 1}, {"fsync", 2, 1}, {"renameat", 1, 1}, {"close", 30, 7}} {
		for n := 1; n <= call.last && kill(call.name, n); n += call.step {
		}
	}
	// Calls are counted by thread: it takes luck to meet the one after the rename.
	for try := 0; !testing.Short() && after == 0 && try < 20; try++ {
		kill("fsync", 2)
	}
	// The race detector makes calls of its own.
	if before < 8 || !testing.Short() && after < 1 {
		t.Errorf("killed %d times before the new archive was there, %d times after: the test does not test", before, after)
	}
	t.Logf("killed %d times before the new archive was there, %d times after", before, after)
}

// TestRekeyOnAFailingDisk lets calls fail instead: the old archive stays, nothing is
// left beside it, and it is said why.
func TestRekeyOnAFailingDisk(t *testing.T) {
	s := newRekeyStage(t)
	failed := 0
	for _, fault := range []string{"write:ENOSPC", "write:EIO", "fsync:EIO", "renameat:EIO", "pread64:EIO"} {
		call, code, _ := strings.Cut(fault, ":")
		for n := 1; n <= 6; n++ {
			s.fresh(t)
			what := fmt.Sprintf("%s of %s %d", code, call, n)
			exit, said, trace := traced(t, s.dir, fmt.Sprintf("trace=%s inject=%[1]s:error=%s:when=%d", call, code, n), strings.Fields(rekeyArgs)...)
			if !strings.Contains(trace, "INJECTED") {
				break
			}
			done, left := s.outcome(t, what)
			if exit == 0 && !done || strings.Contains(said, "goroutine ") {
				t.Errorf("%s: exit %d\n%s", what, exit, said)
			}
			if exit != 0 {
				failed++
				if !done && len(left) > 0 || said == "" && call != "write" {
					t.Errorf("%s: left behind %q:\n%s", what, left, said)
				}
			}
		}
	}
	if failed < 8 {
		t.Errorf("%d faults were noticed: the test does not test", failed)
	}
}

// TestRekeyReachesTheDisk: everything is on the disk before the new file replaces
// the old one, and the name is on the disk before rekey ends.
func TestRekeyReachesTheDisk(t *testing.T) {
	s := newRekeyStage(t)
	s.fresh(t)
	code, said, trace := traced(t, s.dir, "trace=openat,write,fsync,renameat,renameat2,unlinkat", strings.Fields(rekeyArgs)...)
	if code != 0 {
		t.Fatal(said)
	}
	at := 0
	for _, step := range []string{
		`openat\([^\n]*\.partial", O_RDWR\|O_CREAT\|O_EXCL\|O_CLOEXEC, 0600\)`, `write\(\d+<[^>]*\.partial>`, `fsync\(\d+<[^>]*\.partial>\) = 0`,
		`renameat[^\n]*\.partial"[^\n]*a\.age"\) = 0`, `fsync\(\d+<[^>]*/out>\) = 0`,
	} {
		found := regexp.MustCompile(step).FindAllStringIndex(trace, -1)
		if len(found) == 0 || found[len(found)-1][0] < at {
			t.Fatalf("%s does not come next in\n%s", step, trace)
		}
		at = found[len(found)-1][0]
	}
	if strings.Contains(trace, "unlinkat(") {
		t.Errorf("something is removed:\n%s", trace)
	}
}
