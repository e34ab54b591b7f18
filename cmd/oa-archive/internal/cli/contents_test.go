//go:build !norows

package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/parquetio"
)

const contentsRows = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/datasets/2a5e562b-ab37-1b9b-1de3-1be4335c8e83/rows.parquet"

func smallParquet(t *testing.T) []byte {
	t.Helper()
	s, err := parquetio.ParseSchema("id int64 not null")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := parquetio.NewWriter(&b, s, parquetio.WriterOptions{})
	if err == nil {
		err = errors.Join(w.AppendRow([]any{int64(1)}), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// archiveOf writes an archive with rows, what it says of them, and a trail.
func archiveOf(t *testing.T, rows []byte, stated *manifest.RowStatistics, trail string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := archive.NewWriter(&b, archive.WriterOptions{Unsigned: true, Tenant: manifest.Tenant{ID: "acme"}})
	if err != nil {
		t.Fatal(err)
	}
	put := func(path string, content []byte) {
		out, err := w.Create(archive.Header{Path: path, Size: int64(len(content))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	put(contentsRows, rows)
	if stated != nil {
		if err := w.SetRows(stated); err != nil {
			t.Fatal(err)
		}
	}
	put("audit/events.ndjson", []byte(trail))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestContents looks into archives whose bytes are all in order, from a file
// and as a stream.
func TestContents(t *testing.T) {
	good := smallParquet(t)
	large := append(bytes.Repeat([]byte("PAR1"), 2<<20), good...) // its beginning is of no interest
	first := strings.Repeat("0", 64)
	for _, c := range []struct {
		name   string
		rows   []byte
		stated *manifest.RowStatistics
		trail  string
		limit  int
		codes  []archive.Code
		says   string
		more   int
	}{
		{name: "sound", rows: good, stated: &manifest.RowStatistics{Count: 1, Schema: "id int64 not null", Nulls: []int64{0}}},
		{name: "nothing stated", rows: []byte("no rows")},
		{name: "another count", rows: good, stated: &manifest.RowStatistics{Count: 7}, codes: []archive.Code{codeRows}, says: "counts 7 rows, the file has 1"},
		{name: "other columns", rows: good, stated: &manifest.RowStatistics{Count: 1, Schema: "key int64"}, codes: []archive.Code{codeRows}, says: "other columns"},
		{name: "no Parquet", rows: []byte("no rows"), stated: &manifest.RowStatistics{Count: 7}, codes: []archive.Code{codeRows}, says: "cannot be read"},
		{name: "damaged rows", rows: large[:len(large)-9], stated: &manifest.RowStatistics{Count: 1}, codes: []archive.Code{codeRows}, says: "cannot be read"},
		{name: "no trail", rows: good, trail: "{}\n", codes: []archive.Code{codeAudit}, says: "line 1: the line is not an event"},
		{name: "a changed event", rows: good, trail: `{"prev":"` + first + `","hash":"` + first + `","event":{"id":"evt_7"}}` + "\n", codes: []archive.Code{codeAudit}, says: `line 1, event "evt_7"`},
		{name: "many", rows: good, trail: strings.Repeat("x\n", 50), limit: 2, codes: []archive.Code{codeAudit, codeAudit}, says: "line 2", more: 48},
	} {
		b := archiveOf(t, c.rows, c.stated, c.trail)
		if c.limit == 0 {
			c.limit = 1000
		}
		for way, verify := range map[string]func(archive.Options) (*archive.Report, error){
			"file": func(o archive.Options) (*archive.Report, error) {
				return archive.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), o)
			},
			"stream": func(o archive.Options) (*archive.Report, error) {
				return archive.VerifyStream(t.Context(), bytes.NewReader(b), o)
			},
		} {
			inside := &contents{limit: c.limit}
			r, err := verify(archive.Options{AllowUnsigned: true, Content: inside.sink})
			if err != nil {
				t.Fatal(err)
			}
			inside.conclude(r)
			var codes []archive.Code
			var words []string
			for _, f := range r.Findings {
				codes = append(codes, f.Code)
				words = append(words, f.Error())
				if exitCode(f.Err) != exitDamaged {
					t.Errorf("%s, %s: %v ends with %d", c.name, way, f, exitCode(f.Err))
				}
			}
			if len(codes) != len(c.codes) || r.Dropped != c.more || len(codes) > 0 && codes[0] != c.codes[0] || !strings.Contains(strings.Join(words, "\n"), c.says) {
				t.Errorf("%s, %s: %q and %d more, want %q %q", c.name, way, words, r.Dropped, c.codes, c.says)
			}
		}
	}
}

// TestContentsOfDamagedEntries holds that what an entry says is not judged when
// it is not the entry that was signed.
func TestContentsOfDamagedEntries(t *testing.T) {
	b := archiveOf(t, smallParquet(t), nil, "{}\n")
	r, err := archive.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), archive.Options{AllowUnsigned: true})
	if err != nil || !r.OK() {
		t.Fatal(err, r.Findings)
	}
	inside := &contents{limit: 10}
	inside.sink("audit/events.ndjson", 3).Write([]byte("{}\n"))
	r.Findings = []archive.Finding{{Code: archive.CodeDigest, Path: "audit/events.ndjson"}}
	if inside.conclude(r); len(r.Findings) != 1 {
		t.Errorf("%v", r.Findings)
	}
}
