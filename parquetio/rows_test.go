package parquetio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/parquetio"
)

func mustSchema(t testing.TB, text string) parquetio.Schema {
	t.Helper()
	s, err := parquetio.ParseSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// write returns the file of rows.
func write(t fataler, schema parquetio.Schema, opts parquetio.WriterOptions, rows [][]any) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, schema, opts)
	if err != nil {
		t.Fatalf("NewWriter: %v", err)
	}
	for _, row := range rows {
		if err := w.AppendRow(row); err != nil {
			t.Fatalf("AppendRow: %v", err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return out.Bytes()
}

func open(t fataler, file []byte, opts parquetio.Options) *parquetio.File {
	t.Helper()
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return f
}

// read returns the selected rows of a file.
func read(f *parquetio.File) (rows [][]any, err error) {
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			return rows, err
		}
		vectors, err := parquetio.Vectors(f.Schema(), batch)
		if err != nil {
			return rows, err
		}
		for i := range int(batch.NumRows()) {
			row := make([]any, len(vectors))
			for k, v := range vectors {
				row[k] = v.Value(i)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func mustRead(t fataler, f *parquetio.File) [][]any {
	t.Helper()
	rows, err := read(f)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return rows
}

// same compares rows, with NaN equal to NaN.
func same(a, b [][]any) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

func uuidText(n uint64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n&0xffffffffffff) }

// drawValue draws a value of t as Vector.Value returns it.
func drawValue(r *rapid.T, t parquetio.Type) any {
	switch t.Kind {
	case parquetio.Bool:
		return rapid.Bool().Draw(r, "bool")
	case parquetio.Int8:
		return int64(rapid.Int8().Draw(r, "int8"))
	case parquetio.Int16:
		return int64(rapid.Int16().Draw(r, "int16"))
	case parquetio.Int32:
		return int64(rapid.Int32().Draw(r, "int32"))
	case parquetio.Int64:
		return rapid.Int64().Draw(r, "int64")
	case parquetio.Uint8:
		return uint64(rapid.Uint8().Draw(r, "uint8"))
	case parquetio.Uint16:
		return uint64(rapid.Uint16().Draw(r, "uint16"))
	case parquetio.Uint32:
		return uint64(rapid.Uint32().Draw(r, "uint32"))
	case parquetio.Uint64:
		return rapid.Uint64().Draw(r, "uint64")
	case parquetio.Float32:
		return rapid.Float32().Draw(r, "float32")
	case parquetio.Float64:
		return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(-1), 0, math.Copysign(0, -1)})).Draw(r, "float64")
	case parquetio.Decimal:
		digits := rapid.IntRange(1, t.Precision).Draw(r, "digits")
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "decimal"))
		n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		if rapid.Bool().Draw(r, "negative") {
			n.Neg(n)
		}
		return pointed(n, t.Scale)
	case parquetio.Date:
		return time.Unix(int64(rapid.Int32().Draw(r, "day"))*86400, 0).UTC()
	case parquetio.Time:
		unit := int64(time.Second) / t.Unit.PerSecond()
		return time.Duration(rapid.Int64Range(0, 86400*t.Unit.PerSecond()-1).Draw(r, "time") * unit)
	case parquetio.Timestamp:
		n := rapid.Int64().Draw(r, "timestamp")
		switch t.Unit {
		case parquetio.Milliseconds:
			return time.UnixMilli(n).UTC()
		case parquetio.Microseconds:
			return time.UnixMicro(n).UTC()
		}
		return time.Unix(0, n).UTC()
	case parquetio.String:
		return rapid.String().Draw(r, "string")
	case parquetio.Binary:
		return append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(r, "binary")...)
	case parquetio.UUID:
		return uuidText(rapid.Uint64().Draw(r, "uuid"))
	case parquetio.JSON:
		return rapid.SampledFrom([]string{"null", "1.50", `{"b":1, "a":[]}`, "\"é\""}).Draw(r, "json")
	}
	list := []any{}
	for range rapid.IntRange(0, 5).Draw(r, "length") {
		if !t.ElemRequired && rapid.IntRange(0, 3).Draw(r, "null element") == 0 {
			list = append(list, nil)
			continue
		}
		list = append(list, drawValue(r, *t.Elem))
	}
	return list
}

// pointed writes n with scale digits after the point.
func pointed(n *big.Int, scale int) string {
	text := new(big.Int).Abs(n).String()
	for len(text) <= scale {
		text = "0" + text
	}
	if scale > 0 {
		text = text[:len(text)-scale] + "." + text[len(text)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + text
	}
	return text
}

func drawRows(r *rapid.T, schema parquetio.Schema) [][]any {
	rows := make([][]any, rapid.IntRange(0, 60).Draw(r, "rows"))
	for i := range rows {
		rows[i] = make([]any, len(schema))
		for k, c := range schema {
			if !c.Nullable || rapid.IntRange(0, 4).Draw(r, "null") > 0 {
				rows[i][k] = drawValue(r, c.Type)
			}
		}
	}
	// Repeat them now and then, so that batches and runs of nulls get long.
	for range rapid.IntRange(0, 4).Draw(r, "doublings") {
		rows = append(rows, rows...)
	}
	return rows
}

func drawSchema(r *rapid.T) parquetio.Schema {
	var schema parquetio.Schema
	for i := range rapid.IntRange(1, 6).Draw(r, "columns") {
		typ := typeTexts[rapid.IntRange(0, len(typeTexts)-1).Draw(r, "type")].typ
		if typ.Kind != parquetio.List && rapid.IntRange(0, 3).Draw(r, "list") == 0 {
			typ = parquetio.ListOf(typ)
			typ.ElemRequired = rapid.Bool().Draw(r, "element required")
		}
		schema = append(schema, parquetio.Column{Name: fmt.Sprintf("c%d", i), Type: typ, Nullable: rapid.Bool().Draw(r, "nullable")})
	}
	return schema
}

// What goes in comes out, and the bytes do not depend on how rows arrive.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		schema := drawSchema(r)
		rows := drawRows(r, schema)
		opts := parquetio.WriterOptions{Compression: rapid.SampledFrom([]parquetio.Compression{parquetio.Zstd, parquetio.Uncompressed}).Draw(r, "compression")}
		file := write(r, schema, opts, rows)
		f := open(r, file, parquetio.Options{BatchRows: rapid.IntRange(0, 50).Draw(r, "batch rows"), BatchBytes: rapid.Int64Range(0, 500).Draw(r, "batch bytes")})
		if !f.Schema().Equal(schema) || f.Rows() != int64(len(rows)) || !f.IsOurs() {
			r.Fatalf("read (%s), %d rows; wrote (%s), %d", f.Schema(), f.Rows(), schema, len(rows))
		}
		if got := mustRead(r, f); !same(got, append([][]any(nil), rows...)) {
			r.Fatalf("read\n%#v\nwrote\n%#v", got, rows)
		}
		var copied bytes.Buffer
		w, err := parquetio.NewWriter(&copied, schema, opts)
		if err != nil {
			r.Fatal(err)
		}
		if err := parquetio.Copy(context.Background(), w, f); err != nil {
			r.Fatal(err)
		}
		if err := w.Close(); err != nil {
			r.Fatal(err)
		}
		if !bytes.Equal(copied.Bytes(), file) {
			r.Fatalf("rows written in batches make another file")
		}
		checkStatistics(r, f, rows)
	})
}

func checkStatistics(r *rapid.T, f *parquetio.File, rows [][]any) {
	for k, c := range f.Schema() {
		if c.Type.Kind == parquetio.List {
			continue
		}
		want := int64(0)
		for _, row := range rows {
			if row[k] == nil {
				want++
			}
		}
		if got, ok := f.Nulls(k); !ok || got != want {
			r.Fatalf("column %s: %d nulls (%v), want %d", c, got, ok, want)
		}
		for g := range f.RowGroups() {
			s := f.Statistics(g, k)
			for _, row := range rows {
				switch v := row[k].(type) {
				case int64:
					if s.Min.(int64) > v || s.Max.(int64) < v {
						r.Fatalf("column %s: %d is not from %v to %v", c, v, s.Min, s.Max)
					}
				case uint64:
					if s.Min.(uint64) > v || s.Max.(uint64) < v {
						r.Fatalf("column %s: %d is not from %v to %v", c, v, s.Min, s.Max)
					}
				case time.Time:
					if s.Min.(time.Time).After(v) || s.Max.(time.Time).Before(v) {
						r.Fatalf("column %s: %v is not from %v to %v", c, v, s.Min, s.Max)
					}
				case string:
					if c.Type.Kind == parquetio.String && s.Min != nil && (s.Min.(string) > v || s.Max.(string) < v) {
						r.Fatalf("column %s: %q is not from %q to %q", c, v, s.Min, s.Max)
					}
				}
			}
		}
	}
}

func TestManyRowGroups(t *testing.T) {
	schema := mustSchema(t, "id int64 not null, tags list<string>, note string")
	long := strings.Repeat("ä", 20_000)
	rows := make([][]any, 1500)
	for i := range rows {
		rows[i] = []any{int64(i), []any{long[:2*(i%1000)], nil}, long}
		if i%7 == 0 {
			rows[i][1], rows[i][2] = nil, nil
		}
	}
	file := write(t, schema, parquetio.WriterOptions{}, rows)
	f := open(t, file, parquetio.Options{})
	if groups := len(f.RowGroups()); groups < 3 {
		t.Fatalf("%d row groups", groups)
	}
	if !same(mustRead(t, f), rows) {
		t.Fatal("read other rows")
	}
	g := f.RowGroups()
	f = open(t, file, parquetio.Options{Columns: []string{"note", "id"}, RowGroups: []int{2, 0}})
	got := mustRead(t, f)
	if int64(len(got)) != g[2].Rows+g[0].Rows || got[0][1] != g[0].Rows+g[1].Rows || got[g[2].Rows][1] != int64(0) {
		t.Fatalf("%d rows, the first %v", len(got), got[0][1])
	}
}

func TestRowGroupsEndAtAFixedRow(t *testing.T) {
	schema := mustSchema(t, "n uint8 not null")
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, schema, parquetio.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range parquetio.GroupRows + 1 {
		if err := w.AppendRow([]any{uint8(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	groups := open(t, out.Bytes(), parquetio.Options{}).RowGroups()
	if len(groups) != 2 || groups[0].Rows != parquetio.GroupRows || groups[1].Rows != 1 {
		t.Errorf("row groups %+v", groups)
	}
}

func TestWrittenBytesStayTheSame(t *testing.T) {
	schema := mustSchema(t, "id int64 not null, name string, at timestamp(us, utc), tags list<int32>")
	at := time.Date(2026, 11, 21, 12, 0, 0, 1000, time.UTC)
	file := write(t, schema, parquetio.WriterOptions{Compression: parquetio.Uncompressed}, [][]any{
		{1, "one", at, []any{1, nil}}, {2, nil, nil, nil}, {3, "", at, []any{}},
	})
	if bytes.Contains(file, []byte("parquet-go")) || !bytes.Contains(file, []byte(parquetio.CreatedBy)) {
		t.Error("the file does not name this package as its writer")
	}
	again := write(t, schema, parquetio.WriterOptions{Compression: parquetio.Uncompressed}, [][]any{
		{int8(1), []byte("one"), at, []any{int64(1), nil}}, {uint(2), nil, nil, nil}, {int32(3), "", at.In(time.FixedZone("", 3600)), []any{}},
	})
	if !bytes.Equal(file, again) {
		t.Error("equal rows of other Go types make another file")
	}
}

func TestRefusedValues(t *testing.T) {
	id := uuidText(7)
	cases := []struct {
		typ   string
		value any
		want  string
	}{
		{"int8", 128, "the number does not fit int8"},
		{"int8", "1", "a Go string is not a int8"},
		{"uint8", -1, "does not fit"},
		{"uint64", int64(-1), "does not fit"},
		{"int64", uint64(1 << 63), "does not fit"},
		{"float32", 0.1, "not exactly a float32"},
		{"decimal(4,2)", "100.00", "does not fit decimal(4,2)"},
		{"decimal(4,2)", "1.005", "more than 2 digits after the point"},
		{"decimal(4,2)", "1e3", "not a decimal"},
		{"decimal(4,2)", 1, "with or without its scale"},
		{"decimal(4,2)", big.NewInt(10000), "more than 4 digits"},
		{"decimal(38,0)", strings.Repeat("9", 39), "does not fit"},
		{"date", time.Unix(1, 0), "midnight"},
		{"time(ms)", 24 * time.Hour, "not a time of day"},
		{"time(ms)", time.Microsecond, "more digits of time"},
		{"timestamp(us)", time.Unix(0, 1), "more digits of time"},
		{"timestamp(ns)", time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), "out of range"},
		{"string", "\xff", "not UTF-8"},
		{"json", "{", "not one JSON value"},
		{"json", `"` + "\xff" + `"`, "not one JSON value"},
		{"uuid", strings.ToUpper(id) + "A", "not a UUID"},
		{"uuid", "0000000g" + id[8:], "not a UUID"},
		{"string not null", nil, "null in a column"},
		{"list<string not null>", []any{"a", nil}, "element 1: null"},
		{"list<int8>", []any{int64(300)}, "element 0: the number"},
		{"list<int8>", "x", "is not a list<int8>"},
	}
	for _, c := range cases {
		w, err := parquetio.NewWriter(io.Discard, mustSchema(t, "c "+c.typ), parquetio.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		err = w.AppendRow([]any{c.value})
		var value *parquetio.ValueError
		if !errors.As(err, &value) || value.Column != "c" || value.Row != 0 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v: %v, want %q", c.typ, c.value, err, c.want)
		}
		if again := w.Close(); again != err {
			t.Errorf("%s: after %v, Close returns %v", c.typ, err, again)
		}
	}
}

func TestWriteRefusesOtherBatches(t *testing.T) {
	schema := mustSchema(t, "a int64")
	file := write(t, schema, parquetio.WriterOptions{}, [][]any{{1}})
	for _, text := range []string{"a int64 not null", "b int64", "a int32", "a int64, b int64"} {
		w, err := parquetio.NewWriter(io.Discard, mustSchema(t, text), parquetio.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for batch := range open(t, file, parquetio.Options{}).Batches(context.Background()) {
			if err := w.Write(batch); err == nil || !strings.Contains(err.Error(), "where ("+text+") belongs") {
				t.Errorf("%s: %v", text, err)
			}
		}
		if err := w.AppendRow([]any{1, 2, 3}); err == nil {
			t.Error("the writer goes on after an error")
		}
	}
}

func TestLargeValuesAreRefused(t *testing.T) {
	w, _ := parquetio.NewWriter(io.Discard, mustSchema(t, "a binary"), parquetio.WriterOptions{})
	var limit *parquetio.LimitError
	if err := w.AppendRow([]any{make([]byte, parquetio.MaxValue+1)}); !errors.As(err, &limit) || limit.Limit != "MaxValue" || limit.Column != "a" {
		t.Error(err)
	}
	w, _ = parquetio.NewWriter(io.Discard, mustSchema(t, "a binary, b binary, c binary"), parquetio.WriterOptions{})
	part := make([]byte, parquetio.MaxValue)
	if err := w.AppendRow([]any{part, part, part}); !errors.As(err, &limit) || limit.Limit != "MaxRow" {
		t.Error(err)
	}
}

// failing fails after n bytes.
type failing struct{ n int }

var errDisk = errors.New("the disk is full")

func (f *failing) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errDisk
	}
	return len(b), nil
}

func TestWriteErrorsReachTheCaller(t *testing.T) {
	schema := mustSchema(t, "a string")
	size := len(write(t, schema, parquetio.WriterOptions{}, [][]any{{"x"}}))
	for n := range size {
		w, err := parquetio.NewWriter(&failing{n}, schema, parquetio.WriterOptions{})
		if err == nil {
			err = w.AppendRow([]any{"x"})
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, errDisk) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

func TestRetainedBatchesOutliveTheIteration(t *testing.T) {
	schema := mustSchema(t, "id int64 not null, name string")
	rows := make([][]any, 5000)
	for i := range rows {
		rows[i] = []any{int64(i), fmt.Sprint("name ", i)}
	}
	f := open(t, write(t, schema, parquetio.WriterOptions{}, rows), parquetio.Options{BatchRows: 1000})
	var kept []arrow.RecordBatch
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		batch.Retain()
		kept = append(kept, batch)
	}
	next := int64(0)
	for _, batch := range kept {
		vectors, err := parquetio.Vectors(schema, batch)
		if err != nil {
			t.Fatal(err)
		}
		for i := range vectors[0].Len() {
			if vectors[0].Int(i) != next || string(vectors[1].Bytes(i)) != fmt.Sprint("name ", next) {
				t.Fatalf("row %d changed", next)
			}
			next++
		}
		batch.Release()
	}
	if next != 5000 {
		t.Errorf("%d rows", next)
	}
}

func TestBatchesOfSlicedArrays(t *testing.T) {
	schema := mustSchema(t, "id int16, name string, tags list<bool>, price decimal(30,3) not null")
	rows := make([][]any, 300)
	for i := range rows {
		rows[i] = []any{int64(i), fmt.Sprint(i), []any{i%2 == 0, nil}, fmt.Sprintf("%d.000", i)}
		if i%3 == 0 {
			rows[i][0], rows[i][1], rows[i][2] = nil, nil, nil
		}
	}
	file := write(t, schema, parquetio.WriterOptions{}, rows)
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, schema, parquetio.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range open(t, file, parquetio.Options{}).Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := int64(0); i < batch.NumRows(); i += 7 {
			part := batch.NewSlice(i, min(i+7, batch.NumRows()))
			if err := w.Write(part); err != nil {
				t.Fatal(err)
			}
			part.Release()
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), file) {
		t.Error("rows written in slices make another file")
	}
}

func TestCancelledReadingStops(t *testing.T) {
	schema := mustSchema(t, "a int64")
	rows := make([][]any, 5000)
	for i := range rows {
		rows[i] = []any{i}
	}
	f := open(t, write(t, schema, parquetio.WriterOptions{}, rows), parquetio.Options{BatchRows: 100})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	batches := 0
	for _, err := range f.Batches(ctx) {
		if err != nil {
			if !errors.Is(err, context.Canceled) || batches != 1 {
				t.Fatalf("after %d batches: %v", batches, err)
			}
			return
		}
		batches++
		cancel()
	}
	t.Error("reading went on")
}

// A panic of the loop body is the caller's, not damage.
func TestPanicsOfTheCallerPass(t *testing.T) {
	f := open(t, write(t, mustSchema(t, "a int64"), parquetio.WriterOptions{}, [][]any{{1}}), parquetio.Options{})
	defer func() {
		if recover() != "mine" {
			t.Error("the panic was lost")
		}
	}()
	for range f.Batches(context.Background()) {
		panic("mine")
	}
}

func TestColumnsThatAreNotThere(t *testing.T) {
	file := write(t, mustSchema(t, "a int64"), parquetio.WriterOptions{}, [][]any{{1}})
	for _, opts := range []parquetio.Options{{Columns: []string{"b"}}, {Columns: []string{"a", "a"}}, {RowGroups: []int{1}}, {BatchRows: -1}} {
		if _, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), opts); err == nil {
			t.Errorf("%+v opens", opts)
		}
	}
	if reflect.TypeOf(mustRead(t, open(t, file, parquetio.Options{}))[0][0]).Kind() != reflect.Int64 {
		t.Error("not an int64")
	}
}

func TestNoColumnsAtAll(t *testing.T) {
	file := write(t, mustSchema(t, "a int64, b string"), parquetio.WriterOptions{}, [][]any{{int64(1), "x"}, {nil, nil}})
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{Columns: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Columns()) != 2 || len(f.Schema()) != 0 || f.Rows() != 2 || f.RowGroups()[0].Bytes != 0 {
		t.Errorf("columns %v, schema %v, %d rows, %v", f.Columns(), f.Schema(), f.Rows(), f.RowGroups())
	}
	rows := int64(0)
	for batch, err := range f.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows += batch.NumRows()
	}
	if rows != 2 {
		t.Errorf("%d rows without columns", rows)
	}
}
