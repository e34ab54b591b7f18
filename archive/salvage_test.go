package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/testdata"
)

const recoveredID = "019a9b3c-0000-7000-8000-0000000000ff"

func salvageOf(t testing.TB, b []byte, opts SalvageOptions) (*Remains, error) {
	t.Helper()
	return Salvage(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
}

func mustSalvage(t testing.TB, b []byte, opts SalvageOptions) *Remains {
	t.Helper()
	r, err := salvageOf(t, b, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func recoveryOptions(t testing.TB) WriterOptions {
	return WriterOptions{ID: recoveredID, Created: testTime, Signer: testSigner(t, 9), Generator: "test", Tenant: manifest.Tenant{ID: "acme"}}
}

// contentsOf reads an archive that must be accepted.
func contentsOf(t testing.TB, b []byte, opts Options) (*manifest.Manifest, map[string]string) {
	t.Helper()
	a, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil {
		t.Fatal(err)
	}
	if report := both(t, b, opts); !report.OK() {
		t.Fatal(report.Err())
	}
	contents := make(map[string]string)
	for _, e := range a.Manifest().Entries {
		content, err := a.ReadDocument(context.Background(), e.Path, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		contents[e.Path] = string(content)
	}
	return a.Manifest(), contents
}

// checkRemains writes what remains, and demands that the result is a right
// archive, that all of it is as in the original, and that nothing is both saved
// and lost. It returns the paths that were saved.
func checkRemains(t testing.TB, r *Remains, original []file) map[string]bool {
	t.Helper()
	saved := checkSaved(t, r, original)
	var out bytes.Buffer
	m, err := r.Write(context.Background(), &out, recoveryOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, contents := contentsOf(t, out.Bytes(), Options{}); len(contents) != len(saved) {
		t.Fatalf("%d entries of %d", len(contents), len(saved))
	}
	about, err := m.Recovered()
	if err != nil || about == nil || about.Archive != testID || m.ID != recoveredID || about.Complete != r.Complete() || m.Purpose != manifest.PurposeRecovered {
		t.Fatalf("%+v, %v", about, err)
	}
	return saved
}

// checkSaved is checkRemains without an archive of them, which is quicker.
func checkSaved(t testing.TB, r *Remains, original []file) map[string]bool {
	t.Helper()
	want := make(map[string]string)
	for _, f := range original {
		want[f.path] = string(f.content)
	}
	saved := make(map[string]bool)
	for _, e := range r.Saved {
		var content []byte
		if err := r.scan.content(e.r, func(piece []byte) error { content = append(content, piece...); return nil }); err != nil {
			t.Fatal(err)
		}
		if original, ok := want[e.Path]; !ok || original != string(content) || e.Size != int64(len(content)) {
			t.Fatalf("%s is not what it was: %d bytes, of %d", e.Path, len(content), len(original))
		}
		saved[e.Path] = true
	}
	for _, l := range r.Lost {
		if _, ok := want[l.Path]; saved[l.Path] || !ok {
			t.Fatalf("%s is listed as lost", l.Path)
		}
		if l.Range.From < 0 || l.Range.To < l.Range.From {
			t.Fatalf("%s: %+v", l.Path, l.Range)
		}
	}
	if r.Listed() && len(saved)+len(r.Lost) != len(original) {
		t.Fatalf("%d saved and %d lost of %d", len(saved), len(r.Lost), len(original))
	}
	return saved
}

// checkSome writes an archive for one in a hundred.
func checkSome(t testing.TB, i int, r *Remains, original []file) map[string]bool {
	if i%100 == 0 {
		return checkRemains(t, r, original)
	}
	return checkSaved(t, r, original)
}

// frameOf is where a frame lies and what it holds.
type frameOf struct {
	Range
	paths []string // of entries with content in it
}

// framesOf takes an intact archive apart.
func framesOf(t testing.TB, b []byte) []frameOf {
	t.Helper()
	f, err := newFrameFinder(&window{ctx: context.Background(), r: bytes.NewReader(b), size: int64(len(b))}, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	s := newScan(f, DefaultLimits())
	if err := s.run(nil); err != nil || f.table == nil {
		t.Fatal(err)
	}
	var list []frameOf
	for i := range f.table.frames() {
		at := f.table.at[i]
		one := frameOf{Range: Range{at, f.table.at[i+1]}}
		for path, versions := range s.byPath {
			if versions[0].at == at || slices.Contains(versions[0].chunks, at) {
				one.paths = append(one.paths, path)
			}
		}
		list = append(list, one)
	}
	return list
}

// untouched returns the entries all of whose frames satisfy whole.
func untouched(frames []frameOf, files []file, whole func(Range) bool) map[string]bool {
	paths := make(map[string]bool)
	for _, f := range files {
		paths[f.path] = true
	}
	for _, f := range frames {
		if !whole(f.Range) {
			for _, p := range f.paths {
				delete(paths, p)
			}
		}
	}
	return paths
}

func demandSaved(t testing.TB, saved, want map[string]bool, what string) {
	t.Helper()
	for path := range want {
		if !saved[path] {
			t.Errorf("%s: %s was not touched, but is not saved", what, path)
		}
	}
}

// mixedFiles has small and large entries, in several frames.
func mixedFiles() []file {
	return []file{
		{wsA + "/metadata.json", text(300_000, "meta ")},
		{wsA + "/datasets/" + id1 + "/model.yaml", []byte("dataset: sales\n")},
		{wsA + "/datasets/" + id1 + "/rows.parquet", noise(4<<20+123, 2)},
		{wsA + "/reports/" + id1 + ".json", text(700_000, "report ")},
		{wsA + "/reports/" + id2 + ".json", text(900_000, "another ")},
		{wsB + "/metadata.json", []byte(`{"workspace":{"id":"b"}}`)},
		{"audit/events.ndjson", text(512, "{}\n")},
	}
}

func TestSalvageOfAnIntactArchive(t *testing.T) {
	b := build(t, options(t), mixedFiles(), true)
	if _, err := salvageOf(t, b, SalvageOptions{}); !errors.Is(err, ErrIntact) {
		t.Error(err)
	}
	r := mustSalvage(t, append(bytes.Clone(b), "rubbish"...), SalvageOptions{})
	if saved := checkRemains(t, r, mixedFiles()); len(saved) != len(mixedFiles()) || !r.Complete() || !r.TablesLost {
		t.Errorf("%d saved, %+v", len(saved), r.Lost)
	}
}

func TestSalvageOfEveryTruncation(t *testing.T) {
	for name, opts := range map[string]WriterOptions{"signed": options(t), "unsigned": unsignedOptions(t)} {
		files := smallFiles()
		b := build(t, opts, files, true)
		frames := framesOf(t, b)
		parallel(len(b), func(n int) {
			r, err := salvageOf(t, b[:n], SalvageOptions{Options: Options{AllowUnsigned: opts.Unsigned}})
			var saved map[string]bool
			switch {
			case err == nil:
				saved = checkSome(t, n, r, files)
			case !errors.Is(err, ErrNothingSalvaged):
				t.Errorf("%s, cut to %d: %v", name, n, err)
			}
			demandSaved(t, saved, untouched(frames, files, func(f Range) bool { return f.To <= int64(n) }), fmt.Sprintf("%s, cut to %d", name, n))
		})
	}
}

func unsignedOptions(t testing.TB) WriterOptions {
	opts := options(t)
	opts.Signer, opts.Unsigned = nil, true
	return opts
}

func TestSalvageOfEveryFlippedByte(t *testing.T) {
	for name, opts := range map[string]WriterOptions{"signed": options(t), "unsigned": unsignedOptions(t)} {
		files := smallFiles()
		b := build(t, opts, files, true)
		frames := framesOf(t, b)
		manifestAt := frames[len(frames)-2].Range
		parallel(len(b), func(i int) {
			c := bytes.Clone(b)
			c[i] ^= 1 << (i % 8)
			r, err := salvageOf(t, c, SalvageOptions{Options: Options{AllowUnsigned: opts.Unsigned}})
			what := fmt.Sprintf("%s, flipped byte %d", name, i)
			want := untouched(frames, files, func(f Range) bool { return int64(i) < f.From || int64(i) >= f.To })
			if err != nil {
				if !errors.Is(err, ErrNothingSalvaged) || len(want) > 0 {
					t.Errorf("%s: %v", what, err)
				}
				return
			}
			demandSaved(t, checkSome(t, i, r, files), want, what)
			if len(r.Damage) == 0 && !r.TablesLost {
				t.Errorf("%s: no damage is reported", what)
			}
			if at := int64(i); (at < manifestAt.From || at >= manifestAt.To) && r.State == ManifestLost {
				t.Errorf("%s: the manifest is said to be lost", what)
			}
		})
	}
}

// TestSalvageByTheFrame damages whole archives of several frames in every way,
// and demands what was not touched.
func TestSalvageByTheFrame(t *testing.T) {
	files := mixedFiles()
	b := build(t, options(t), files, true)
	frames := framesOf(t, b)
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.Int64Range(0, int64(len(b))-1).Draw(rt, "from")
		if rapid.Bool().Draw(rt, "near a frame's end") {
			f := frames[rapid.IntRange(0, len(frames)-1).Draw(rt, "frame")]
			from = min(int64(len(b))-1, max(0, f.To+rapid.Int64Range(-20, 20).Draw(rt, "off")))
		}
		length := min(rapid.Int64Range(1, 1<<20).Draw(rt, "length"), int64(len(b))-from)
		to := from + length
		var c []byte
		whole := func(f Range) bool { return f.To <= from || f.From >= to }
		switch rapid.SampledFrom([]string{"delete", "zero", "insert", "noise", "cut"}).Draw(rt, "how") {
		case "delete":
			c = slices.Concat(b[:from], b[to:])
		case "zero":
			c = slices.Concat(b[:from], make([]byte, length), b[to:])
		case "noise":
			c = slices.Concat(b[:from], noise(int(length), 7), b[to:])
		case "insert":
			c = slices.Concat(b[:from], noise(int(length), 7), b[from:])
			whole = func(f Range) bool { return f.To <= from || f.From >= from }
		case "cut":
			c = b[:from]
			whole = func(f Range) bool { return f.To <= from }
		}
		want := untouched(frames, files, whole)
		r, err := Salvage(context.Background(), bytes.NewReader(c), int64(len(c)), SalvageOptions{})
		if errors.Is(err, ErrIntact) { // zeros over zeros
			return
		}
		var saved map[string]bool
		if err == nil {
			saved = checkSaved(t, r, files)
		} else if !errors.Is(err, ErrNothingSalvaged) {
			rt.Fatal(err)
		}
		// Of a large entry, the signature lies in the next frame, and the
		// manifest proves it where that is lost. Without either it is unproven.
		if r == nil {
			r = &Remains{State: ManifestLost}
		}
		if r.State == ManifestLost || r.State == ManifestUnproven {
			for _, l := range r.Lost {
				if l.Reason == LossUnproven {
					delete(want, l.Path)
				}
			}
		}
		for path := range want {
			if !saved[path] {
				rt.Fatalf("%s was not touched, but is not saved", path)
			}
		}
	})
}

func TestSalvageProofs(t *testing.T) {
	files := mixedFiles()
	b := build(t, options(t), files, true)
	frames := framesOf(t, b)
	damage := func(b []byte, f frameOf) []byte {
		c := bytes.Clone(b)
		c[(f.From+f.To)/2] ^= 0x55
		return c
	}
	n := len(frames)
	proofOf := func(r *Remains, path string) Proof {
		for _, e := range r.Saved {
			if e.Path == path {
				return e.Proof
			}
		}
		return ""
	}
	rows := files[2].path
	for _, c := range []struct {
		name     string
		b        []byte
		state    ManifestState
		complete bool
		proof    Proof // of the rows
	}{
		{"signatures of the manifest lost", damage(b, frames[n-1]), ManifestUnproven, false, ProofSignature},
		{"manifest lost", damage(b, frames[n-2]), ManifestLost, false, ProofSignature},
		{"signature of the rows lost", damage(b, frames[4]), ManifestProven, false, ProofManifest},
		{"fixity frame lost", damage(b, frameOf{Range: Range{frames[n-1].To, frames[n-1].To + 8}}), ManifestProven, true, ProofSignature},
		{"seek table lost", b[:len(b)-9], ManifestProven, true, ProofSignature},
	} {
		r := mustSalvage(t, c.b, SalvageOptions{})
		checkRemains(t, r, files)
		if r.State != c.state || r.Complete() != c.complete || proofOf(r, rows) != c.proof {
			t.Errorf("%s: %s, complete %v, rows by %q; lost %+v", c.name, r.State, r.Complete(), proofOf(r, rows), r.Lost)
		}
	}
	both := damage(damage(b, frames[n-1]), frames[4])
	r := mustSalvage(t, both, SalvageOptions{})
	i := slices.IndexFunc(r.Lost, func(l LostEntry) bool { return l.Path == rows })
	if i < 0 || r.Lost[i].Reason != LossUnproven {
		t.Errorf("rows without any proof: %+v", r.Lost)
	}
	for _, l := range r.Lost {
		if l.Claimed != (l.Path != rows) {
			t.Errorf("%+v", l)
		}
	}
}

// TestSalvageSaysWhere holds the list of losses against the damage.
func TestSalvageSaysWhere(t *testing.T) {
	files := mixedFiles()
	b := build(t, options(t), files, true)
	frames := framesOf(t, b)
	hit := slices.IndexFunc(frames, func(f frameOf) bool { return slices.Contains(f.paths, files[3].path) })
	f := frames[hit]
	c := bytes.Clone(b)
	copy(c[f.From+10:f.To], make([]byte, 1000))
	r := mustSalvage(t, c, SalvageOptions{})
	if len(r.Damage) != 1 || r.Damage[0] != f.Range || r.TablesLost || len(r.Lost) != len(f.paths) {
		t.Errorf("damage %+v in frame %+v; lost %+v", r.Damage, f, r.Lost)
	}
	for _, l := range r.Lost {
		if l.Range != f.Range || l.Reason != LossDamaged || l.Claimed || !slices.Contains(f.paths, l.Path) {
			t.Errorf("%+v, want %+v", l, f)
		}
	}
	r = mustSalvage(t, slices.Concat(b[:f.From], b[f.To:]), SalvageOptions{})
	for _, l := range r.Lost {
		if l.Reason != LossMissing || l.Range != (Range{f.From, f.From}) {
			t.Errorf("cut out: %+v, want at %d", l, f.From)
		}
	}
	if first := frames[0]; !slices.Contains(first.paths, files[0].path) {
		t.Fatal("the test needs the metadata in the first frame")
	} else {
		r = mustSalvage(t, b[first.To:], SalvageOptions{})
		if !slices.Equal(r.Stranded, []string{strings.TrimPrefix(wsA, "workspaces/")}) || r.Manifest == nil {
			t.Errorf("stranded %v", r.Stranded)
		}
	}
}

func TestSalvageGoldenArchives(t *testing.T) {
	for _, name := range []string{"minimal-unsigned", "minimal-signed", "large-entry"} {
		b, err := fs.ReadFile(testdata.FS, "archives/"+name+".oa-archive")
		if err != nil {
			t.Fatal(err)
		}
		opts := SalvageOptions{Options: Options{AllowUnsigned: name == "minimal-unsigned"}}
		_, original := contentsOf(t, b, opts.Options)
		step := 1
		if len(b) > 8000 {
			step = len(b) / 50
		}
		most := 0
		for n := 0; n < len(b); n += step {
			r, err := salvageOf(t, b[:n], opts)
			if errors.Is(err, ErrNothingSalvaged) {
				continue
			}
			if err != nil {
				t.Fatalf("%s cut to %d: %v", name, n, err)
			}
			var files []file
			for path, content := range original {
				files = append(files, file{path, []byte(content)})
			}
			saved := checkSaved(t, r, files)
			if len(saved) < most {
				t.Errorf("%s cut to %d: less than when cut earlier", name, n)
			}
			most = len(saved)
		}
		if most < len(original)-1 {
			t.Errorf("%s: at most %d of %d saved", name, most, len(original))
		}
	}
}

// TestSalvageTakesNothingFromOthers mixes archives of one signer.
func TestSalvageTakesNothingFromOthers(t *testing.T) {
	files := mixedFiles()
	a := build(t, options(t), files, true)
	opts := options(t)
	opts.ID = "019a9b3c-0000-7000-8000-000000000002"
	others := slices.Clone(files)
	for i := range others {
		others[i].content = bytes.Clone(others[i].content)
		others[i].content[0] ^= 1
	}
	b := build(t, opts, others, true)
	fa, fb := framesOf(t, a), framesOf(t, b)

	for i := 1; i < len(fa)-2; i++ { // swap one frame at a time
		c := slices.Concat(a[:fa[i].From], b[fb[i].From:fb[i].To], a[fa[i].To:])
		if bytes.Equal(c, a) { // a later part of an entry that differs in its first byte
			continue
		}
		r := mustSalvage(t, c, SalvageOptions{})
		saved := checkRemains(t, r, files)
		demandSaved(t, saved, untouched(fa, files, func(f Range) bool { return f != fa[i].Range }), fmt.Sprint("swapped frame ", i))
		// Without its manifest, too.
		c = c[:int64(len(c))-(int64(len(a))-fa[len(fa)-2].From)]
		r, err := salvageOf(t, c, SalvageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		checkRemains(t, r, files)
	}

	joined := slices.Concat(a, b)
	_, err := salvageOf(t, joined, SalvageOptions{})
	var ambiguous *AmbiguousError
	if !errors.As(err, &ambiguous) || !slices.Equal(ambiguous.IDs, []string{testID, opts.ID}) {
		t.Fatalf("two archives: %v", err)
	}
	mustContain(t, err, testID, opts.ID, "say which one")
	r := mustSalvage(t, joined, SalvageOptions{ArchiveID: testID})
	if saved := checkRemains(t, r, files); len(saved) != len(files) || len(r.Foreign) != 1 || r.Foreign[0] != (Foreign{opts.ID, len(files)}) {
		t.Errorf("%d saved, foreign %v", len(saved), r.Foreign)
	}
	if r := mustSalvage(t, joined, SalvageOptions{ArchiveID: opts.ID}); len(r.Saved) != len(files) || r.ArchiveID != opts.ID {
		t.Errorf("the second: %d saved", len(r.Saved))
	}
}

// TestSalvageOfForgeries: what another key has signed for the same archive.
func TestSalvageOfForgeries(t *testing.T) {
	files := smallFiles()
	a := build(t, options(t), files, true)
	forged := options(t)
	forged.Signer = testSigner(t, 5)
	others := slices.Clone(files)
	others[0].content = []byte("forged")
	f := build(t, forged, others, true)
	c := slices.Concat(a[:framesOf(t, a)[0].To], f)
	if _, err := salvageOf(t, c, SalvageOptions{}); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("two signers: %v", err)
	}
	allowed, err := sign.ParseAllowedSigners(bytes.NewReader(testSigner(t, 1).PublicKey().AllowedSignersLine("me@example")))
	if err != nil {
		t.Fatal(err)
	}
	trust := Options{Policy: sign.Policy{Allowed: allowed}, RequireTrust: true}
	r := mustSalvage(t, c, SalvageOptions{Options: trust})
	if saved := checkRemains(t, r, files); len(saved) != len(files) || r.Verdict.Level != sign.LevelTrusted {
		t.Errorf("with trust: %d saved, %v", len(saved), r.Verdict)
	}
	if _, err := salvageOf(t, f[:len(f)-10], SalvageOptions{Options: trust}); !errors.Is(err, ErrUntrusted) {
		t.Errorf("only the forger: %v", err)
	}

	// An unsigned manifest beside signed entries proves nothing.
	u := unsignedOptions(t)
	bare := build(t, u, others, true)
	fb := framesOf(t, bare)
	c = slices.Concat(a[:framesOf(t, a)[0].To], bare[fb[0].From:])
	r = mustSalvage(t, c, SalvageOptions{Options: Options{AllowUnsigned: true}})
	checkRemains(t, r, files)
	if r.State == ManifestUnsigned || !r.Signed {
		t.Errorf("state %s", r.State)
	}
}

func TestSalvageRefuses(t *testing.T) {
	files := smallFiles()
	b := build(t, options(t), files, true)
	bare := build(t, unsignedOptions(t), files, true)
	cut := b[:len(b)-1]
	for name, c := range map[string]struct {
		b    []byte
		opts SalvageOptions
		want []string
	}{
		"empty":              {nil, SalvageOptions{}, []string{"nothing can be saved"}},
		"rubbish":            {noise(100_000, 1), SalvageOptions{}, []string{"nothing can be saved"}},
		"unsigned":           {bare[:len(bare)-1], SalvageOptions{}, []string{"not signed", "T-3"}},
		"too old":            {cut, SalvageOptions{Options: Options{NotOlderThan: testTime.Add(time.Hour)}}, []string{"ask for a newer one"}},
		"no time proven":     {b[:framesOf(t, b)[0].To], SalvageOptions{Options: Options{NotOlderThan: testTime.Add(-time.Hour)}}, []string{"nothing proves when"}},
		"no trust":           {cut, SalvageOptions{Options: Options{RequireTrust: true}}, []string{"no trust given"}},
		"bad id":             {cut, SalvageOptions{ArchiveID: "x"}, []string{"UUIDv7"}},
		"another archive":    {cut, SalvageOptions{ArchiveID: recoveredID, Options: Options{AllowUnsigned: true}}, []string{"nothing can be saved"}},
		"tar over the limit": {cut, SalvageOptions{Options: Options{Limits: Limits{Tar: 1000}}}, []string{"over the limit"}},
		"too many entries":   {cut, SalvageOptions{Options: Options{Limits: Limits{Entries: 4}}}, []string{"over the limit"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := salvageOf(t, c.b, c.opts)
			mustContain(t, err, c.want...)
		})
	}
	r := mustSalvage(t, cut, SalvageOptions{})
	for name, change := range map[string]func(*WriterOptions){
		"an id of its own": func(o *WriterOptions) { o.ID = testID },
		"taken from":       func(o *WriterOptions) { o.Purpose = "manual" },
		"no Signer":        func(o *WriterOptions) { o.Signer = nil },
	} {
		opts := recoveryOptions(t)
		change(&opts)
		_, err := r.Write(context.Background(), io.Discard, opts)
		mustContain(t, err, name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Salvage(ctx, bytes.NewReader(cut), int64(len(cut)), SalvageOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := r.Write(ctx, io.Discard, recoveryOptions(t)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestSalvageNeedsATenant: the first frame and the manifest are lost.
func TestSalvageNeedsATenant(t *testing.T) {
	files := mixedFiles()
	b := build(t, options(t), files, true)
	frames := framesOf(t, b)
	r := mustSalvage(t, b[frames[1].From:frames[len(frames)-2].From], SalvageOptions{})
	if r.Tenant.ID != "" || r.ArchiveID != testID {
		t.Errorf("%+v", r.Tenant)
	}
	opts := recoveryOptions(t)
	opts.Tenant = manifest.Tenant{}
	if _, err := r.Write(context.Background(), io.Discard, opts); !errors.Is(err, ErrNoTenantID) {
		t.Error(err)
	}
	checkRemains(t, r, files)
}

// TestRecoveredSaysWhatIsMissing looks at the manifest of the result, and
// recovers that again.
func TestRecoveredSaysWhatIsMissing(t *testing.T) {
	files := mixedFiles()
	opts := options(t)
	opts.Extensions = manifest.Members{{Name: "com.example", Value: []byte(`1`)}}
	opts.Sequence = 5
	b := build(t, opts, files, true)
	frames := framesOf(t, b)
	c := slices.Concat(b[:frames[1].From+3], b[frames[3].From:]) // a header and the chunk after it
	r := mustSalvage(t, c, SalvageOptions{})
	var out bytes.Buffer
	m, err := r.Write(context.Background(), &out, recoveryOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	about, err := m.Recovered()
	if err != nil || about.Complete || about.Manifest != r.Digest || about.ContentHash != r.Manifest.ContentHash || about.SigningKey != r.SigningKey || len(about.Lost) != 1 || about.Lost[0].Path != files[2].path || about.Lost[0].Reason != LossDamaged.Explain() {
		t.Errorf("%+v, %v", about, err)
	}
	if len(m.Coverage.Unsupported) != 1 || m.Coverage.Unsupported[0].Kind != "rows" || m.Coverage.Unsupported[0].Count != 1 {
		t.Errorf("%+v", m.Coverage)
	}
	if string(m.Extensions.Get("com.example")) != "1" || m.Sequence != 0 || m.Tenant.Name != "Acme" || m.MinReader != (manifest.Version{Major: 1, Minor: 1}) {
		t.Errorf("%+v", m)
	}
	again := mustSalvage(t, out.Bytes()[:out.Len()-3], SalvageOptions{})
	second := recoveryOptions(t)
	second.ID = "019a9b3c-0000-7000-8000-0000000000fe"
	m2, err := again.Write(context.Background(), io.Discard, second)
	if err != nil {
		t.Fatal(err)
	}
	about2, err := m2.Recovered()
	if err != nil || !about2.Complete || about2.Archive != recoveredID || !strings.Contains(string(about2.From), testID) {
		t.Errorf("%+v, %v", about2, err)
	}
}

// badSectors is a disk of which some ranges cannot be read.
type badSectors struct {
	*bytes.Reader
	bad []Range
}

func (d badSectors) ReadAt(p []byte, off int64) (int, error) {
	for _, b := range d.bad {
		if off < b.To && off+int64(len(p)) > b.From {
			return 0, errors.New("input/output error")
		}
	}
	return d.Reader.ReadAt(p, off)
}

func TestSalvageFromABadDisk(t *testing.T) {
	files := mixedFiles()
	b := build(t, options(t), files, true)
	frames := framesOf(t, b)
	at := frames[2].From &^ (sector - 1)
	bad := Range{at + sector, at + 3*sector}
	r, err := Salvage(context.Background(), badSectors{bytes.NewReader(b), []Range{bad}}, int64(len(b)), SalvageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	saved := checkRemains(t, r, files)
	if !slices.Equal(r.Unreadable, []Range{bad}) {
		t.Errorf("unreadable %v", r.Unreadable)
	}
	demandSaved(t, saved, untouched(frames, files, func(f Range) bool { return f.To <= bad.From || f.From >= bad.To }), "bad disk")
	all := badSectors{bytes.NewReader(make([]byte, 80<<20)), []Range{{0, 80 << 20}}}
	_, err = Salvage(context.Background(), all, all.Size(), SalvageOptions{})
	mustContain(t, err, "cannot be read", "input/output error")
}

// TestSalvageWorkIsLinear counts what hostile files cost.
func TestSalvageWorkIsLinear(t *testing.T) {
	header := func(content uint32) []byte {
		return binary.LittleEndian.AppendUint32(append(slices.Clone(magic[:]), 0xA4), content)
	}
	// Many beginnings that share one long chain of empty blocks.
	chain := func(size int) []byte { return bytes.Repeat(append(header(4<<20), make([]byte, 90)...), size/99) }
	// Beginnings of run-length bombs, each of which has a wrong checksum.
	bombs := func(size int) []byte {
		one := header(4 << 20)
		for i := range 32 {
			h := uint32(128<<10)<<3 | 1<<1
			if i == 31 {
				h |= 1
			}
			one = append(one, byte(h), byte(h>>8), byte(h>>16), 'x')
		}
		one = append(one, 1, 2, 3, 4)
		return bytes.Repeat(one, size/len(one))
	}
	for name, file := range map[string]func(int) []byte{"chains": chain, "bombs": bombs, "magic numbers": func(n int) []byte { return bytes.Repeat(magic[:], n/4) }, "zeros": func(n int) []byte { return make([]byte, n) }} {
		for _, size := range []int{1 << 20, 9 << 20} {
			b := file(size)
			f, err := newFrameFinder(&window{ctx: context.Background(), r: bytes.NewReader(b), size: int64(len(b))}, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			s := newScan(f, DefaultLimits())
			if err := s.run(nil); err != nil {
				t.Fatal(err)
			}
			if cells := int64(len(b)/searchCell + 1); f.work > cells*(searchAllowance+32<<20) {
				t.Errorf("%s of %d bytes: work %d, in %d cells", name, size, f.work, cells)
			}
		}
	}
}

// TestSalvageGoesOnAfterATrap: what a hostile upload hides is in its own
// neighbourhood only.
func TestSalvageGoesOnAfterATrap(t *testing.T) {
	one := binary.LittleEndian.AppendUint32(append(slices.Clone(magic[:]), 0xA4), 4<<20)
	trap := bytes.Repeat(append(one, make([]byte, 90)...), (3<<20)/99)
	files := []file{
		{wsA + "/metadata.json", []byte("{}")},
		{wsA + "/files/" + id1, slices.Concat(trap, noise(1<<20-len(trap)%1000, 3))},
		{wsA + "/files/" + id2, noise(6<<20, 4)},
		{wsB + "/metadata.json", []byte("{}")},
		{"audit/events.ndjson", []byte("{}\n")},
	}
	b := build(t, options(t), files, true)
	frames := framesOf(t, b)
	hit := slices.IndexFunc(frames, func(f frameOf) bool { return slices.Contains(f.paths, files[1].path) && f.Len() > 10_000 })
	c := bytes.Clone(b)
	c[frames[hit].From] ^= 1
	r := mustSalvage(t, c, SalvageOptions{}) // with the seek table
	if saved := checkRemains(t, r, files); len(saved) != len(files)-1 || len(r.Unsearched) != 0 {
		t.Errorf("%d saved, %v", len(saved), r.Unsearched)
	}
	r = mustSalvage(t, append(c, 0), SalvageOptions{}) // without
	if saved := checkRemains(t, r, files); !saved[files[3].path] || !saved[files[4].path] {
		t.Errorf("%v saved, not searched %v", saved, r.Unsearched)
	}
}

// TestSalvageOfAnArchiveWithinAnother: an upload is an archive itself, stored
// as it is, and the frame around it is damaged.
func TestSalvageOfAnArchiveWithinAnother(t *testing.T) {
	opts := options(t)
	opts.ID = "019a9b3c-0000-7000-8000-000000000003"
	inner := build(t, opts, []file{{wsA + "/metadata.json", []byte("inner")}, {wsA + "/files/" + id2, noise(2<<20, 8)}}, true)
	files := []file{{wsA + "/metadata.json", []byte("outer")}, {wsA + "/files/" + id1, inner}, {wsB + "/metadata.json", []byte("{}")}}
	b := build(t, options(t), files, true)
	frames := framesOf(t, b)
	if i := bytes.Index(b, inner[:1000]); i > 0 {
		hit := slices.IndexFunc(frames, func(f frameOf) bool { return f.From <= int64(i) && int64(i) < f.To })
		c := append(bytes.Clone(b), 0)
		c[frames[hit].From] ^= 1
		r, err := salvageOf(t, c, SalvageOptions{ArchiveID: testID})
		if err != nil {
			t.Fatal(err)
		}
		if saved := checkRemains(t, r, files); len(saved) != 2 {
			t.Errorf("%d saved: %v", len(saved), r.Lost)
		}
	}
}

func FuzzSalvage(f *testing.F) {
	b := build(f, options(f), smallFiles(), true)
	bare := build(f, unsignedOptions(f), smallFiles()[:3], true)
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Add(bare[:len(bare)-30])
	f.Add(slices.Concat(b[100:], bare))
	f.Add(bytes.Repeat(magic[:], 30))
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		c := bytes.Clone(b)
		c[r.IntN(len(c))] ^= 0x10
		f.Add(c)
	}
	f.Add(frame.AppendStored(nil, make([]byte, 512)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, unsigned := range []bool{false, true} {
			r, err := salvageOf(t, b, SalvageOptions{Options: Options{AllowUnsigned: unsigned, Workers: 1, Limits: Limits{Tar: 64 << 20, Manifest: 1 << 20, Entries: 1000}}})
			if err != nil {
				continue
			}
			for _, e := range r.Saved {
				if err := r.scan.content(e.r, func([]byte) error { return nil }); err != nil {
					t.Error(err)
				}
			}
			opts := recoveryOptions(t)
			if opts.Workers = 1; r.ArchiveID == recoveredID {
				opts.ID = testID
			}
			if _, err := r.writerOptions(opts); err != nil {
				t.Error(err)
			}
		}
	})
}
