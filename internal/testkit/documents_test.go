package testkit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// validate checks one document by itself.
func validate(t *testing.T, e tenant.Entry) []byte {
	t.Helper()
	doc := content(t, e)
	if kind, ok := schema.KindOf(e.Name.Kind); ok {
		if err := schema.Validate(kind, doc); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	return doc
}

// checkTenant checks every document, and every workspace as a whole.
func checkTenant(t *testing.T, s *Source) {
	t.Helper()
	docs := map[string][]tenant.Entry{}
	for _, e := range list(t, s, tenant.Selection{Rows: true}) {
		docs[e.Name.Workspace] = append(docs[e.Name.Workspace], e)
	}
	for ws, entries := range docs {
		problems := schema.CheckWorkspace(func(yield func(layout.Name, []byte) bool) {
			for _, e := range entries {
				if !yield(e.Name, validate(t, e)) {
					return
				}
			}
		})
		for _, p := range problems[:min(5, len(problems))] {
			t.Errorf("%s: %s %s: %s", ws, p.Path, p.Pointer, p.Text)
		}
	}
}

func TestWholeTenantIsValid(t *testing.T) {
	checkTenant(t, open(t, Options{Seed: 11, Documents: 240, Workspaces: 3}))
	checkTenant(t, open(t, Options{Documents: 6, Workspaces: 2, Reports: -1, Files: -1, Users: 5}))
}

func TestMutatedTenantIsValid(t *testing.T) {
	s, err := open(t, Options{Seed: 12, Documents: 150, Workspaces: 2}).Mutate(Mutation{Seed: 1, Changed: 0.4, Added: 0.3, Removed: MaxRemoved})
	if err != nil {
		t.Fatal(err)
	}
	checkTenant(t, s)
}

// TestLargeTenantIsValid looks at documents from all over a large tenant, the
// largest ones among them.
func TestLargeTenantIsValid(t *testing.T) {
	s := open(t, Options{Seed: 13, Documents: 20_000})
	n := 0
	for _, e := range list(t, s, tenant.Selection{}) {
		if n++; n%150 == 0 && e.Name.Kind != layout.File {
			validate(t, e)
		}
	}
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// TestIdentifiersAreReal looks at every identifier in every text: it is that
// of the workspace, of an asset in it, or recorded in its metadata.
func TestIdentifiersAreReal(t *testing.T) {
	known := map[string]bool{}
	var docs [][]byte
	for _, e := range list(t, open(t, Options{Seed: 14, Documents: 600, Files: 30}), tenant.Selection{}) {
		known[e.Name.Workspace], known[e.Name.Asset] = true, true
		switch e.Name.Kind {
		case layout.Metadata:
			for _, id := range anyID.FindAllString(string(content(t, e)), -1) {
				known[id] = true
			}
		case layout.Report, layout.Alert:
			docs = append(docs, content(t, e))
		}
	}
	free := 0
	for _, doc := range docs {
		for _, id := range anyID.FindAllString(string(doc), -1) {
			if !known[id] {
				t.Errorf("nothing has the identifier %s", id)
			}
		}
		free += bytes.Count(doc, []byte("oa:/reports/")) + bytes.Count(doc, []byte(`"links"`)) + bytes.Count(doc, []byte(`"source_file"`))
	}
	if free < 50 {
		t.Errorf("only %d identifiers stand in free-form places", free)
	}
}

func TestAuditTrailIsAChain(t *testing.T) {
	s := open(t, Options{Seed: 15, Documents: 100, AuditEvents: 1000})
	trail, _ := s.Entry(layout.Name{Kind: layout.Audit})
	lines := bytes.Split(bytes.TrimSuffix(content(t, trail), []byte("\n")), []byte("\n"))
	if len(lines) != 1000 {
		t.Fatalf("%d events, want 1000", len(lines))
	}
	prev, last := make([]byte, sha256.Size), ""
	for i, line := range lines {
		var event struct {
			Prev, Hash string
			Event      json.RawMessage
		}
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(append(slices.Clone(prev), event.Event...))
		if event.Prev != hex.EncodeToString(prev) || event.Hash != hex.EncodeToString(sum[:]) {
			t.Fatalf("line %d breaks the chain", i+1)
		}
		prev = sum[:]
		var at struct{ ID, TS string }
		if err := json.Unmarshal(event.Event, &at); err != nil {
			t.Fatal(err)
		}
		if at.TS+at.ID <= last {
			t.Fatalf("line %d is not later than the one before", i+1)
		}
		last = at.TS + at.ID
		if i%20 == 0 {
			if err := schema.Validate(schema.KindAuditEvent, line); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestFilesAreAsRecorded(t *testing.T) {
	s := open(t, Options{Seed: 16, Documents: 100, Files: 60})
	record := map[string]struct {
		Size   int `json:"size_bytes"`
		SHA256 string
	}{}
	text := 0
	for _, e := range list(t, s, tenant.Selection{}) {
		switch e.Name.Kind {
		case layout.Metadata:
			var doc struct {
				Files []struct {
					ID     string
					Size   int `json:"size_bytes"`
					SHA256 string
				}
			}
			if err := json.Unmarshal(content(t, e), &doc); err != nil {
				t.Fatal(err)
			}
			for _, f := range doc.Files {
				record[f.ID] = struct {
					Size   int `json:"size_bytes"`
					SHA256 string
				}{f.Size, f.SHA256}
			}
		case layout.File:
			b := content(t, e)
			if r := record[e.Name.Asset]; r.Size != len(b) || e.Size != int64(len(b)) || r.SHA256 != layout.DigestOf(b).String() {
				t.Errorf("%s has %d bytes, the record says %d and the entry %d, or the digest differs", e.Name, len(b), r.Size, e.Size)
			}
			if bytes.HasPrefix(b, []byte("date;")) {
				text++
				for i, line := range bytes.Split(b, []byte("\n")) {
					if n := bytes.Count(line, []byte(";")); n != 5 && len(line) > 0 && !bytes.HasPrefix(line, []byte("checked")) {
						t.Errorf("%s: row %d has %d fields", e.Name, i+1, n+1)
					}
				}
			}
		}
	}
	if text == 0 || len(record) != 60 {
		t.Errorf("%d files are recorded, %d are tables", len(record), text)
	}
}

// TestRowsAreParquet reads generated rows with another implementation.
func TestRowsAreParquet(t *testing.T) {
	s := open(t, Options{Seed: 17, Documents: 60, Rows: 2*groupRows + 7})
	read := 0
	for _, e := range list(t, s, tenant.Selection{Rows: true}) {
		if e.Name.Kind != layout.Rows {
			continue
		}
		r, err := file.NewParquetReader(bytes.NewReader(content(t, e)))
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		if r.NumRows() != 2*groupRows+7 || r.NumRowGroups() != 3 {
			t.Errorf("%s has %d rows in %d groups", e.Name, r.NumRows(), r.NumRowGroups())
		}
		for g := range r.NumRowGroups() {
			for c := range r.MetaData().Schema.NumColumns() {
				readColumn(t, r.RowGroup(g), c)
			}
		}
		if read++; read == 4 {
			break
		}
	}
	if read == 0 {
		t.Error("there are no rows")
	}
}

func readColumn(t *testing.T, g *file.RowGroupReader, column int) {
	t.Helper()
	c, err := g.Column(column)
	if err != nil {
		t.Fatal(err)
	}
	n, err := int64(0), error(nil)
	switch r := c.(type) {
	case *file.Int64ColumnChunkReader:
		n, _, err = r.ReadBatch(g.NumRows(), make([]int64, g.NumRows()), nil, nil)
	case *file.Int32ColumnChunkReader:
		n, _, err = r.ReadBatch(g.NumRows(), make([]int32, g.NumRows()), nil, nil)
	case *file.BooleanColumnChunkReader:
		n, _, err = r.ReadBatch(g.NumRows(), make([]bool, g.NumRows()), nil, nil)
	case *file.ByteArrayColumnChunkReader:
		n = g.NumRows()
	default:
		t.Fatalf("column %d is read by a %T", column, c)
	}
	if err != nil || n != g.NumRows() {
		t.Errorf("column %d: %d values, want %d (%v)", column, n, g.NumRows(), err)
	}
}

// TestSizesAreSkewed pins what the package's comment promises of sizes.
func TestSizesAreSkewed(t *testing.T) {
	s := open(t, Options{Seed: 18, Documents: 20_000})
	sizes := map[layout.Kind][]int{}
	total := 0
	for e, err := range s.Entries(context.Background(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		size := int(e.Size)
		if size < 0 {
			size = len(content(t, e))
		}
		sizes[e.Name.Kind] = append(sizes[e.Name.Kind], size)
		total += size
	}
	if total < 150e6 || total > 180e6 {
		t.Errorf("20,000 documents have %d bytes, want about 165 million", total)
	}
	for _, c := range []struct {
		kind                           layout.Kind
		smallest, median, within, over int // within: of the median, in percent
	}{
		{layout.Report, 400, 4000, 10, 120_000},
		{layout.Model, 1000, 4500, 20, 50_000},
		{layout.Alert, 300, 1000, 20, 1300},
		{layout.File, 1000, 27_000, 50, 1_000_000},
	} {
		list := sizes[c.kind]
		slices.Sort(list)
		median := list[len(list)/2]
		if median < c.median*(100-c.within)/100 || median > c.median*(100+c.within)/100 || list[0] < c.smallest || list[len(list)-1] < c.over {
			t.Errorf("%s: from %d over %d to %d bytes", c.kind, list[0], median, list[len(list)-1])
		}
	}
}
