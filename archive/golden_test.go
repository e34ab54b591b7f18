package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/testdata"
)

// golden lists archives that were written once and are never written again:
// how they read, down to every byte, must not change.
var golden = []struct {
	name        string
	unsigned    bool
	entries     int
	contentHash string
	manifest    string // SHA-256
	files       string // SHA-256 over all entries: path, NUL, content
}{
	{"minimal-unsigned", true, 3, "h1:vJnNLOIfgQNQRH5eiwN9kUIX9xY3sFcg38cdTCNAz+s=", "4b1d47af18885d5376e0dc28018a26e5c74da6b5aef38fff32a944ffe8c34cee", "355058d1a9bb706aaa40e073203b34f3070ef85d76bbf84a6a0758efc466b935"},
	{"minimal-signed", false, 3, "h1:vJnNLOIfgQNQRH5eiwN9kUIX9xY3sFcg38cdTCNAz+s=", "831a84709f0efca81494d23113c935200ae328c90c02438dacf6dffb5f33619c", "355058d1a9bb706aaa40e073203b34f3070ef85d76bbf84a6a0758efc466b935"},
	{"large-entry", false, 4, "h1:VCu5iJYbCDwFDf7ZMkK1FNJeGFQbiE+fzyHpyiXudU8=", "6494183b5839f77f75f1c5d7d34e7a8f7e92a224d67e75a1df1b0300cc0e90a3", "d0e528ef3a4c4d92f21786b33b2359748c5b418a5f38affe01001e8bf1cce0f6"},
}

// goldenContents are what the golden archives were made of.
func goldenContents(name string) []vectorgen.Member {
	ws := "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/"
	files := []vectorgen.Member{
		{Path: ws + "metadata.json", Content: []byte("{\"workspace\":{\"id\":\"0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f\",\"name\":\"Vertrieb\"}}\n")},
		{Path: ws + "datasets/2a5e562b-ab37-1b9b-1de3-1be4335c8e83/model.yaml", Content: []byte("dataset: sales_cube # ours\ntables:\n  - { name: orders, primary_key: id }\n")},
	}
	if name == "large-entry" {
		rows := make([]byte, 6<<20+345)
		rand.NewChaCha8([32]byte{9}).Read(rows[:64<<10])
		files = append(files, vectorgen.Member{Path: ws + "datasets/2a5e562b-ab37-1b9b-1de3-1be4335c8e83/rows.parquet", Content: rows})
	}
	return append(files, vectorgen.Member{Path: "audit/events.ndjson", Content: []byte("{\"event\":{}}\n")})
}

// TestMakeGolden writes golden archives that do not exist yet, when asked to.
func TestMakeGolden(t *testing.T) {
	if !*update {
		return
	}
	for _, name := range []string{"minimal-unsigned", "minimal-signed", "large-entry"} {
		path := filepath.Join("../testdata/archives", name+".oa-archive")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		opts := archive.WriterOptions{ID: vectorgen.ID, Created: vectorgen.Created, Generator: "oa-archive/0.1.0",
			Tenant: manifest.Tenant{ID: "acme", Name: "Acme", Region: "eu-central-1"}, Signer: vectorgen.Key(1)}
		if name == "minimal-unsigned" {
			opts.Signer, opts.Unsigned = nil, true
		}
		w, err := archive.NewWriter(f, opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range goldenContents(name) {
			ew, err := w.Create(archive.Header{Path: m.Path, Size: -1})
			if err != nil {
				t.Fatal(err)
			}
			ew.Write(m.Content)
		}
		if err := errors.Join(w.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGoldenArchivesReadAsEver(t *testing.T) {
	for _, g := range golden {
		b, err := fs.ReadFile(testdata.FS, "archives/"+g.name+".oa-archive")
		if err != nil {
			t.Fatal(err)
		}
		opts := archive.Options{AllowUnsigned: g.unsigned}
		r, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
		if err != nil || !r.OK() {
			t.Errorf("%s: %v, %v", g.name, err, r.Findings)
			continue
		}
		a, err := archive.Open(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
		if err != nil {
			t.Fatal(err)
		}
		all := sha256.New()
		for _, e := range a.Manifest().Entries {
			content, err := a.ReadDocument(context.Background(), e.Path, 0)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(all, e.Path+"\x00")
			all.Write(content)
		}
		digest := a.ManifestDigest()
		if r.Entries != g.entries || a.Manifest().ContentHash != g.contentHash || digest.String() != g.manifest || hex.EncodeToString(all.Sum(nil)) != g.files || r.Signed == g.unsigned {
			t.Errorf("{%q, %v, %d, %q, %q, %q},", g.name, !r.Signed, r.Entries, a.Manifest().ContentHash, digest, hex.EncodeToString(all.Sum(nil)))
		}
		again, err := a.Manifest().Marshal()
		if text, _ := a.ReadFile("manifest.json"); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%s: the manifest does not survive a round trip: %v", g.name, err)
		}
		if !strings.HasPrefix(a.Manifest().Generator, "oa-archive/") {
			t.Errorf("%s: generator %q", g.name, a.Manifest().Generator)
		}
	}
}
