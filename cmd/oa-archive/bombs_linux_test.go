package main

import (
	"bytes"
	"cmp"
	little "encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/parquetio"
)

const (
	bombWorkspace = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	bombDataset   = bombWorkspace + "/datasets/2a5e562b-ab37-4b9b-9de3-1be4335c8e83"
	bombReport    = bombWorkspace + "/reports/3a5e562b-ab37-4b9b-9de3-1be4335c8e83.json"
)

// A bomb is a small file that asks for much.
type bomb struct {
	name  string
	build func(t *testing.T, w io.Writer)
	verbs []string // run on it, each "verb arguments", FILE stands for the file
	fine  bool     // it is a right archive, which must be read in little memory
	want  string   // in what one of the verbs says
	most  int64    // bytes of memory; 0 stands for mostMemory
}

// everyVerb reads an archive in every way.
var everyVerb = []string{
	"verify FILE --allow-unsigned --allow-unknown-signer", "verify - --allow-unsigned --allow-unknown-signer",
	"inspect FILE --allow-unsigned", "ls FILE --allow-unsigned", "plan FILE --into dir:target --create-tenant --rows --audit --allow-unsigned",
}

// of builds an archive of the entries, given by path and a function that writes
// the content.
func of(entries ...any) func(*testing.T, io.Writer) {
	return func(t *testing.T, out io.Writer) {
		w, err := archive.NewWriter(out, archive.WriterOptions{ID: vectorgen.ID, Created: vectorgen.Created, Tenant: manifest.Tenant{ID: "acme"}, Unsigned: true})
		if err != nil {
			t.Fatal(err)
		}
		for pair := range slices.Chunk(entries, 2) {
			e, err := w.Create(archive.Header{Path: pair[0].(string), Size: -1})
			if err == nil {
				err = pair[1].(func(io.Writer) error)(e)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// text writes before, then n times part, then after.
func text(before, part string, n int, after string) func(io.Writer) error {
	return func(w io.Writer) error {
		block := strings.Repeat(part, max(1, (1<<16)/len(part)))
		if _, err := io.WriteString(w, before); err != nil {
			return err
		}
		for left := n * len(part); left > 0; left -= len(block) {
			if _, err := io.WriteString(w, block[:min(left, len(block))]); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, after)
		return err
	}
}

// signed builds the small right archive of the vectors after a change.
func signed(change func(*vectorgen.Case)) func(*testing.T, io.Writer) {
	return func(t *testing.T, w io.Writer) {
		c := vectorgen.Base()
		c.Files[2].Content = nil // no event is a right audit trail
		change(&c)
		if _, err := w.Write(c.Build()); err != nil {
			t.Fatal(err)
		}
	}
}

func manifestText(old string, new func() string) func(*testing.T, io.Writer) {
	return signed(func(c *vectorgen.Case) {
		c.Text = func(s string) string {
			if !strings.Contains(s, old) {
				panic("the manifest has no " + old)
			}
			return strings.Replace(s, old, new(), 1)
		}
	})
}

func repeated(before, part string, n int, after string) func() string {
	return func() string { return before + strings.Repeat(part, n) + after }
}

// bytesOf builds a file of raw parts.
func bytesOf(parts ...[]byte) func(*testing.T, io.Writer) {
	return func(t *testing.T, w io.Writer) {
		if _, err := w.Write(slices.Concat(parts...)); err != nil {
			t.Fatal(err)
		}
	}
}

// header is a changed header of an entry, followed by nothing like it claims.
func header(change func(h []byte)) func(*testing.T, io.Writer) {
	return signed(func(c *vectorgen.Case) {
		c.Members = func(m []vectorgen.Member) []vectorgen.Member {
			h := m[3].Header
			change(h)
			copy(h[148:156], "        ")
			sum := 0
			for _, b := range h[:512] {
				sum += int(b)
			}
			copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
			return m
		}
	})
}

func containerBombs() []bomb {
	magic := little.LittleEndian.AppendUint32(nil, frame.Magic)
	window := slices.Concat(magic, []byte{0x04, 0x98}, []byte{3, 0, 0x10, 'x'}, make([]byte, 4)) // 512 MiB of window, one run
	return []bomb{
		{name: "zeros", fine: true, build: of(bombWorkspace+"/metadata.json", text("{}", " ", 1, ""), bombWorkspace+"/files/2a5e562b-ab37-4b9b-9de3-1be4335c8e83", text("", "\x00", 256<<20, "")),
			verbs: everyVerb[:2]},
		{name: "window of 512 MiB", build: bytesOf(window), verbs: everyVerb, want: "frame-not-canonical"},
		{name: "content of 2^63 in a frame of 18 bytes", build: bytesOf(magic, []byte{0xe4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 3, 0, 0, 0, 0, 0, 0}), verbs: everyVerb, want: "frame-"},
		{name: "manifest's frame of 60 MiB in 20 bytes", build: signed(func(c *vectorgen.Case) {
			c.Encode = func(i int, content []byte) []byte {
				if i == 1 {
					return slices.Concat(magic, []byte{0xa4, 0, 0, 0xc0, 3, 1, 0, 0, 0, 0, 0, 0})
				}
				return nil
			}
		}), verbs: everyVerb, want: "frame-damaged"},
		{name: "skippable frame of 4 GiB", build: bytesOf([]byte{0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff}), verbs: everyVerb, want: "not an oa-archive file"},
		{name: "seek table of 4 billion rows", build: signed(func(c *vectorgen.Case) {
			c.Bytes = func(b []byte) []byte { little.LittleEndian.PutUint32(b[len(b)-9:], math.MaxUint32); return b }
		}), verbs: everyVerb, want: "bad-seek-table"},
		{name: "fixity frame of 4 GiB", build: signed(func(c *vectorgen.Case) {
			c.TailBytes = func(fixity, table []byte) ([]byte, []byte) {
				little.LittleEndian.PutUint32(fixity[4:], math.MaxUint32)
				return fixity, table
			}
		}), verbs: everyVerb, want: "bad-"},
		{name: "an entry of 8 GiB less a byte", build: header(func(h []byte) { copy(h[124:], "77777777777") }), verbs: everyVerb[:2], want: "bad-end"},
		{name: "a signature of 8 GiB less a byte", build: signed(func(c *vectorgen.Case) {
			c.Members = func(m []vectorgen.Member) []vectorgen.Member {
				m[2].Header = ustar.AppendFile(nil, m[2].Path, 1<<33-1, vectorgen.Created.Unix())
				return m
			}
		}), verbs: everyVerb[:2]},
		{name: "an entry of 8 EiB", build: signed(func(c *vectorgen.Case) {
			c.Members = func(m []vectorgen.Member) []vectorgen.Member {
				m[3].Header = ustar.AppendFile(nil, m[3].Path, math.MaxInt64, vectorgen.Created.Unix())
				return m
			}
		}), verbs: everyVerb[:2]},
		{name: "a million entries without end", build: manyHeaders, verbs: everyVerb[:4], want: "over-limit"},
		{name: "runs of zeros without end", build: func(t *testing.T, w io.Writer) {
			enc, err := frame.NewEncoder(1)
			if err != nil {
				t.Fatal(err)
			}
			first := ustar.AppendGlobal(nil, ustar.Hint{Created: "2026-01-02T03:04:05Z", Format: "1.0", ID: vectorgen.ID, Tenant: "acme"}, vectorgen.Created.Unix())
			out := enc.Encode(nil, first)
			out = enc.Encode(out, ustar.AppendFile(nil, bombReport, 1<<40, vectorgen.Created.Unix()))
			out = append(out, bytes.Repeat(enc.Encode(nil, make([]byte, 4<<20)), 64)...)
			if _, err := w.Write(out); err != nil {
				t.Fatal(err)
			}
		}, verbs: everyVerb, want: "truncated"},
	}
}

// manyHeaders writes a million entries in right frames; nothing follows them.
func manyHeaders(t *testing.T, w io.Writer) {
	enc, err := frame.NewEncoder(1)
	if err != nil {
		t.Fatal(err)
	}
	block := ustar.AppendGlobal(nil, ustar.Hint{Created: "2026-01-02T03:04:05Z", Format: "1.0", ID: vectorgen.ID, Tenant: "acme"}, vectorgen.Created.Unix())
	for i := range 1_000_000 {
		block = ustar.AppendFile(block, fmt.Sprintf("extensions/v/%07d", i), 0, vectorgen.Created.Unix())
		if len(block) == 1<<20 || i == 999_999 {
			if _, err := w.Write(enc.Encode(nil, block)); err != nil {
				t.Fatal(err)
			}
			block = block[:0]
		}
	}
}

func manifestBombs() []bomb {
	return []bomb{
		{name: "a manifest that states sizes of exbibytes", build: manifestText(`"size": 0,`, repeated(`"size": 9223372036854775807,`, "", 0, "")), verbs: everyVerb[:3], want: "M-14"},
		{name: "a manifest that counts billions", build: manifestText(`"audit": 1`, repeated(`"audit": 9000000000000000000`, "", 0, "")), verbs: everyVerb[:3], want: "M-12"},
		{name: "a manifest that counts rows in billions", build: manifestText(`"size": 0,`, repeated(`"size": 0, "rows": {"count": 9000000000000000000},`, "", 0, "")), verbs: everyVerb[:3], want: "M-20"},
		{name: "60 MiB of brackets in a manifest", build: manifestText(`"extensions": {}`, repeated(`"extensions": {"x": `, "[", 60<<20, "")), verbs: everyVerb[:3], want: "M-1"},
		{name: "60 MiB of numbers in a manifest", fine: true, build: manifestText(`"extensions": {}`, repeated(`"extensions": {"x": [`, "0,", 30<<20, "0]}")), verbs: everyVerb[:1]},
		{name: "60 MiB of empty objects in a manifest", fine: true, build: manifestText(`"extensions": {}`, repeated(`"extensions": {"x": [`, "{},", 20<<20, "0]}")), verbs: everyVerb[:2]},
		{name: "100 MiB of spaces in a manifest", build: manifestText(`"extensions": {}`, repeated(`"extensions": {`, " ", 100<<20, "}")), verbs: everyVerb[:3], want: "over-limit"},
		{name: "two million equal members in a manifest", build: manifestText(`"extensions": {}`, repeated(`"extensions": {`, `"a": 0, `, 2<<20, `"b":0}`)), verbs: everyVerb[:3], want: "M-1"},
		{name: "a number of 30 MiB in a manifest", build: manifestText(`"extensions": {}`, repeated(`"extensions": {"x": 1`, "0", 30<<20, "}")), verbs: everyVerb[:3], want: "M-1"},
		{name: "chunk lists of 40 MiB for three bytes", build: manifestText(`"size": 0,`, repeated(`"size": 0, "chunks": [`, `"`+strings.Repeat("0", 64)+`", `, 600_000, `"`+strings.Repeat("0", 64)+`"],`)), verbs: everyVerb[:3], want: "M-15"},
		{name: "260,000 entries in a manifest", build: manyEntries, verbs: everyVerb[1:2], want: "over-limit"},
	}
}

// manyEntries is a right archive of more entries than readers take.
func manyEntries(t *testing.T, out io.Writer) {
	w, err := archive.NewWriter(out, archive.WriterOptions{ID: vectorgen.ID, Created: vectorgen.Created, Tenant: manifest.Tenant{ID: "acme"}, Unsigned: true,
		Limits: archive.Limits{Entries: 1 << 20, Manifest: archive.MaxManifest}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 260_000 {
		if _, err := w.Create(archive.Header{Path: fmt.Sprintf("extensions/v/%07d", i), Size: 0}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

const bombMetadata = `{"format":"1.0","workspace":{"id":"0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f","name":"Bombs","created":"2026-01-01T00:00:00Z","updated":"2026-01-01T00:00:00Z"},` +
	`"users":[],"teams":[],"roles":[],"members":[],"connections":[],"folders":[],"tags":[],` +
	`"datasets":[{"id":"2a5e562b-ab37-4b9b-9de3-1be4335c8e83","name":"bombs","mode":"import","version":1}],"files":[],"saved_queries":[],"grants":[]}`

// documents puts content at path into an otherwise right tenant.
func documents(path string, content func(io.Writer) error) func(*testing.T, io.Writer) {
	entries := []any{bombWorkspace + "/metadata.json", text(bombMetadata, " ", 0, "")}
	if path == bombWorkspace+"/metadata.json" {
		entries = nil
	}
	model := text("dataset: bombs\nversion: 1\ntables:\n  - { name: bombs }\n", " ", 0, "")
	if path == bombDataset+"/model.yaml" {
		model = content
	}
	entries = append(entries, bombDataset+"/model.yaml", model)
	switch path {
	case bombDataset + "/model.yaml":
	case bombWorkspace + "/metadata.json":
		entries = append([]any{path, content}, entries...)
	default:
		entries = append(entries, path, content)
	}
	return of(entries...)
}

func documentBombs() []bomb {
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := range 12 {
		fmt.Fprintf(&laughs, "a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 9), i)
	}
	model, metadata := bombDataset+"/model.yaml", bombWorkspace+"/metadata.json"
	reading := []string{"inspect FILE --allow-unsigned", "plan FILE --into dir:target --create-tenant --rows --audit --allow-unsigned"}
	return []bomb{
		{name: "aliases of aliases", build: documents(model, text(laughs.String(), " ", 0, "")), verbs: reading, want: "anchors are not allowed"},
		{name: "4 MiB of brackets in YAML", build: documents(model, text("", "[", 4<<20-1, "")), verbs: reading, want: "limit"},
		{name: "100,000 keys in YAML", build: documents(model, func(w io.Writer) error {
			for i := range 100_000 {
				if _, err := fmt.Fprintf(w, "k%d: 0\n", i); err != nil {
					return err
				}
			}
			return nil
		}), verbs: reading, want: "limit"},
		{name: "a model of 256 MiB", build: documents(model, text("", "# comment\n", 256<<20/10, "")), verbs: reading, want: "limit"},
		{name: "a report nested a million deep", build: documents(bombReport, text("", "[", 1<<20, "")), verbs: reading, want: "deep"},
		{name: "a report of 256 MiB", build: documents(bombReport, text("{", " ", 256<<20, "}")), verbs: reading, want: "limit"},
		{name: "a number with the exponent 2,000,000", build: documents(bombReport, text(`{"id":1e2000000}`, " ", 0, "")), verbs: reading, want: "number"},
		{name: "60 MiB of too many elements in metadata", build: documents(metadata, text(strings.TrimSuffix(bombMetadata, "]}"), "{},", 20<<20, "{}]}")), verbs: reading, want: "values"},
		{name: "60 MiB of as many elements as metadata may have", build: documents(metadata, text(strings.TrimSuffix(bombMetadata, "]}"), "{},"+strings.Repeat(" ", 57), 990_000, "{}]}")), verbs: reading[:1], most: mostForDocuments, want: "grants", fine: true},
		{name: "an event of 256 MiB", build: documents("audit/events.ndjson", text(`{"prev":"`, "0", 256<<20, `"}`+"\n")), verbs: everyVerb[:2], want: "line 1"},
		{name: "two million empty events", build: documents("audit/events.ndjson", text("", "{}\n", 2<<20, "")), verbs: everyVerb[:2], want: "line 1"},
	}
}

func parquetBombs() []bomb {
	rows := bombDataset + "/rows.parquet"
	footer := func(footer []byte) func(io.Writer) error {
		b := append([]byte("PAR1"), footer...)
		b = append(little.LittleEndian.AppendUint32(b, uint32(len(footer))), "PAR1"...)
		return func(w io.Writer) error { _, err := w.Write(b); return err }
	}
	many := func(n int, each []byte) []byte {
		return append(little.AppendUvarint([]byte{0xfc}, uint64(n)), bytes.Repeat(each, n)...)
	}
	verbs := []string{"rows FILE bombs --allow-unsigned --limit 5"} // verify looks into rows of which the manifest states the number
	return []bomb{
		{name: "200 MB of equal rows", fine: true, build: documents(rows, equalRows), verbs: []string{everyVerb[0], verbs[0], "rows FILE bombs --allow-unsigned --format csv"}},
		{name: "a footer that claims two billion columns", build: documents(rows, footer(slices.Concat([]byte{0x15, 2, 0x19}, many(1, []byte{0x48, 1, 'x', 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0}), []byte{0}))), verbs: verbs, want: "children"},
		{name: "a footer of 15 MiB of empty row groups", build: documents(rows, footer(slices.Concat([]byte{0x15, 2, 0x39}, many(15<<20, []byte{0})))), verbs: verbs, want: "RowGroups"},
		{name: "a footer of 15 MiB of nested structs", build: documents(rows, footer(slices.Concat([]byte{0x15, 2, 0xfc}, bytes.Repeat([]byte{0x1c}, 15<<20)))), verbs: verbs, want: "limit"},
		{name: "a footer that states 2 GiB", build: documents(rows, text("PAR1", "x", 1000, "\xff\xff\xff\x7fPAR1")), verbs: verbs, want: "footer"},
	}
}

func equalRows(w io.Writer) error {
	schema, err := parquetio.ParseSchema("a int64 not null, b string, c decimal(38,2)")
	if err != nil {
		return err
	}
	pw, err := parquetio.NewWriter(w, schema, parquetio.WriterOptions{})
	if err != nil {
		return err
	}
	row := []any{int64(7), strings.Repeat("long ", 200), nil}
	for range 200_000 {
		if err := pw.AppendRow(row); err != nil {
			return err
		}
	}
	return pw.Close()
}

// TestBombs gives the command files that claim much, or become much, and holds
// it to its memory.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	for _, b := range slices.Concat(containerBombs(), manifestBombs(), documentBombs(), parquetBombs()) {
		t.Run(b.name, func(t *testing.T) { b.defuse(t) })
	}
}

// shown reports whether the verb shows what it can of documents that break the
// rules, and ends well.
func (b bomb) shown(verb string) bool {
	return len(b.verbs) == 2 && strings.HasPrefix(verb, "inspect ")
}

func (b bomb) defuse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bomb.oa-archive")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b.build(t, f)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	peak, said := int64(0), ""
	for _, verb := range b.verbs {
		args := strings.Fields(verb)
		args[1] = strings.Replace(args[1], "FILE", path, 1)
		var stdin io.Reader
		if args[1] == "-" {
			in, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			stdin = in
		}
		e := runLimited(t, dir, stdin, args...)
		peak, said = max(peak, e.peak), said+e.said
		switch {
		case e.peak < 0:
			t.Errorf("%s died: code %d, %.600s", verb, e.code, e.said)
		case e.peak > cmp.Or(b.most, mostMemory):
			t.Errorf("%s took %d MiB, at most %d are promised", verb, e.peak>>20, cmp.Or(b.most, mostMemory)>>20)
		case b.fine != (e.code == 0) && !b.shown(verb):
			t.Errorf("%s: code %d, %.600s", verb, e.code, e.said)
		}
	}
	if !strings.Contains(said, b.want) {
		t.Errorf("%q is nowhere in\n%.900s", b.want, said)
	}
	t.Logf("at most %d MiB", peak>>20)
	if _, err := os.Stat(filepath.Join(dir, "target")); err == nil {
		t.Error("the plan left a target behind")
	}
}
