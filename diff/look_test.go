package diff

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

// lines shows the fields of every changed asset.
func lines(r *Result) []string {
	var out []string
	for _, c := range r.Changes {
		for _, f := range c.Fields {
			out = append(out, c.Kind+" "+c.Name+": "+f.String())
		}
		for _, e := range c.Entries {
			if e.Note != "" {
				out = append(out, c.Kind+" "+c.Name+": "+e.Note)
			}
		}
	}
	return out
}

// countBytes takes each byte of rows for a row.
func countBytes(_ context.Context, content io.Reader, _ int64) (*Rows, error) {
	b, err := io.ReadAll(content)
	if err != nil || string(b) == "garbage" {
		return nil, err
	}
	nulls := int64(strings.Count(string(b), "0"))
	return &Rows{Count: int64(len(b)), Columns: []Column{{Name: "id", Type: "int64"}, {Name: "n", Type: "string", Nulls: &nulls}}}, nil
}

func TestFieldsOfAssets(t *testing.T) {
	const folder = "workspaces/" + ws
	meta := folder + "/metadata.json"
	replace := func(path, old, new string) func(state) {
		return func(s state) {
			if !strings.Contains(s[path], old) {
				t.Fatalf("%q is not in %s", old, path)
			}
			s[path] = strings.Replace(s[path], old, new, 1)
		}
	}
	for _, c := range []struct {
		name   string
		change func(state)
		opts   Options
		want   []string
	}{
		{"the workspace", replace(meta, `"Sales"`, `"Sale", "description": "x"`), Options{},
			[]string{"workspace Sale: metadata: workspace.name Sales → Sale", "workspace Sale: metadata: workspace.description added: x"}},
		{"a record", replace(meta, `"name": "Orders"`, `"name": "Orders", "row_count": 7`), Options{},
			[]string{"workspace Sales: records", "dataset Orders: record: record row_count added: 7"}},
		{"the order of records", replace(meta, `{"id": "`+d1+`", "name": "Orders"}, {"id": "`+d2+`", "name": "Returns"}`, `{"id": "`+d2+`", "name": "Returns"}, {"id": "`+d1+`", "name": "Orders"}`), Options{},
			[]string{"workspace Sales: metadata: datasets in another order"}},
		{"spelling", replace(folder+"/reports/"+r1+".json", `{"name": "Revenue"}`, `{ "name":"Revenue" }`), Options{}, []string{"report Revenue: formatting"}},
		{"a comment", replace(folder+"/datasets/"+d1+"/model.yaml", "\n", " # ours\n"), Options{}, []string{"dataset Orders: formatting"}},
		{"a model", replace(folder+"/datasets/"+d1+"/model.yaml", "orders", "order"), Options{}, []string{"dataset Orders: model: dataset orders → order"}},
		{"broken", replace(folder+"/datasets/"+d1+"/model.yaml", "orders", "[orders"), Options{}, []string{"dataset Orders: unread"}},
		{"a file", replace(folder+"/files/"+f1, "b", "c"), Options{}, nil},
		{"an extension", replace("extensions/com.example/flags.json", "{}", `{"on": true}`), Options{}, []string{`extension : extension: on added: true`}},
		{"rows", replace(folder+"/datasets/"+d1+"/rows.parquet", "rows", "rows0"), Options{Selection: tenant.Selection{Rows: true}, Rows: countBytes},
			[]string{`dataset Orders: rows: column "n": nulls 0 → 1`, "dataset Orders: rows: rows 4 → 5"}},
		{"values of rows", replace(folder+"/datasets/"+d1+"/rows.parquet", "rows", "sows"), Options{Selection: tenant.Selection{Rows: true}, Rows: countBytes}, []string{"dataset Orders: values"}},
		{"rows unread", replace(folder+"/datasets/"+d1+"/rows.parquet", "rows", "garbage"), Options{Selection: tenant.Selection{Rows: true}, Rows: countBytes}, []string{"dataset Orders: unread"}},
		{"rows without a reader", replace(folder+"/datasets/"+d1+"/rows.parquet", "rows", "s"), Options{Selection: tenant.Selection{Rows: true}}, []string{"dataset Orders: unread"}},
		{"rows gone", func(s state) { delete(s, folder+"/datasets/"+d1+"/rows.parquet") }, Options{Selection: tenant.Selection{Rows: true}}, []string{"dataset Orders: rows: rows removed"}},
		{"nothing asked", replace(meta, `"Sales"`, `"Sale"`), Options{Fields: -1}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := maps.Clone(sample())
			c.change(after)
			r := compare(t, sample(), after, c.opts)
			if r.Same() || !slices.Equal(lines(r), c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(lines(r), "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestFieldsAsJSON(t *testing.T) {
	after := sample()
	path := "workspaces/" + ws + "/reports/" + r1 + ".json"
	after[path] = `{"name": "Umsatz", "pages": [{"id": "p1"}]}`
	r := compare(t, sample(), after, Options{Fields: 1})
	got, err := json.Marshal(r.Changes[0].Fields)
	want := `[{"document":"report","path":"/name","op":"changed","was":"Revenue","is":"Umsatz","field":"name"}]`
	if err != nil || string(got) != want || r.Changes[0].MoreFields != 1 {
		t.Errorf("%s and %d more, %v; want %s", got, r.Changes[0].MoreFields, err, want)
	}
}

func TestRowsThatCannotBeRead(t *testing.T) {
	after := sample()
	after["workspaces/"+ws+"/datasets/"+d1+"/rows.parquet"] = "other"
	broken := errors.New("disk broke")
	_, err := Compare(t.Context(), sample(), after, Options{
		Selection: tenant.Selection{Rows: true},
		Rows:      func(context.Context, io.Reader, int64) (*Rows, error) { return nil, broken },
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "rows.parquet") {
		t.Errorf("%v", err)
	}
}
