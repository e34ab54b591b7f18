package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/oneanalytics/oa-archive/internal/s3test"
	"github.com/oneanalytics/oa-archive/internal/weaklink"
)

// remoteSize is how large the archive in the store is: small in a run of all
// tests; OA_REMOTE_SIZE sets another.
func remoteSize(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("OA_REMOTE_SIZE")
	if text == "" {
		return 48 << 20
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("OA_REMOTE_SIZE: %v", err)
	}
	return n
}

const (
	remoteWorkspace = "4a591021-9e5b-46ab-bf30-de2230823ddb"
	remoteReport    = "workspaces/12b8beec-3dee-4b03-b90c-98a615f3bde9/reports/c3d57614-291a-4915-85c4-3ad9df918f79.json"
	largeFile       = "0190c0de-0000-4000-8000-00000000000a"
)

// largeTenant is the sample tenant with an uploaded file of that size, which
// does not compress, and a report of 10 KB.
func largeTenant(t *testing.T, size int64) (dir string, report []byte) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "tenant")
	if err := os.CopyFS(dir, os.DirFS("../../testdata/tenant")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "workspaces", remoteWorkspace, "files", largeFile)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(f, digest), rand.NewChaCha8([32]byte{5}), size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	meta := filepath.Join(dir, "workspaces", remoteWorkspace, "metadata.json")
	text, err := os.ReadFile(meta)
	if err != nil {
		t.Fatal(err)
	}
	entry := fmt.Sprintf(`"files": [{"id": %q, "name": "large.bin", "media_type": "application/octet-stream", "size_bytes": %d, "sha256": %q, "owner": "usr_swf5sss0", "uploaded_at": "2026-01-15T13:00:00Z"},`,
		largeFile, size, hex.EncodeToString(digest.Sum(nil)))
	if err := os.WriteFile(meta, bytes.Replace(text, []byte(`"files": [`), []byte(entry), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err = os.ReadFile(filepath.Join(dir, remoteReport))
	if err != nil {
		t.Fatal(err)
	}
	report = append(bytes.TrimRight(report, "\n"), bytes.Repeat([]byte(" "), 10_000-len(report))...)
	if err := os.WriteFile(filepath.Join(dir, remoteReport), report, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, report
}

// succeed runs the command with limited memory.
func succeed(t *testing.T, dir string, args ...string) ending {
	t.Helper()
	e := runLimited(t, dir, nil, args...)
	if e.code != 0 {
		t.Fatalf("oa-archive %s: exit %d: %s", strings.Join(args, " "), e.code, e.said)
	}
	if e.peak > mostMemory {
		t.Errorf("oa-archive %s: %d MiB", args[0], e.peak>>20)
	}
	t.Logf("%s: %d MiB of memory", args[0], e.peak>>20)
	return e
}

// TestReportOutOfTheStore restores one report of 10 KB out of a large encrypted
// archive in a store: at most 8 requests and 3 MiB.
func TestReportOutOfTheStore(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	tenant, report := largeTenant(t, remoteSize(t))
	dir := t.TempDir()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity := filepath.Join(dir, "identity")
	if err := os.WriteFile(identity, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "create", "--from", "dir:"+tenant, "-o", b.URL("large.oa-archive.age"), "--unsigned", "--recipient", key.Recipient().String())
	if size := *b.Head(t, "large.oa-archive.age").ContentLength; size < remoteSize(t) {
		t.Fatalf("the archive has %d bytes", size)
	}
	p := weaklink.New(t, b.Server.Endpoint)
	small := func(what string) {
		t.Helper()
		requests := len(p.Requests())
		_, received := p.Bytes()
		t.Logf("%s: %d requests, %d KiB", what, requests, received>>10)
		if requests > 8 || received > 3<<20 {
			t.Errorf("%s: %d requests, %d bytes", what, requests, received)
		}
		p.Reset()
	}
	remote := b.URLVia(p.URL, "large.oa-archive.age")
	e := succeed(t, dir, "cat", remote, remoteReport, "--identity", identity, "--allow-unsigned", "--quiet")
	if !strings.Contains(e.said, string(report)) {
		t.Errorf("not the report: %.200s", e.said)
	}
	small("cat")
	succeed(t, dir, "import", remote, "--into", "sqlite:"+filepath.Join(dir, "blank.db"), "--create-tenant", "--identity", identity,
		"--allow-unsigned", "--select", "report:Shop funnel", "--quiet")
	small("import of one report")
	succeed(t, dir, "verify", b.URL("large.oa-archive.age"), "--identity", identity, "--allow-unsigned")
}

// TestPartOfADamagedArchive imports from a large archive that is damaged where
// the import does not need it, and where it does.
func TestPartOfADamagedArchive(t *testing.T) {
	tenant, _ := largeTenant(t, 40<<20)
	dir := t.TempDir()
	file := filepath.Join(dir, "acme.oa-archive")
	succeed(t, dir, "create", "--from", "dir:"+tenant, "-o", file, "--unsigned")
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("damage"), 20<<20); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	into := func(name string, args ...string) (int, string) {
		return runRemote(t, dir, append([]string{"import", file, "--into", "sqlite:" + filepath.Join(dir, name), "--create-tenant", "--allow-unsigned"}, args...)...)
	}
	if code, said := into("part.db", "--select", "report:Shop funnel"); code != 0 {
		t.Errorf("a part that is intact: exit %d: %s", code, said)
	}
	for name, args := range map[string][]string{"file.db": {"--select", "workspace:Finans"}, "all.db": nil} {
		if code, said := into(name, args...); code != 3 {
			t.Errorf("%s: exit %d: %s", name, code, said)
		}
	}
}

// runRemote runs the command and returns its exit code and output.
func runRemote(t *testing.T, dir string, args ...string) (int, string) {
	t.Helper()
	e := runLimited(t, dir, nil, args...)
	return e.code, e.said
}

// TestCopyCutAtEveryTenth cuts the link for good at each tenth of a copy, both
// ways: the destination is not there, and the same command goes on.
func TestCopyCutAtEveryTenth(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	const size = 40 << 20
	tenant, _ := largeTenant(t, size)
	dir := t.TempDir()
	file := filepath.Join(dir, "acme.oa-archive")
	succeed(t, dir, "create", "--from", "dir:"+tenant, "-o", file, "--unsigned")
	succeed(t, dir, "copy", file, b.URL("source"), "--allow-unsigned")
	original, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := weaklink.New(t, b.Server.Endpoint)
	t.Setenv("OA_ARCHIVE_STORE_ATTEMPTS", "2")
	for tenth := int64(1); tenth < 10; tenth += 2 {
		key := fmt.Sprint("up", tenth)
		for _, c := range []struct{ src, dst string }{
			{file, b.URLVia(p.URL, key)},
			{b.URLVia(p.URL, "source"), filepath.Join(dir, key)},
		} {
			p.Revive()
			p.CutAt(tenth * int64(len(original)) / 10)
			p.Plan(func(int, *http.Request) weaklink.Fault { return weaklink.Fault{} })
			code, said := runRemote(t, dir, "copy", c.src, c.dst, "--allow-unsigned", "--quiet")
			if code != 1 || !p.Dead() {
				t.Fatalf("tenth %d: exit %d: %s", tenth, code, said)
			}
			p.Revive()
			_, there := b.Get(t, key)
			if strings.HasPrefix(c.dst, "/") {
				_, err := os.Stat(c.dst)
				there = err == nil
			}
			if there {
				t.Fatalf("tenth %d: %s is there after half a copy", tenth, c.dst)
			}
			p.Reset()
			doc := succeed(t, dir, "copy", c.src, c.dst, "--allow-unsigned", "--json", "--quiet").said
			if tenth > 5 && strings.Contains(doc, `"resumed": 0`) {
				t.Errorf("tenth %d: nothing was resumed: %s", tenth, doc)
			}
		}
		if got, _ := b.Get(t, key); !bytes.Equal(got, original) {
			t.Errorf("tenth %d: %d bytes in the store", tenth, len(got))
		}
		if got, err := os.ReadFile(filepath.Join(dir, key)); err != nil || !bytes.Equal(got, original) {
			t.Errorf("tenth %d: %d bytes in the file, %v", tenth, len(got), err)
		}
	}
	if left := b.Unfinished(t); len(left) > 0 {
		t.Errorf("unfinished: %q", left)
	}
}

// TestKilledHalfWay kills an upload with kill -9: there is no object, and a copy
// goes on where it was.
func TestKilledHalfWay(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	tenant, _ := largeTenant(t, 40<<20)
	dir := t.TempDir()
	file := filepath.Join(dir, "acme.oa-archive")
	succeed(t, dir, "create", "--from", "dir:"+tenant, "-o", file, "--unsigned")
	p := weaklink.New(t, b.Server.Endpoint)
	kill := func(args ...string) {
		t.Helper()
		reached := make(chan struct{}, 100)
		p.Plan(func(_ int, r *http.Request) weaklink.Fault {
			if r.URL.Query().Get("partNumber") == "4" {
				reached <- struct{}{}
				return weaklink.Fault{Hang: true}
			}
			return weaklink.Fault{}
		})
		path, err := exec.LookPath("oa-archive")
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, args...)
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-reached
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		p.Revive()
		if keys := b.Objects(t); len(keys) > 0 {
			t.Fatalf("objects are there: %q", keys)
		}
	}
	kill("create", "--from", "dir:"+tenant, "-o", b.URLVia(p.URL, "created"), "--unsigned")
	kill("copy", file, b.URLVia(p.URL, "copied"), "--allow-unsigned")
	doc := succeed(t, dir, "copy", file, b.URLVia(p.URL, "copied"), "--allow-unsigned", "--json", "--quiet").said
	if strings.Contains(doc, `"resumed": 0`) || !strings.Contains(doc, `"far_end": "reread"`) {
		t.Errorf("it did not go on: %s", doc)
	}
	succeed(t, dir, "create", "--from", "dir:"+tenant, "-o", b.URLVia(p.URL, "created"), "--unsigned")
}
