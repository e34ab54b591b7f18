package parquetio_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// texts returns rows first to before end of a batch of one column of texts, which
// need not be any.
func texts(schema parquetio.Schema, first, end int, values ...string) arrow.RecordBatch {
	ends := []int32{0}
	for _, v := range values {
		ends = append(ends, ends[len(ends)-1]+int32(len(v)))
	}
	d := array.NewData(schema[0].Type.Arrow(), len(values), []*memory.Buffer{
		nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(ends)), memory.NewBufferBytes([]byte(strings.Join(values, ""))),
	}, nil, 0, 0)
	whole := array.NewRecordBatch(schema.Arrow(), []arrow.Array{array.MakeFromData(d)}, int64(len(values)))
	return whole.NewSlice(int64(first), int64(end))
}

func TestTextsAreCheckedOneByOne(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		row    int64 // of the fault; -1: none
	}{
		{"texts", []string{"", "a", "äö", "", "\U0001f600", ""}, -1},
		{"a character cut in two", []string{"a", "\xc3", "\xa4", "b"}, 1},
		{"a character cut at an empty text", []string{"ä", "\xf0\x9f", "", "\x98\x80"}, 1},
		{"no text", []string{"a", "b", "\xff"}, 2},
		{"an end that lacks its beginning", []string{"a", "\xa4"}, 1},
	} {
		schema := mustSchema(t, "x string not null")
		// With others around it that are not among the rows.
		values := append(append([]string{"\xff", "ä"}, c.values...), "\xc3")
		var out bytes.Buffer
		w, err := parquetio.NewWriter(&out, schema, parquetio.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(texts(schema, 2, len(values)-1, values...))
		if c.row >= 0 {
			if refused, ok := errors.AsType[*parquetio.ValueError](err); !ok || refused.Row != c.row || refused.Column != "x" {
				t.Errorf("%s: %v, want an error in row %d", c.name, err, c.row)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var rows [][]any
		for _, v := range c.values {
			rows = append(rows, []any{v})
		}
		if !bytes.Equal(out.Bytes(), write(t, schema, parquetio.WriterOptions{}, rows)) {
			t.Errorf("%s: not the file of the same rows, given one by one", c.name)
		}
	}
}

func TestBytesNeedNotBeText(t *testing.T) {
	schema := mustSchema(t, "x binary not null")
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, schema, parquetio.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(texts(schema, 1, 3, "a", "\xc3", "\xff\x00")), w.Close()); err != nil {
		t.Fatal(err)
	}
	if want := write(t, schema, parquetio.WriterOptions{}, [][]any{{[]byte("\xc3")}, {[]byte("\xff\x00")}}); !bytes.Equal(out.Bytes(), want) {
		t.Error("not the file of the same rows, given one by one")
	}
}
