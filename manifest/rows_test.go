package manifest

import (
	"reflect"
	"strings"
	"testing"
)

func TestRowStatisticsSurvive(t *testing.T) {
	for _, text := range []string{
		`{"count": 0}`,
		`{"count": 18234411, "schema": "id int64 not null, \"unit price\" decimal(12,2)", "nulls": [0, null]}`,
		`{"count": 2, "schema": "id int64", "later": {"x": [1]}}`,
	} {
		var e Entry
		if err := e.decodeRows([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := e.Rows.Check(); err != nil {
			t.Error(err)
		}
		var again Entry
		if err := again.decodeRows([]byte(e.Rows.object())); err != nil || !reflect.DeepEqual(e, again) {
			t.Errorf("%s became %s, %v", text, e.Rows.object(), err)
		}
		if e.Rows.object() != text {
			t.Errorf("%s is written as %s", text, e.Rows.object())
		}
	}
}

func TestRowStatisticsAreRefused(t *testing.T) {
	const path = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/datasets/2a5e562b-ab37-1b9b-1de3-1be4335c8e83/rows.parquet"
	for _, c := range []struct{ text, path, says string }{
		{`[]`, path, "not an object"},
		{`{}`, path, "is missing"},
		{`{"count": "1"}`, path, "not a whole number"},
		{`{"count": 1, "Count": 2}`, path, "only in case"},
		{`{"count": 1, "schema": ""}`, path, "leave the member out"},
		{`{"count": 1, "schema": 1}`, path, "not a string"},
		{`{"count": 1, "schema": "a\u0007 int8"}`, path, "control character"},
		{`{"count": 1, "schema": "` + strings.Repeat("a", MaxRowsSchema+1) + `"}`, path, "at most 65536"},
		{`{"count": 1, "nulls": [1]}`, path, "that no schema names"},
		{`{"count": 1, "schema": "a int8", "nulls": 1}`, path, "not a list"},
		{`{"count": 1, "schema": "a int8", "nulls": []}`, path, "want 1 to 4096"},
		{`{"count": 1, "schema": "a int8", "nulls": [1.5]}`, path, "not a whole number"},
		{`{"count": 1}`, "audit/events.ndjson", "holds no rows"},
	} {
		e := Entry{Path: c.path}
		err := e.decodeRows([]byte(c.text))
		if err == nil {
			err = e.checkRows()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60s: %v, want %q", c.text, err, c.says)
		}
	}
}
