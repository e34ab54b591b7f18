//go:build !norows

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/terminal"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/parquetio"
)

// flightsFile is three million rows that another program wrote. They lie beside
// the repository; where they do not there is nothing to test, which on CI is a
// failure.
func flightsFile(t *testing.T) []byte {
	t.Helper()
	data := os.Getenv("OA_SHARED_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "..", "..", "shared", "data")
	}
	content, err := os.ReadFile(filepath.Join(data, "vega", "flights-3m.parquet"))
	switch {
	case os.IsNotExist(err) && os.Getenv("CI") != "true":
		t.Skipf("%v: set OA_SHARED_DATA to the folder of shared test data", err)
	case err != nil:
		t.Fatalf("%v: set OA_SHARED_DATA to the folder of shared test data", err)
	}
	return content
}

// rowsArchive writes an unsigned archive with one dataset, Flights, of these
// rows, and returns its path.
func rowsArchive(t *testing.T, rows []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.oa-archive")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := archive.NewWriter(out, archive.WriterOptions{
		Unsigned: true, Tenant: manifest.Tenant{ID: "acme", Name: "Acme"}, Created: time.Unix(1_795_000_000, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	metadata := fmt.Sprintf(`{"workspace":{"id":%q,"name":"W"},"datasets":[{"id":%q,"name":"Flights","mode":"import","version":1}]}`, wsA, assetA)
	for _, e := range []struct {
		path    string
		content []byte
	}{{entryPaths[0], []byte(metadata)}, {entryPaths[1], []byte("tables: []\n")}, {entryPaths[2], rows}} {
		m, err := w.Create(archive.Header{Path: e.path, Size: int64(len(e.content))})
		if err == nil {
			_, err = m.Write(e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// showRows runs the verb's parts and returns what it printed and how many bytes
// of the archive it read.
func showRows(t *testing.T, path string, terminalWidth int, f rowsFlags) (out string, read int64, err error) {
	t.Helper()
	var b, notes bytes.Buffer
	a := &app{
		term:   &terminal.Terminal{Out: &b, Err: &notes, OutIsTerminal: terminalWidth > 0, Width: terminalWidth},
		getenv: func(string) string { return "" }, json: f.format == formatJSON,
	}
	o, err := a.openToLook(t.Context(), path, &trustFlags{cmd: &cobra.Command{}})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	d, err := o.findDataset(t.Context(), "Flights")
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.openRows(t.Context(), d)
	if err == nil {
		err = r.choose(a, &f)
	}
	if err != nil {
		return b.String(), o.in.read.Load(), err
	}
	w, err := a.rowsWriter(o, r, &f)
	if err != nil {
		t.Fatal(err)
	}
	err = w.end(r.each(t.Context(), f.limit, w.batch))
	return b.String(), o.in.read.Load(), err
}

func TestFewRowsReadLittle(t *testing.T) {
	rows := flightsFile(t)
	path := rowsArchive(t, rows)
	out, read, err := showRows(t, path, 0, rowsFlags{limit: 5, columns: []string{"distance"}, format: formatCSV})
	if err != nil {
		t.Fatal(err)
	}
	if want := "distance\r\n2176\r\n215\r\n405\r\n2345\r\n"; !strings.HasPrefix(out, want) || strings.Count(out, "\n") != 6 {
		t.Errorf("rows:\n%s", out)
	}
	// The chunk that the first row group begins in, the last one with the
	// footer, and what opening an archive takes.
	const chunk = 4 << 20
	last := int64(len(rows)) % chunk
	if limit := chunk + last + 128<<10; read > limit {
		t.Errorf("%d bytes of the archive were read for 5 rows, want at most %d of %d", read, limit, len(rows))
	}
	t.Logf("%d of %d bytes read", read, len(rows))
}

func TestRowsOfAllFormatsAgree(t *testing.T) {
	path := rowsArchive(t, flightsFile(t))
	const limit = 40_000 // more than one batch
	csv, _, err := showRows(t, path, 0, rowsFlags{limit: limit, format: formatCSV})
	ndjson, _, errLines := showRows(t, path, 0, rowsFlags{limit: limit, format: formatNDJSON})
	doc, _, errDoc := showRows(t, path, 0, rowsFlags{limit: limit, format: formatJSON})
	table, _, errTable := showRows(t, path, 0, rowsFlags{limit: limit, format: formatTable})
	if err := errors.Join(err, errLines, errDoc, errTable); err != nil {
		t.Fatal(err)
	}
	if c, n := strings.Count(csv, "\n"), strings.Count(ndjson, "\n"); c != limit+1 || n != limit {
		t.Errorf("%d lines of CSV, %d of NDJSON", c, n)
	}
	if n := strings.Count(doc, `{"date":`); n != limit {
		t.Errorf("%d rows in the document", n)
	}
	last := ndjson[strings.LastIndex(strings.TrimSuffix(ndjson, "\n"), "\n")+1:]
	if !strings.Contains(doc, strings.TrimSuffix(last, "\n")+"\n  ]\n}\n") {
		t.Errorf("the document does not end with %s", last)
	}
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if len(lines) != limit+2 || lines[len(lines)-1] != "40,000 of 3,000,000 rows · --limit shows more" {
		t.Errorf("%d lines in the table, the last: %s", len(lines), lines[len(lines)-1])
	}
}

// rowsOf returns a Parquet file of rows.
func rowsOf(t *testing.T, schema string, rows ...[]any) []byte {
	t.Helper()
	s, err := parquetio.ParseSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := parquetio.NewWriter(&b, s, parquetio.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.AppendRow(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNoRowReachesATerminalRaw(t *testing.T) {
	path := rowsArchive(t, rowsOf(t, `"na\u001bme" string`, []any{"a\x1b[31m\r\nb\u202e"}))
	for _, format := range []string{formatTable, formatCSV, formatNDJSON, formatJSON} {
		out, _, err := showRows(t, path, 80, rowsFlags{format: format})
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(out, "\x1b\r\u202e") {
			t.Errorf("%s: %q", format, out)
		}
	}
}

func TestWideRowsFitTheTerminal(t *testing.T) {
	var schema []string
	var row []any
	for i := range 50 {
		schema = append(schema, fmt.Sprintf("column%d string", i))
		row = append(row, strings.Repeat("x", 5000))
	}
	path := rowsArchive(t, rowsOf(t, strings.Join(schema, ", "), row))
	out, _, err := showRows(t, path, 80, rowsFlags{format: formatTable})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out, "\n")
	if !strings.HasPrefix(lines[1], "xxxxxxx…  xxxxxxx…") || strings.Contains(out, "column8") {
		t.Errorf("the table:\n%s", out)
	}
	if want := "1 row · 8 of 50 columns · --columns chooses others"; lines[2] != want {
		t.Errorf("summary %q, want %q", lines[2], want)
	}
	if out, _, err = showRows(t, path, 80, rowsFlags{format: formatTable, columns: []string{"column49"}}); err != nil || !strings.Contains(out, "column49") {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestNoRowsAtAll(t *testing.T) {
	path := rowsArchive(t, rowsOf(t, "a int64, b string"))
	for format, want := range map[string]string{
		formatTable: "a  b\n0 rows\n", formatCSV: "a,b\r\n", formatNDJSON: "",
	} {
		if out, _, err := showRows(t, path, 0, rowsFlags{format: format}); err != nil || out != want {
			t.Errorf("%s: %v, %q, want %q", format, err, out, want)
		}
	}
	if out, _, err := showRows(t, path, 0, rowsFlags{format: formatJSON}); err != nil || !strings.HasSuffix(out, "\"rows\": []\n}\n") {
		t.Errorf("%v: %s", err, out)
	}
}

// Damage that shows after the first rows ends them with an error, which in a
// document is its last member.
func TestDamagedRows(t *testing.T) {
	content := rowsOf(t, "a int64 not null", []any{int64(1)}, []any{int64(2)})
	copy(content[4:], bytes.Repeat([]byte{0xff}, 16)) // the first page's header
	path := rowsArchive(t, content)
	out, _, err := showRows(t, path, 0, rowsFlags{format: formatJSON})
	if f := classify(err); f.code != "unreadable-rows" || !strings.Contains(f.hint, "oa-archive cat") {
		t.Errorf("%v: code %s, hint %q", err, f.code, f.hint)
	}
	if !strings.Contains(out, "\"rows\": [],\n  \"error\": {\n    \"code\": \"unreadable-rows\"") || !strings.HasSuffix(out, "\n  }\n}\n") {
		t.Errorf("document:\n%s", out)
	}
}

func TestDamagedArchiveIsNotBlamedOnTheRows(t *testing.T) {
	path := rowsArchive(t, flightsFile(t))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/6] ^= 0xff // in the first chunk of the rows
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = showRows(t, path, 0, rowsFlags{format: formatCSV, limit: 1})
	if f := classify(err); f.exit != exitDamaged || f.code != "damaged" {
		t.Errorf("%v: exit %d, code %s", err, f.exit, f.code)
	}
}

func TestWriteErrorEndsRows(t *testing.T) {
	path := rowsArchive(t, flightsFile(t))
	a := &app{term: &terminal.Terminal{Out: brokenWriter{}, Err: io.Discard}, getenv: func(string) string { return "" }}
	for _, format := range []string{formatTable, formatCSV, formatNDJSON} {
		f := &rowsFlags{format: format}
		f.cmd, f.allowUnsigned = &cobra.Command{}, true
		if err := a.rows(t.Context(), path, "Flights", f); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestSuggest(t *testing.T) {
	for _, c := range []struct{ wanted, names, want string }{
		{"x", "", "there are no columns"},
		{"Regon", "id region price", `did you mean "region"?`},
		{"rev", "id net_revenue Revenue", `did you mean "net_revenue", "Revenue"?`},
		{"quantity", "id price", `there are: "id", "price"`},
		{strings.Repeat("ü", 90), "id", `there are: "id"`},
	} {
		if got := suggest("columns", c.wanted, strings.Fields(c.names)); got != c.want {
			t.Errorf("suggest(%q): %s, want %s", c.wanted, got, c.want)
		}
	}
}

func TestRangeOfColumns(t *testing.T) {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	path := rowsArchive(t, rowsOf(t, "i int64, u uint64, f float64, d decimal(9,2), day date, t time(ms), at timestamp(us, utc), s string, l list<int64>, none bool",
		[]any{int64(-3), uint64(3), 1.5, "-10.00", day, time.Hour, day, "b", []any{int64(7)}, nil},
		[]any{int64(20), uint64(1) << 63, -0.25, "9.50", day.AddDate(0, 0, 1), time.Minute, day.Add(time.Microsecond), "a", []any{}, nil}))
	a := &app{term: &terminal.Terminal{Out: io.Discard, Err: io.Discard}, getenv: func(string) string { return "" }}
	o, err := a.openToLook(t.Context(), path, &trustFlags{cmd: &cobra.Command{}})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	d, err := o.findDataset(t.Context(), assetA[:8])
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.openRows(t.Context(), d)
	if err == nil {
		err = r.open(parquetio.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"i": "-3 20", "u": "3 9223372036854775808", "f": "-0.25 1.5", "d": "-10.00 9.50", "day": "2026-11-21 2026-11-22",
		"t": "00:01:00.000 01:00:00.000", "at": "2026-11-21T00:00:00.000000Z 2026-11-21T00:00:00.000001Z", "s": "a b", "l": "7 7", "none": "",
	} {
		c := rowsColumnJSON{Name: name}
		r.describe(&c)
		got := ""
		if c.Min != nil {
			got = *c.Min + " " + *c.Max
		}
		if got != want {
			t.Errorf("column %s: %q, want %q", name, got, want)
		}
	}
	if got := compareBounds(parquetio.DecimalOf(9, 2), "-10.00", "-9.00"); got >= 0 {
		t.Errorf("-10.00 against -9.00: %d", got)
	}
}
