package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// TestFilesAreHeldAgainstTheirRecords changes the sample's uploaded files and
// what its metadata says of them.
func TestFilesAreHeldAgainstTheirRecords(t *testing.T) {
	folder := filepath.Join("workspaces", salesWorkspace, "files")
	listed, err := os.ReadDir(filepath.Join("../testdata/tenant", folder))
	if err != nil || len(listed) == 0 {
		t.Fatal(listed, err)
	}
	id := listed[0].Name()
	content, err := os.ReadFile(filepath.Join("../testdata/tenant", folder, id))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(content)
	changed[0] ^= 1
	for name, c := range map[string]struct {
		change func(dir string) error
		rule   string
	}{
		"larger": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, folder, id), append(content, 'x'), 0o600)
		}, "file-size"},
		"changed": {func(dir string) error { return os.WriteFile(filepath.Join(dir, folder, id), changed, 0o600) }, "file-digest"},
		"gone":    {func(dir string) error { return os.Remove(filepath.Join(dir, folder, id)) }, "missing-file"},
	} {
		dir := sampleCopy(t)
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		_, err := Export(t.Context(), open(t, dir), &out, Options{Writer: writerOptions(t)})
		var invalid *InvalidError
		if !errors.As(err, &invalid) || len(invalid.Problems) != 1 || invalid.Problems[0].Rule != c.rule || !strings.Contains(err.Error(), "metadata") && c.rule != "missing-file" {
			t.Errorf("%s: %v, want %s", name, err, c.rule)
		}
		var warned []string
		_, err = Export(t.Context(), open(t, dir), &out, Options{Writer: writerOptions(t), AllowInvalid: true, Warn: func(p schema.Problem) { warned = append(warned, p.Rule) }})
		if err != nil || !strings.Contains(strings.Join(warned, " "), c.rule) {
			t.Errorf("%s, allowed: %v, warnings %q", name, err, warned)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	for _, c := range []struct {
		media, content string
		warns          bool
	}{
		{"application/pdf", "%PDF-1.7 …", false},
		{"application/pdf; charset=x", "<html>", true},
		{"IMAGE/PNG", "GIF89a", true},
		{"image/gif", "GIF89a", false},
		{"text/csv", "%PDF-1.7", false},
		{"application/zip", "", false},
		{"", "x", false},
	} {
		r := fileRecord{MediaType: c.media}
		var head headKeeper
		head.Write([]byte(c.content))
		got := r.check(int64(len(c.content)), layout.Digest{}, head.head)
		if c.warns != (len(got) == 1 && got[0].Warning && got[0].Rule == ruleFileType) {
			t.Errorf("%s, %q: %v", c.media, c.content, got)
		}
	}
}
