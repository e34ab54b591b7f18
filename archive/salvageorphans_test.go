package archive

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/manifest"
)

// headedFiles are entries of one and two pieces, of which one ends in zeros as
// padding does, between small ones.
func headedFiles() []file {
	return []file{
		{wsA + "/metadata.json", []byte("{}\n")},
		{wsA + "/datasets/" + id1 + "/rows.parquet", noise(frame.MaxContent+123, 2)},
		{wsA + "/files/" + id1, append(noise(frame.MaxSmall-100, 3), make([]byte, 200)...)},
		{"audit/events.ndjson", text(512, "{}\n")},
	}
}

// headerFrames returns the frames that hold the header of a large entry alone.
func headerFrames(t testing.TB, b []byte) []Range {
	t.Helper()
	f, err := newFrameFinder(&window{ctx: context.Background(), r: bytes.NewReader(b), size: int64(len(b))}, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	var all []Range
	for at := int64(0); ; {
		found, ok, err := f.try(at)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		if h, _, err := ustar.Parse(found.data[:min(ustar.BlockSize, len(found.data))]); err == nil && len(found.data) == ustar.BlockSize && h.Size > frame.MaxSmall {
			all = append(all, Range{found.at, found.end()})
		}
		at = found.end()
	}
}

// TestSalvageWithoutHeaders flips a bit of each byte (in an unsigned archive,
// of each ninth) of the frames that hold headers of large entries: their pieces
// are whole, so nothing is lost.
func TestSalvageWithoutHeaders(t *testing.T) {
	files := headedFiles()
	step := map[bool]int64{false: 1, true: 9} // by Unsigned
	if testing.Short() {                      // for the race detector
		step = map[bool]int64{false: 41, true: 83}
	}
	for name, opts := range map[string]WriterOptions{"signed": options(t), "unsigned": unsignedOptions(t)} {
		b := build(t, opts, files, true)
		headers := headerFrames(t, b)
		if len(headers) != 2 {
			t.Fatalf("%s: %d headers", name, len(headers))
		}
		var places []int64
		for _, h := range headers {
			for at := h.From; at < h.To; at++ {
				if at%step[opts.Unsigned] == 0 {
					places = append(places, at)
				}
			}
		}
		parallel(len(places), func(i int) {
			c := bytes.Clone(b)
			c[places[i]] ^= 1 << (i % 8)
			r, err := salvageOf(t, c, SalvageOptions{Options: Options{AllowUnsigned: opts.Unsigned}})
			if err != nil {
				t.Errorf("%s, byte %d: %v", name, places[i], err)
				return
			}
			if i%40 == 0 {
				checkRemains(t, r, files)
			}
			if len(r.Saved) != len(files) || !r.Complete() || len(r.Damage) == 0 {
				t.Errorf("%s, byte %d: %d of %d saved, damage %v", name, places[i], len(r.Saved), len(files), r.Damage)
			}
		})
		c := bytes.Clone(b) // all of them at once, and bytes lost and added
		for _, h := range slices.Backward(headers) {
			c = slices.Concat(c[:h.From], noise(int(h.From%50), 9), c[h.From+h.Len()/2:])
		}
		r := mustSalvage(t, c, SalvageOptions{Options: Options{AllowUnsigned: opts.Unsigned}})
		if saved := checkRemains(t, r, files); len(saved) != len(files) {
			t.Errorf("%s: only %v are saved", name, saved)
		}
		for _, e := range r.Saved {
			want := ProofManifest
			if opts.Unsigned {
				want = ProofDigest
			}
			if e.Size > frame.MaxSmall && e.Proof != want {
				t.Errorf("%s: %s is proven by its %s", name, e.Path, e.Proof)
			}
		}
	}
}

// TestSalvageWithoutHeaderAndPiece: what lacks a piece as well is lost, and so
// is everything without its header when the manifest is lost too.
func TestSalvageWithoutHeaderAndPiece(t *testing.T) {
	files := headedFiles()
	b := build(t, options(t), files, true)
	headers := headerFrames(t, b)
	frames := framesOf(t, b)
	c := bytes.Clone(b)
	c[headers[0].From+5] ^= 1
	c[headers[0].To+1000] ^= 1 // in the first piece
	r := mustSalvage(t, c, SalvageOptions{})
	if saved := checkRemains(t, r, files); len(saved) != len(files)-1 || saved[files[1].path] {
		t.Errorf("saved %v", saved)
	}
	c = bytes.Clone(b)
	c[headers[0].From+5] ^= 1
	c[frames[len(frames)-2].From+50] ^= 1
	r = mustSalvage(t, c, SalvageOptions{})
	if saved := checkRemains(t, r, files); r.State != ManifestLost || saved[files[1].path] || !saved[files[2].path] {
		t.Errorf("without a manifest: %v, %v", r.State, saved)
	}
}

// TestOrphansAreReadOnce: a manifest that lists one piece as part of many
// entries costs no more than the file has.
func TestOrphansAreReadOnce(t *testing.T) {
	content := noise(frame.MaxContent, 4)
	b := build(t, unsignedOptions(t), []file{{"extensions/v/a", content}}, true)
	f, err := newFrameFinder(&window{ctx: context.Background(), r: bytes.NewReader(b), size: int64(len(b))}, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	s := newScan(f, DefaultLimits())
	if err := s.run(nil); err != nil {
		t.Fatal(err)
	}
	r := s.byPath["extensions/v/a"][0]
	s.byPath = map[string][]*remnant{}
	s.orphans = []orphan{{r.chunks[0], frame.MaxContent}}
	var m manifest.Manifest
	for i := range 50 {
		e := manifest.Entry{Path: fmt.Sprintf("extensions/v/%02d", i), Size: r.size, SHA256: r.digest}
		e.Chunks = append(e.Chunks, e.SHA256)
		m.Entries = append(m.Entries, e)
	}
	if err := s.adopt(&m); err != nil {
		t.Fatal(err)
	}
	if len(s.byPath) != 1 {
		t.Errorf("%d entries were put together of one piece", len(s.byPath))
	}
}
