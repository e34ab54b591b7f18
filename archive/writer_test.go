package archive

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// tarOf decompresses an archive with the zstd program.
func tarOf(t testing.TB, b []byte) []byte {
	t.Helper()
	cmd := exec.Command("zstd", "-dcq")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("zstd: %v (install package zstd)", err)
	}
	return out
}

func TestOutputDoesNotDependOnHowItIsWritten(t *testing.T) {
	opts := options(t)
	opts.Workers = 1
	want := build(t, opts, largeFiles(), true)
	for _, workers := range []int{1, 2, 7} {
		for _, known := range []bool{true, false} {
			opts.Workers = workers
			opts.TempDir = t.TempDir()
			if got := build(t, opts, largeFiles(), known); !bytes.Equal(got, want) {
				t.Errorf("%d workers, sizes known %v: other bytes", workers, known)
			}
			if left, _ := filepath.Glob(filepath.Join(opts.TempDir, "*")); len(left) > 0 {
				t.Errorf("left behind %q", left)
			}
		}
	}
}

// TestTarIsStable holds the tar stream of a fixed archive. Compressed bytes
// may change with the compression library; these must not.
func TestTarIsStable(t *testing.T) {
	const want = "e2253d3832e4e8e1cbac26f409583e391a96dbce3ab77571a366b05f44f2ce38"
	sum := sha256.Sum256(tarOf(t, build(t, options(t), append(smallFiles()[:5:5], largeFiles()[5:]...), false)))
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the tar has SHA-256 %s, want %s", got, want)
	}
}

// TestFramesFollowTheRule holds the layout of an archive against the text of
// the specification, computed anew from the sizes alone.
func TestFramesFollowTheRule(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 3000), rapid.IntRange(200_000, 1_300_000), rapid.SampledFrom([]int{1<<20 - 512, 1<<20 - 511, 1<<20 - 513, 4 << 20, 4<<20 + 1})), 0, 6).Draw(rt, "sizes")
		var files []file
		for i, size := range sizes {
			files = append(files, file{"extensions/v/" + string(rune('a'+i)), make([]byte, size)})
		}
		opts := options(t)
		b := build(t, opts, files, rapid.Bool().Draw(rt, "known"))
		rows, err := frame.ParseTable(b[len(b)-int(frame.TableLength(mustRows(t, b))):])
		if err != nil {
			rt.Fatal(err)
		}
		round := func(n int) uint32 { return uint32((n + 511) / 512 * 512) }
		var frames []uint32
		open := 512 + round(len(ustar.AppendGlobal(nil, hintOf(&manifest.Manifest{Created: testTime, Format: manifest.Version{Major: 1}, ID: testID, Tenant: opts.Tenant}), 0))-512)
		cut := func() {
			if open > 0 {
				frames = append(frames, open)
			}
			open = 0
		}
		small := func(n uint32) {
			if open > 0 && open+n > 1<<20 {
				cut()
			}
			open += n
		}
		for i, f := range files {
			if 512+round(sizes[i]) <= 1<<20 {
				small(512 + round(sizes[i]))
			} else {
				cut()
				frames = append(frames, 512)
				for rest := sizes[i]; rest > 0; rest -= 4 << 20 {
					frames = append(frames, round(min(rest, 4<<20)))
				}
			}
			small(512 + round(sign.SignatureSize(namespace(testID, f.path))))
		}
		cut()
		if len(rows) != len(frames)+3 {
			rt.Fatalf("%d rows, want %d", len(rows), len(frames)+3)
		}
		for i, want := range frames {
			if rows[i].Content != want {
				rt.Fatalf("frame %d has %d bytes, the rule says %d", i, rows[i].Content, want)
			}
		}
		if last := rows[len(rows)-2].Content; last != 512+512+1024 {
			rt.Fatalf("the last frame has %d bytes", last)
		}
	})
}

func mustRows(t testing.TB, b []byte) int {
	n, err := frame.ParseFooter(b)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNewWriterRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*WriterOptions)
		want   string
	}{
		{"no signer", func(o *WriterOptions) { o.Signer = nil }, "no Signer given"},
		{"signer and unsigned", func(o *WriterOptions) { o.Unsigned = true }, "contradict"},
		{"no tenant", func(o *WriterOptions) { o.Tenant = manifest.Tenant{} }, "tenant: the id"},
		{"id", func(o *WriterOptions) { o.ID = "x" }, "UUIDv7"},
		{"purpose", func(o *WriterOptions) { o.Purpose = "fun" }, "purpose"},
		{"generator", func(o *WriterOptions) { o.Generator = "a\nb" }, "control character"},
		{"time", func(o *WriterOptions) { o.Created = time.Unix(1<<33, 0) }, "created"},
		{"extension", func(o *WriterOptions) { o.Extensions = manifest.Members{{Name: "A", Value: []byte("1")}} }, "extensions"},
		{"workers", func(o *WriterOptions) { o.Workers = -1 }, "workers"},
		{"limits", func(o *WriterOptions) { o.Limits.Manifest = MaxManifest + 1 }, "limit for manifests"},
	} {
		opts := options(t)
		c.change(&opts)
		var out bytes.Buffer
		if _, err := NewWriter(&out, opts); err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
			t.Errorf("%s: %v (wrote %d bytes), want %q", c.name, err, out.Len(), c.want)
		}
	}
}

func TestWriterDefaults(t *testing.T) {
	before := time.Now().Truncate(time.Second)
	var out bytes.Buffer
	w, err := NewWriter(&out, WriterOptions{Tenant: manifest.Tenant{ID: "acme"}, Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	if w.Manifest() != nil {
		t.Error("a manifest before Close")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	m := w.Manifest()
	if manifest.CheckID(m.ID) != nil || m.Created.Before(before) || m.Purpose != manifest.PurposeManual || m.Generator != "oa-archive" {
		t.Errorf("manifest %+v", m)
	}
	if err := w.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := w.Create(Header{Path: "audit/events.ndjson"}); err == nil {
		t.Error("Create after Close")
	}
}

func TestWriterErrorsStick(t *testing.T) {
	a, b := "extensions/v/a", "extensions/v/b"
	for _, c := range []struct {
		name  string
		limit Limits
		steps []Header
		bytes int // written to each
		want  []string
	}{
		{"order", Limits{}, []Header{{b, 1}, {a, 1}}, 1, []string{`"extensions/v/a"`, "canonical order", "E-2"}},
		{"duplicate", Limits{}, []Header{{a, 1}, {a, 1}}, 1, []string{"occurs twice", "E-2"}},
		{"file and folder", Limits{}, []Header{{a, 1}, {a + "/b", 1}}, 1, []string{"file and a folder", "E-4"}},
		{"signature's file and folder", Limits{}, []Header{{a, 1}, {a + ".sig/b", 1}}, 1, []string{"file and a folder", "E-4"}},
		{"grammar", Limits{}, []Header{{"../x", 1}}, 1, []string{`"../x"`, "E-1"}},
		{"manifest", Limits{}, []Header{{"manifest.json", 1}}, 1, []string{"manifest's own path"}},
		{"signature", Limits{}, []Header{{"signatures/extensions/v/a.sig", 1}}, 1, []string{"grammar"}},
		{"size", Limits{}, []Header{{a, -2}}, 1, []string{"size -2"}},
		{"short", Limits{}, []Header{{a, 2}, {b, 1}}, 1, []string{`"extensions/v/a"`, "1 bytes of content where 2 were announced"}},
		{"long", Limits{}, []Header{{a, 1}, {b, 1}}, 2, []string{`"extensions/v/a"`, "more content than the 1 bytes"}},
		{"short, large", Limits{}, []Header{{a, 5 << 20}, {b, 1}}, 4 << 20, []string{`"extensions/v/a"`, "4194304 bytes of content where 5242880"}},
		{"entries", Limits{Entries: 1}, []Header{{a, 1}, {b, 1}}, 1, []string{"more than 1 entries"}},
		{"tar", Limits{Tar: 100_000}, []Header{{a, -1}, {b, 1}}, 200_000, []string{"over the limit"}},
		{"manifest", Limits{Manifest: 4900}, []Header{{a, -1}, {b, 1}, {b + "b", 1}}, 1, []string{"manifest grows"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := options(t)
			opts.Limits = c.limit
			var out bytes.Buffer
			w, err := NewWriter(&out, opts)
			if err != nil {
				t.Fatal(err)
			}
			var ew io.Writer
			for _, step := range c.steps {
				if ew, err = w.Create(step); err != nil {
					break
				}
				if _, err = ew.Write(make([]byte, c.bytes)); err != nil {
					break
				}
			}
			if err == nil {
				err = w.Close()
			}
			mustContain(t, err, c.want...)
			if again := w.Close(); again != err && again.Error() != err.Error() {
				t.Errorf("Close: %v, want the first error", again)
			}
			if _, again := w.Create(Header{Path: "extensions/v/z", Size: 0}); again == nil || again.Error() != err.Error() {
				t.Errorf("Create: %v, want the first error", again)
			}
			if w.Manifest() != nil {
				t.Error("there is a manifest")
			}
			w.Abort()
			if r := both(t, out.Bytes(), Options{}); r.OK() {
				t.Error("what was written is accepted")
			}
		})
	}
}

func TestEarlierEntryRefusesWrites(t *testing.T) {
	w, err := NewWriter(io.Discard, options(t))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := w.Create(Header{"extensions/v/a", -1})
	second, _ := w.Create(Header{"extensions/v/b", -1})
	if _, err := first.Write([]byte("x")); err == nil {
		t.Error("the first entry can still be written to")
	}
	if _, err := second.Write([]byte("x")); err == nil {
		t.Error("the error does not stick")
	}
	w.Abort()
}

func TestAbort(t *testing.T) {
	opts := options(t)
	opts.TempDir = t.TempDir()
	var out bytes.Buffer
	w, err := NewWriter(&out, opts)
	if err != nil {
		t.Fatal(err)
	}
	ew, _ := w.Create(Header{"extensions/v/a", -1})
	if _, err := ew.Write(noise(20<<20, 1)); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if _, err := ew.Write([]byte("x")); !errors.Is(err, ErrAborted) {
		t.Errorf("Write after Abort: %v", err)
	}
	if err := w.Close(); !errors.Is(err, ErrAborted) {
		t.Errorf("Close after Abort: %v", err)
	}
	if left, _ := os.ReadDir(opts.TempDir); len(left) > 0 {
		t.Errorf("left behind %v", left)
	}
	if r := both(t, out.Bytes(), Options{}); r.OK() {
		t.Error("an aborted archive is accepted")
	}
}

// failingWriter fails, or writes too little, after n bytes.
type failingWriter struct {
	n     int
	short bool
}

func (f *failingWriter) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		if f.short {
			return len(p) - 1, nil
		}
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	for _, n := range []int{0, 1 << 20, 12 << 20} {
		for _, short := range []bool{false, true} {
			w, err := NewWriter(&failingWriter{n, short}, options(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range largeFiles() {
				ew, err := w.Create(Header{f.path, -1})
				if err != nil {
					break
				}
				ew.Write(f.content)
			}
			want := "no space left"
			if short {
				want = "short write"
			}
			mustContain(t, w.Close(), want)
		}
	}
}

// brokenSigner signs the first n messages.
type brokenSigner struct {
	ed25519.PrivateKey
	left chan struct{}
}

func (b brokenSigner) Sign(r io.Reader, m []byte, o crypto.SignerOpts) ([]byte, error) {
	select {
	case <-b.left:
		return b.PrivateKey.Sign(r, m, o)
	default:
		return nil, errors.New("the agent has gone away")
	}
}

func TestSignerErrors(t *testing.T) {
	for _, n := range []int{0, 3, 9} { // the ninth is the last entry's
		left := make(chan struct{}, 20)
		for range n {
			left <- struct{}{}
		}
		signer, err := sign.NewSigner(brokenSigner{ed25519.NewKeyFromSeed(make([]byte, 32)), left})
		if err != nil {
			t.Fatal(err)
		}
		opts := options(t)
		opts.Signer = signer
		var out bytes.Buffer
		w, err := NewWriter(&out, opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range smallFiles() {
			ew, err := w.Create(Header{f.path, int64(len(f.content))})
			if err != nil {
				t.Fatal(err)
			}
			ew.Write(f.content)
		}
		err = w.Close()
		mustContain(t, err, "the agent has gone away", "sign entry")
	}
}

func TestCoverage(t *testing.T) {
	write := func(c manifest.Coverage) (*manifest.Manifest, error) {
		w, err := NewWriter(io.Discard, options(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range smallFiles() {
			ew, _ := w.Create(Header{f.path, -1})
			ew.Write(f.content)
		}
		w.SetCoverage(c)
		err = w.Close()
		return w.Manifest(), err
	}
	m, err := write(manifest.Coverage{Included: map[string]int64{"user": 3, "report": 2}, Excluded: []manifest.Omission{{Kind: "rows", Count: 4, Reason: "not asked for"}}})
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Coverage.Included; c["user"] != 3 || c["report"] != 2 || c["workspace"] != 2 || c["audit"] != 1 || len(m.Coverage.Excluded) != 1 {
		t.Errorf("coverage %+v", m.Coverage)
	}
	_, err = write(manifest.Coverage{Included: map[string]int64{"report": 3}})
	mustContain(t, err, "coverage.included", `says 3 of kind "report", but 2 are listed`)
}

func TestWriterManifestIsTheArchives(t *testing.T) {
	var out bytes.Buffer
	opts := options(t)
	opts.Purpose, opts.Sequence = manifest.PurposeInsurance, 12
	opts.Extensions = manifest.Members{{Name: "com.example", Value: []byte(`{"a":1}`)}}
	opts.Residency = &manifest.Residency{Country: "DE"}
	w, err := NewWriter(&out, opts)
	if err != nil {
		t.Fatal(err)
	}
	ew, _ := w.Create(Header{"audit/events.ndjson", -1})
	io.WriteString(ew, "{}\n")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := Open(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := w.Manifest().Marshal()
	got, _ := a.ReadFile(layout.ManifestPath)
	if !bytes.Equal(got, want) || a.ManifestDigest() != layout.DigestOf(want) {
		t.Errorf("manifest\n%s\nwant\n%s", got, want)
	}
	if m := a.Manifest(); m.Sequence != 12 || m.Purpose != manifest.PurposeInsurance || string(m.Residency) != `{"country": "DE", "exceptions": []}` || m.Format != (manifest.Version{Major: 1, Minor: 2}) || m.MinReader != (manifest.Version{Major: 1}) || m.SigningKey != opts.Signer.PublicKey().Fingerprint() {
		t.Errorf("manifest %+v", m)
	}
}
