package parquetio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// Values that a careless writer stored in a column whose type does not admit
// them.
func TestValuesThatAreDamage(t *testing.T) {
	logical := func(l schema.LogicalType, typ parquet.Type, length int) schema.Node {
		n, err := schema.NewPrimitiveNodeLogical("c", parquet.Repetitions.Required, l, typ, length, -1)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	int32s := func(v int32) func(file.ColumnChunkWriter) error {
		return func(w file.ColumnChunkWriter) error {
			_, err := w.(*file.Int32ColumnChunkWriter).WriteBatch([]int32{1, v}, nil, nil)
			return err
		}
	}
	int64s := func(v int64) func(file.ColumnChunkWriter) error {
		return func(w file.ColumnChunkWriter) error {
			_, err := w.(*file.Int64ColumnChunkWriter).WriteBatch([]int64{1, v}, nil, nil)
			return err
		}
	}
	texts := func(v string) func(file.ColumnChunkWriter) error {
		return func(w file.ColumnChunkWriter) error {
			_, err := w.(*file.ByteArrayColumnChunkWriter).WriteBatch([]parquet.ByteArray{[]byte("1"), []byte(v)}, nil, nil)
			return err
		}
	}
	types := parquet.Types
	for _, c := range []struct {
		node schema.Node
		fill func(file.ColumnChunkWriter) error
		want string
	}{
		{logical(schema.NewIntLogicalType(8, true), types.Int32, 0), int32s(128), "the number does not fit int8"},
		{logical(schema.NewIntLogicalType(16, false), types.Int32, 0), int32s(-1), "number does not fit uint16"},
		{logical(schema.NewTimeLogicalType(false, schema.TimeUnitMillis), types.Int32, 0), int32s(86_400_000), "not a time of day"},
		{logical(schema.NewTimeLogicalType(true, schema.TimeUnitNanos), types.Int64, 0), int64s(-1), "not a time of day"},
		{logical(schema.NewDecimalLogicalType(3, 1), types.Int32, 0), int32s(1000), errDecimalWide.Error()},
		{logical(schema.NewDecimalLogicalType(3, 1), types.Int64, 0), int64s(-1000), errDecimalWide.Error()},
		{logical(schema.NewDecimalLogicalType(38, 1), types.ByteArray, 0), texts(strings.Repeat("\x7f", 17)), errDecimalWide.Error()},
		{logical(schema.StringLogicalType{}, types.ByteArray, 0), texts("\xff"), "not UTF-8"},
		{logical(schema.JSONLogicalType{}, types.ByteArray, 0), texts("{"), "not one JSON value"},
	} {
		_, err := readAll(foreign(t, c.node, c.fill), Options{})
		var damage *DamageError
		if !errors.As(err, &damage) || damage.RowGroup != 0 || damage.Column != "c" ||
			!strings.HasPrefix(err.Error(), `parquetio: damaged row group 0, column "c": `) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// Rows before the damage are handed out.
func TestDamageInALaterRowGroup(t *testing.T) {
	s, rows := sample(t)
	b := writeWith(t, s[4:5], slice(rows, 4, 5), parquet.WithDictionaryDefault(false), parquet.WithCompression(compress.Codecs.Snappy))
	f, err := openBytes(b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.meta.RowGroup(1).ColumnChunk(0)
	if err != nil {
		t.Fatal(err)
	}
	start, size := chunkRange(c)
	clear(b[start+size/2 : start+size])
	got, err := readAll(b, Options{})
	var damage *DamageError
	if !errors.As(err, &damage) || damage.RowGroup != 1 || damage.Column != "i64" {
		t.Errorf("%v", err)
	}
	if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", slice(rows[:150], 4, 5)) {
		t.Errorf("%d rows before the damage", len(got))
	}
}

func TestFootersThatDisagree(t *testing.T) {
	s, rows := sample(t)
	whole := writeWith(t, s[:2], cut(rows, 2), parquet.WithDictionaryDefault(false))
	for _, c := range []struct {
		want   string
		change func(f *metadata.FileMetaData)
	}{
		{"400 rows, but 300 in the row groups", func(f *metadata.FileMetaData) { f.RowGroups = f.RowGroups[:2] }},
		{"after 150 of the file's 200", func(f *metadata.FileMetaData) { f.NumRows = 200 }},
		{"149 values in 150 rows", func(f *metadata.FileMetaData) { f.RowGroups[0].Columns[0].MetaData.NumValues = 149 }},
		{"between the file's magic", func(f *metadata.FileMetaData) { f.RowGroups[1].Columns[0].MetaData.TotalCompressedSize = 1 << 40 }},
		{"between the file's magic", func(f *metadata.FileMetaData) { f.RowGroups[1].Columns[1].MetaData.DataPageOffset = -1 }},
		{"stored as DOUBLE, declared as BOOLEAN", func(f *metadata.FileMetaData) { f.RowGroups[2].Columns[0].MetaData.Type = 5 }},
		{"1 columns where the schema has 2", func(f *metadata.FileMetaData) { f.RowGroups[0].Columns = f.RowGroups[0].Columns[:1] }},
		{"a chunk in another file", func(f *metadata.FileMetaData) { path := "x"; f.RowGroups[0].Columns[1].FilePath = &path }},
		{"metadata is missing", func(f *metadata.FileMetaData) { f.RowGroups[0].Columns[0].MetaData = nil }},
		{"two columns have this name", func(f *metadata.FileMetaData) { f.FileMetaData.Schema[2].Name = "b" }},
		{"a page of 150 values where 10 are left", func(f *metadata.FileMetaData) { shorten(f, 10) }},
		{"the pages end 10 values early", func(f *metadata.FileMetaData) { shorten(f, 160) }},
	} {
		f, err := openBytes(whole, Options{})
		if err != nil {
			t.Fatal(err)
		}
		c.change(f.meta)
		b := bytes.NewBuffer(bytes.Clone(whole[:f.end]))
		n, err := f.meta.WriteTo(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
		b.WriteString(magic)
		var damage *DamageError
		var unsupported *UnsupportedError
		if _, err = readAll(b.Bytes(), Options{}); err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &damage) && !errors.As(err, &unsupported) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// shorten makes the first row group claim to have rows rows.
func shorten(f *metadata.FileMetaData, rows int64) {
	f.NumRows += rows - f.RowGroups[0].NumRows
	f.RowGroups[0].NumRows = rows
	for _, c := range f.RowGroups[0].Columns {
		c.MetaData.NumValues = rows
	}
}

// Chunks that are too large to be read at once are read as they are decoded.
func TestLargeChunks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]parquet.ByteArray, 400)
	for i := range values {
		v := make([]byte, 60_000)
		for k := range v {
			v[k] = byte(random.Uint32())
		}
		values[i] = v
	}
	node, err := schema.NewPrimitiveNode("c", parquet.Repetitions.Required, parquet.Types.ByteArray, -1, -1)
	if err != nil {
		t.Fatal(err)
	}
	b := foreign(t, node, func(w file.ColumnChunkWriter) error {
		_, err := w.(*file.ByteArrayColumnChunkWriter).WriteBatch(values, nil, nil)
		return err
	})
	if len(b) < wholeBytes {
		t.Fatalf("%d bytes", len(b))
	}
	for _, limit := range []int64{64 << 20, 96 << 20} {
		rows, err := readAll(b, Options{Limits: Limits{Memory: limit}, BatchBytes: 1 << 20})
		if err != nil {
			if e := (*LimitError)(nil); limit > 64<<20 || !errors.As(err, &e) {
				t.Fatal(err)
			}
			continue
		}
		for i, row := range rows {
			if !bytes.Equal(row[0].([]byte), values[i]) {
				t.Fatalf("row %d differs", i)
			}
		}
		if len(rows) != len(values) {
			t.Errorf("%d rows", len(rows))
		}
	}
}

// writeTo panics with a run-time error when m is nil.
func writeTo(m map[string]int) error {
	m["a"] = 1
	return nil
}

func TestGuard(t *testing.T) {
	limit := &LimitError{Limit: "Memory", Max: 1, Need: 2}
	inner := errors.New("inner")
	for _, c := range []struct {
		f    func() error
		want string
		is   error
	}{
		{func() error { return nil }, "", nil},
		{func() error { return inner }, "inner", inner},
		{func() error { panic(limit) }, "Memory 2 exceeds", limit},
		{func() error { panic(inner) }, "the decoder gave up: inner", inner},
		{func() error { panic("text") }, "the decoder gave up: text", nil},
		{func() error { return writeTo(nil) }, "the decoder gave up: assignment to entry in nil map", nil},
	} {
		err := guard(c.f)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// Every error names its place.
func TestErrorTexts(t *testing.T) {
	inner := errors.New("why")
	for want, err := range map[string]error{
		"parquetio: damaged footer: why":                                &DamageError{RowGroup: -1, Err: inner},
		`parquetio: damaged footer: column "c": why`:                    &DamageError{RowGroup: -1, Column: "c", Err: inner},
		"parquetio: damaged row group 3: why":                           &DamageError{RowGroup: 3, Err: inner},
		`parquetio: damaged row group 3, column "c": why`:               &DamageError{RowGroup: 3, Column: "c", Err: inner},
		`parquetio: column "c": MaxValue 9 exceeds the limit of 8`:      &LimitError{Limit: "MaxValue", Max: 8, Need: 9, Column: "c"},
		`parquetio: row 7, column "c": why`:                             &ValueError{Row: 7, Column: "c", Err: inner},
		"parquetio: Parquet encryption is not supported: decrypt first": &UnsupportedError{Type: "Parquet encryption", Reason: "decrypt first"},
	} {
		if err.Error() != want {
			t.Errorf("%s, want %s", err, want)
		}
	}
}
