package rowcheck

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	parquetschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/schema"
)

// two returns two rows of the columns id and region.
func two(t *testing.T) []byte {
	t.Helper()
	s, err := parquetio.ParseSchema("id int64 not null, region string")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := parquetio.NewWriter(&b, s, parquetio.WriterOptions{})
	if err == nil {
		err = errors.Join(w.AppendRow([]any{int64(1), "Nord"}), w.AppendRow([]any{int64(2), nil}), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func count(n int64) *int64 { return &n }

func TestCheck(t *testing.T) {
	good := two(t)
	damaged := bytes.Clone(good)
	copy(damaged[len(damaged)-108:], bytes.Repeat([]byte{0xff}, 100)) // in the footer
	const (
		one     = "tables:\n  - {name: a, columns: [{name: id}, {name: region}, {name: price}]}\n"
		several = one + "  - {name: b, columns: [{name: price}, {name: cost}]}\n"
	)
	for _, c := range []struct {
		name    string
		content []byte
		rows    *int64
		model   string
		rule    string // "" for none
		warning bool
		text    string
	}{
		{name: "nothing stated", content: good},
		{name: "all as stated", content: good, rows: count(2), model: "tables:\n  - {name: a, columns: [{name: region}]}\n"},
		{name: "no columns declared", content: good, model: "tables:\n  - {name: a}\n"},
		{name: "no tables", content: good, model: "dataset: a\n"},
		{name: "a model that is none", content: good, model: "tables: ["},
		{name: "odd model", content: good, model: "tables: [1, {columns: 2}, {columns: [3, {name: 4}]}]\n"},
		{name: "another count", content: good, rows: count(3), rule: RuleRowCount, text: "the file has 2 rows, the dataset's record in metadata.json states 3"},
		{name: "column missing", content: good, model: one, rule: RuleColumns, text: `lack a column that the model declares: "price"`},
		{name: "columns of several tables", content: good, model: several, rule: RuleColumns, warning: true, text: `2 columns that the model declares: "price", "cost"`},
		{name: "columns of a query", content: good, model: "tables:\n  - {name: a, sql: select 1, columns: [{name: x}]}\n", rule: RuleColumns, warning: true},
		{name: "garbage", content: []byte("these are no rows"), rule: RuleParquet, text: "not a Parquet file"},
		{name: "nothing", content: nil, rule: RuleParquet, text: "0 bytes"},
		{name: "cut off", content: good[:len(good)-1], rule: RuleParquet},
		{name: "damaged", content: damaged, rule: RuleParquet, text: "damaged"},
	} {
		rows := export.Rows{RowCount: c.rows, Content: bytes.NewReader(c.content), Size: int64(len(c.content))}
		if c.model != "" {
			rows.Model = []byte(c.model)
		}
		problems, err := Check(t.Context(), rows)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.rule == "" && len(problems) > 0, c.rule != "" && len(problems) != 1:
			t.Errorf("%s: problems %v", c.name, problems)
		case c.rule != "" && (problems[0].Rule != c.rule || problems[0].Warning != c.warning || !strings.Contains(problems[0].Text, c.text)):
			t.Errorf("%s: %+v, want %s, %q", c.name, problems[0], c.rule, c.text)
		}
	}
}

func TestCheckListsFewColumns(t *testing.T) {
	content := two(t)
	model := "tables:\n  - name: a\n    columns:\n"
	for _, name := range strings.Split("a b c d e f g h i j", " ") {
		model += "      - {name: \"" + name + strings.Repeat("x", 1000) + "\\u001b\"}\n"
	}
	problems, err := Check(t.Context(), export.Rows{Model: []byte(model), Content: bytes.NewReader(content), Size: int64(len(content))})
	if err != nil || len(problems) != 1 {
		t.Fatal(problems, err)
	}
	if text := problems[0].Text; len(text) > 800 || !strings.Contains(text, "10 columns") || !strings.Contains(text, ", …") || strings.Contains(text, "\x1b") {
		t.Errorf("%d bytes: %q", len(text), text)
	}
}

func TestCheckWarnsOfUnsupportedColumns(t *testing.T) {
	root, err := parquetschema.NewGroupNode("schema", parquet.Repetitions.Required, parquetschema.FieldList{
		parquetschema.NewInt96Node("old", parquet.Repetitions.Optional, -1),
		parquetschema.NewInt64Node("id", parquet.Repetitions.Required, -1),
	}, -1)
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	w, err := file.NewParquetWriterWithError(struct{ io.Writer }{&content}, root)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	problems, err := Check(t.Context(), export.Rows{RowCount: count(0), Content: bytes.NewReader(content.Bytes()), Size: int64(content.Len())})
	if err != nil || len(problems) != 1 || problems[0].Rule != RuleUnsupported || !problems[0].Warning || !strings.Contains(problems[0].Text, `column "old"`) {
		t.Errorf("%v, %v", problems, err)
	}
}

type brokenDisk struct{}

func (brokenDisk) ReadAt([]byte, int64) (int, error) { return 0, io.ErrNoProgress }

func TestCheckTellsABrokenDiskFromBrokenRows(t *testing.T) {
	problems, err := Check(t.Context(), export.Rows{Content: brokenDisk{}, Size: 1000})
	if !errors.Is(err, io.ErrNoProgress) || problems != nil {
		t.Errorf("%v, %v", problems, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, export.Rows{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

var _ export.RowsCheck = Check

// Check never panics and never fails but for its reader, whatever the file.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"), []byte("tables: []"))
	f.Add([]byte("PAR1\x15\x00\x00\x01\x00\x00\x00PAR1"), []byte("tables: [{columns: [{name: a}]}]"))
	f.Fuzz(func(t *testing.T, content, model []byte) {
		problems, err := Check(t.Context(), export.Rows{Model: model, Content: bytes.NewReader(content), Size: int64(len(content))})
		if err != nil {
			t.Errorf("%v", err)
		}
		for _, p := range problems {
			if p.Rule == "" || p.Text == "" || p == (schema.Problem{}) {
				t.Errorf("empty problem %+v", p)
			}
		}
	})
}
