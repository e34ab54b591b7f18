package parquetio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// sample is a schema of every physical layout, and rows of it.
func sample(t testing.TB) (Schema, [][]any) {
	t.Helper()
	s, err := ParseSchema("b bool, i8 int8, u16 uint16, i32 int32 not null, i64 int64, u64 uint64, f32 float32, f64 float64 not null, " +
		"d9 decimal(9,2), d18 decimal(18,4), d38 decimal(38,10), day date, tm time(ms), ts timestamp(us, utc) not null, tn timestamp(ns), " +
		"s string, s2 string not null, bin binary, u uuid, j json, li list<int64>, ls list<string not null> not null, lu list<uuid>")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2001, 2, 3, 4, 5, 6, 789_000, time.UTC)
	var rows [][]any
	for i := range 400 {
		n := int64(i)
		row := []any{i%2 == 0, n%128 - 64, uint64(i), n * -7, n << 50, uint64(i) << 55, float32(i) / 4, float64(i) / 3,
			fmt.Sprintf("%d.%02d", i, i%100), fmt.Sprintf("-%d.0001", i), fmt.Sprintf("%d00000000000000000000.0000000001", i),
			time.Unix(n*86400, 0).UTC(), time.Duration(i) * time.Millisecond, at.Add(time.Duration(i) * time.Second), at.Add(time.Duration(i)),
			strings.Repeat("ab", i%9), fmt.Sprint("name ", i%5), []byte{byte(i), 0}, fmt.Sprintf("00000000-0000-4000-8000-%012x", i), `{"a":1}`,
			[]any{n, nil}, []any{"x", fmt.Sprint(i)}, []any{}}
		for k, c := range s {
			if c.Nullable && (i+k)%5 == 0 {
				row[k] = nil
			}
		}
		rows = append(rows, row)
	}
	return s, rows
}

// writeWith writes rows in row groups of 150 with properties of the library.
func writeWith(t testing.TB, s Schema, rows [][]any, props ...parquet.WriterProperty) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, s, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	root, err := s.node()
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	w.out, err = file.NewParquetWriterWithError(struct{ *bytes.Buffer }{&out}, root, file.WithWriterProps(parquet.NewWriterProperties(props...)))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if err := w.AppendRow(row); err != nil {
			t.Fatal(err)
		}
		if i%150 == 149 {
			if err := w.flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openBytes(b []byte, opts Options) (*File, error) {
	return Open(bytes.NewReader(b), int64(len(b)), opts)
}

// readAll opens b and returns all its rows.
func readAll(b []byte, opts Options) (rows [][]any, err error) {
	f, err := openBytes(b, opts)
	if err != nil {
		return nil, err
	}
	for batch, err := range f.Batches(context.Background()) {
		if err != nil {
			return rows, err
		}
		vectors, err := Vectors(f.Schema(), batch)
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

func TestReadsOtherWriters(t *testing.T) {
	s, rows := sample(t)
	want := fmt.Sprintf("%#v", rows)
	var canonical bytes.Buffer
	w, err := NewWriter(&canonical, s, WriterOptions{})
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
	for name, codec := range map[string]compress.Compression{
		"none": compress.Codecs.Uncompressed, "snappy": compress.Codecs.Snappy, "gzip": compress.Codecs.Gzip,
		"brotli": compress.Codecs.Brotli, "zstd": compress.Codecs.Zstd, "lz4_raw": compress.Codecs.Lz4Raw,
	} {
		for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
			for _, dictionary := range []bool{false, true} {
				for _, page := range []int64{200, 1 << 20} {
					t.Run(fmt.Sprintf("%s/v%d/dictionary=%v/page=%d", name, version+1, dictionary, page), func(t *testing.T) {
						b := writeWith(t, s, rows, parquet.WithCompression(codec), parquet.WithDataPageVersion(version), parquet.WithDictionaryDefault(dictionary),
							parquet.WithDataPageSize(page), parquet.WithBatchSize(16), parquet.WithPageIndexEnabled(page == 200))
						got, err := readAll(b, Options{BatchRows: 64})
						if err != nil {
							t.Fatal(err)
						}
						if fmt.Sprintf("%#v", got) != want {
							t.Fatalf("other rows than were written")
						}
						checkCanonical(t, b, canonical.Bytes())
					})
				}
			}
		}
	}
}

// checkCanonical checks that Copy makes want of b.
func checkCanonical(t *testing.T, b, want []byte) {
	t.Helper()
	f, err := openBytes(b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.IsOurs() {
		t.Error("taken for ours")
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, f.Schema(), WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := Copy(context.Background(), w, f); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Error("not the canonical file")
	}
}

func TestReadsOtherEncodings(t *testing.T) {
	for _, c := range []struct {
		typ      string
		encoding parquet.Encoding
		values   []any
	}{
		{"int32", parquet.Encodings.ByteStreamSplit, []any{int64(1), int64(-5), nil}},
		{"int64", parquet.Encodings.ByteStreamSplit, []any{int64(1), nil, int64(-5)}},
		{"float32", parquet.Encodings.ByteStreamSplit, []any{float32(1), nil, float32(-5)}},
		{"float64", parquet.Encodings.ByteStreamSplit, []any{1.5, nil, -5.25}},
		{"uuid", parquet.Encodings.ByteStreamSplit, []any{"00000000-0000-4000-8000-000000000001", nil}},
		{"string", parquet.Encodings.DeltaByteArray, []any{"prefix", "prefix and more", nil, "pre", ""}},
		{"bool", parquet.Encodings.RLE, []any{true, nil, false, true}},
	} {
		s, err := ParseSchema("c " + c.typ)
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]any
		for i := range 40 {
			rows = append(rows, []any{c.values[i%len(c.values)]})
		}
		b := writeWith(t, s, rows, parquet.WithDictionaryDefault(false), parquet.WithEncoding(c.encoding), parquet.WithDataPageVersion(parquet.DataPageV2))
		got, err := readAll(b, Options{})
		if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", rows) {
			t.Errorf("%s, %s: %v, %v", c.typ, c.encoding, got, err)
		}
	}
}

// foreign writes a file with one root field by hand.
func foreign(t *testing.T, root schema.Node, fill func(w file.ColumnChunkWriter) error) []byte {
	t.Helper()
	group, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, schema.FieldList{root}, -1)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := file.NewParquetWriterWithError(struct{ *bytes.Buffer }{&out}, group)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.AppendRowGroupChecked()
	if err != nil {
		t.Fatal(err)
	}
	for range w.NumColumns() {
		column, err := rows.NextColumn()
		if err != nil {
			t.Fatal(err)
		}
		if err := fill(column); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(rows.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func primitive(t *testing.T, name string, rep parquet.Repetition, typ parquet.Type, converted schema.ConvertedType, length, precision, scale int) schema.Node {
	t.Helper()
	n, err := schema.NewPrimitiveNodeConverted(name, rep, typ, converted, length, precision, scale, -1)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Annotations from before logical types are read as what they became.
func TestReadsConvertedTypes(t *testing.T) {
	int32s := func(w file.ColumnChunkWriter) error {
		_, err := w.(*file.Int32ColumnChunkWriter).WriteBatch([]int32{5}, nil, nil)
		return err
	}
	int64s := func(w file.ColumnChunkWriter) error {
		_, err := w.(*file.Int64ColumnChunkWriter).WriteBatch([]int64{5}, nil, nil)
		return err
	}
	texts := func(text string) func(w file.ColumnChunkWriter) error {
		return func(w file.ColumnChunkWriter) error {
			_, err := w.(*file.ByteArrayColumnChunkWriter).WriteBatch([]parquet.ByteArray{[]byte(text)}, nil, nil)
			return err
		}
	}
	fixed := func(text string) func(w file.ColumnChunkWriter) error {
		return func(w file.ColumnChunkWriter) error {
			_, err := w.(*file.FixedLenByteArrayColumnChunkWriter).WriteBatch([]parquet.FixedLenByteArray{[]byte(text)}, nil, nil)
			return err
		}
	}
	types := parquet.Types
	for _, c := range []struct {
		physical                 parquet.Type
		converted                schema.ConvertedType
		length, precision, scale int
		fill                     func(w file.ColumnChunkWriter) error
		typ                      string
		value                    any
	}{
		{types.Int32, schema.ConvertedTypes.Int8, 0, 0, 0, int32s, "int8", int64(5)},
		{types.Int32, schema.ConvertedTypes.Uint32, 0, 0, 0, int32s, "uint32", uint64(5)},
		{types.Int32, schema.ConvertedTypes.Date, 0, 0, 0, int32s, "date", time.Unix(5*86400, 0).UTC()},
		{types.Int32, schema.ConvertedTypes.TimeMillis, 0, 0, 0, int32s, "time(ms)", 5 * time.Millisecond},
		{types.Int64, schema.ConvertedTypes.TimeMicros, 0, 0, 0, int64s, "time(us)", 5 * time.Microsecond},
		{types.Int64, schema.ConvertedTypes.TimestampMillis, 0, 0, 0, int64s, "timestamp(ms, utc)", time.UnixMilli(5).UTC()},
		{types.Int64, schema.ConvertedTypes.TimestampMicros, 0, 0, 0, int64s, "timestamp(us, utc)", time.UnixMicro(5).UTC()},
		{types.Int32, schema.ConvertedTypes.Decimal, 0, 5, 2, int32s, "decimal(5,2)", "0.05"},
		{types.Int64, schema.ConvertedTypes.Decimal, 0, 12, 1, int64s, "decimal(12,1)", "0.5"},
		{types.ByteArray, schema.ConvertedTypes.Decimal, 0, 5, 2, texts("\xff\xff"), "decimal(5,2)", "-0.01"},
		{types.FixedLenByteArray, schema.ConvertedTypes.Decimal, 20, 5, 2, fixed(strings.Repeat("\x00", 19) + "\x07"), "decimal(5,2)", "0.07"},
		{types.ByteArray, schema.ConvertedTypes.UTF8, 0, 0, 0, texts("ä"), "string", "ä"},
		{types.ByteArray, schema.ConvertedTypes.Enum, 0, 0, 0, texts("RED"), "string", "RED"},
		{types.ByteArray, schema.ConvertedTypes.JSON, 0, 0, 0, texts("[1]"), "json", "[1]"},
		{types.ByteArray, schema.ConvertedTypes.None, 0, 0, 0, texts("\xff"), "binary", []byte{0xff}},
		{types.FixedLenByteArray, schema.ConvertedTypes.None, 3, 0, 0, fixed("abc"), "binary", []byte("abc")},
	} {
		b := foreign(t, primitive(t, "c", parquet.Repetitions.Required, c.physical, c.converted, c.length, c.precision, c.scale), c.fill)
		f, err := openBytes(b, Options{})
		if err != nil || f.Schema().String() != "c "+c.typ+" not null" {
			t.Errorf("%s: %v, %v", c.converted, f, err)
			continue
		}
		got, err := readAll(b, Options{})
		if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", [][]any{{c.value}}) {
			t.Errorf("%s: %#v, %v", c.converted, got, err)
		}
	}
}

func TestReadsLegacyLists(t *testing.T) {
	element := primitive(t, "element", parquet.Repetitions.Repeated, parquet.Types.Int64, schema.ConvertedTypes.None, 0, 0, 0)
	two, err := schema.NewGroupNodeConverted("c", parquet.Repetitions.Optional, schema.FieldList{element}, schema.ConvertedTypes.List, -1)
	if err != nil {
		t.Fatal(err)
	}
	one := primitive(t, "c", parquet.Repetitions.Repeated, parquet.Types.Int64, schema.ConvertedTypes.None, 0, 0, 0)
	for _, c := range []struct {
		root     schema.Node
		def, rep []int16
		schema   string
		rows     [][]any
	}{
		{two, []int16{2, 2, 1, 0, 2}, []int16{0, 1, 0, 0, 0}, "c list<int64 not null>",
			[][]any{{[]any{int64(1), int64(2)}}, {[]any{}}, {nil}, {[]any{int64(3)}}}},
		{one, []int16{1, 1, 0, 1}, []int16{0, 1, 0, 0}, "c list<int64 not null> not null",
			[][]any{{[]any{int64(1), int64(2)}}, {[]any{}}, {[]any{int64(3)}}}},
	} {
		b := foreign(t, c.root, func(w file.ColumnChunkWriter) error {
			_, err := w.(*file.Int64ColumnChunkWriter).WriteBatch([]int64{1, 2, 3}, c.def, c.rep)
			return err
		})
		f, err := openBytes(b, Options{})
		if err != nil || f.Schema().String() != c.schema {
			t.Fatalf("%v, %v; want %s", f, err, c.schema)
		}
		if got, err := readAll(b, Options{}); err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", c.rows) {
			t.Errorf("%#v, %v", got, err)
		}
	}
}

func TestRefusesWhatHasNoCounterpart(t *testing.T) {
	logical := func(l schema.LogicalType, typ parquet.Type, length int) schema.Node {
		n, err := schema.NewPrimitiveNodeLogical("c", parquet.Repetitions.Optional, l, typ, length, -1)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	leaf := func() schema.Node { return schema.NewInt64Node("x", parquet.Repetitions.Required, -1) }
	group := func(name string, l schema.LogicalType, rep parquet.Repetition, fields ...schema.Node) schema.Node {
		n, err := schema.NewGroupNodeLogical(name, rep, fields, l, -1)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	rep := parquet.Repetitions
	inner := group("element", schema.NewListLogicalType(), rep.Optional, group("list", nil, rep.Repeated, leaf()))
	for _, c := range []struct {
		root schema.Node
		want string
	}{
		{schema.NewInt96Node("c", rep.Optional, -1), `column "c": INT96 is not supported: it does not say whether it counts from UTC`},
		{logical(schema.BSONLogicalType{}, parquet.Types.ByteArray, 0), "BSON"},
		{logical(schema.IntervalLogicalType{}, parquet.Types.FixedLenByteArray, 12), "Interval"},
		{logical(schema.Float16LogicalType{}, parquet.Types.FixedLenByteArray, 2), "Float16"},
		{logical(schema.NullLogicalType{}, parquet.Types.Int32, 0), "Null"},
		{logical(schema.NewDecimalLogicalType(40, 2), parquet.Types.FixedLenByteArray, 20), "precision must be 1 to 38"},
		{group("c", nil, rep.Optional, leaf()), "struct is not supported"},
		{group("c", schema.MapLogicalType{}, rep.Optional, group("key_value", nil, rep.Repeated, schema.NewInt64Node("key", rep.Required, -1), schema.NewInt64Node("value", rep.Optional, -1))), "map is not supported"},
		{group("c", schema.NewListLogicalType(), rep.Optional, group("list", nil, rep.Repeated, inner)), "list of list"},
		{group("c", schema.NewListLogicalType(), rep.Optional, group("list", nil, rep.Repeated, leaf(), schema.NewInt64Node("y", rep.Required, -1))), "list of struct"},
		{group("c", schema.NewListLogicalType(), rep.Optional, group("array", nil, rep.Repeated, leaf())), "list of struct"},
		{group("c", nil, rep.Repeated, leaf()), "struct is not supported"},
	} {
		ok := schema.NewInt64Node("ok", rep.Required, -1)
		root, err := schema.NewGroupNode("schema", rep.Required, schema.FieldList{c.root, ok}, -1)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w, err := file.NewParquetWriterWithError(struct{ *bytes.Buffer }{&out}, root)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = openBytes(out.Bytes(), Options{})
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.Column != "c" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		f, err := openBytes(out.Bytes(), Options{Columns: []string{"ok"}})
		if err != nil || f.Schema().String() != "ok int64 not null" || f.Columns()[0].Err == nil {
			t.Errorf("the other column does not open: %v", err)
		}
	}
}

func TestRefusesOtherCompression(t *testing.T) {
	s := Schema{{Name: "c", Type: Type{Kind: Int64}}}
	b := writeWith(t, s, [][]any{{1}}, parquet.WithDictionaryDefault(false))
	f, err := openBytes(b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	chunk := f.meta.FileMetaData.RowGroups[0].Columns[0].MetaData
	chunk.Codec = 5 // LZ4, of several incompatible framings
	var out bytes.Buffer
	out.Write(b[:f.end])
	n, err := f.meta.WriteTo(&out, nil)
	if err != nil {
		t.Fatal(err)
	}
	out.Write([]byte{byte(n), byte(n >> 8), 0, 0})
	out.WriteString(magic)
	if _, err := openBytes(out.Bytes(), Options{}); err == nil || !strings.Contains(err.Error(), `column "c": compression LZ4 is not supported`) {
		t.Error(err)
	}
}
