package manifest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"golang.org/x/mod/sumdb/dirhash"
)

var hashed = map[string]string{
	wsA + "/reports/" + id1 + ".json":                               "{}",
	wsA + "/metadata.json":                                          "{\"workspace\":{}}",
	wsA + "/datasets/" + id1 + "/model.yaml":                        "dataset: x\n",
	"workspaces/1c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/metadata.json": "",
	"audit/events.ndjson":                                           "\n",
	"extensions/com.example/a-b":                                    "1",
	"extensions/com.example/a.b/c":                                  "2",
}

func hashedEntries() []Entry {
	var entries []Entry
	for path, content := range hashed {
		entries = append(entries, Entry{Path: path, Size: int64(len(content)), SHA256: layout.DigestOf([]byte(content))})
	}
	return entries
}

func TestContentHashIsDirhash(t *testing.T) {
	var paths []string
	for path := range hashed {
		paths = append(paths, path)
	}
	want, err := dirhash.Hash1(paths, func(path string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(hashed[path])), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := ContentHash(hashedEntries()); got != want {
		t.Errorf("ContentHash = %s, dirhash says %s", got, want)
	}
	empty, _ := dirhash.Hash1(nil, nil)
	if got := ContentHash(nil); got != empty {
		t.Errorf("of nothing: %s, want %s", got, empty)
	}
}

func TestContentHashInTheShell(t *testing.T) {
	dir := t.TempDir()
	for path, content := range hashed {
		file := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-c", "find workspaces audit extensions -type f | LC_ALL=C sort | xargs sha256sum | sha256sum")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: this test needs sh, find, sort, xargs and sha256sum (package coreutils)", err)
	}
	sum, err := hex.DecodeString(string(bytes.Fields(out)[0]))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ContentHash(hashedEntries()), "h1:"+base64.StdEncoding.EncodeToString(sum); got != want {
		t.Errorf("ContentHash = %s, the shell says %s", got, want)
	}
}
