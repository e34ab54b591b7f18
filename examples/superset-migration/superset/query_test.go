package superset

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// sales is the dataset that the charts of these tests look at.
var sales = newModel(datasetDocument{
	UUID:      "5e7a0000-0000-4000-8000-000000000001",
	TableName: "sales",
	Columns: []columnDocument{
		{Name: "sold_at", Type: "TIMESTAMP", Temporal: true, GroupBy: true},
		{Name: "line", Type: "TEXT", GroupBy: true},
		{Name: "city", Type: "TEXT", GroupBy: true},
		{Name: "net", Type: "DOUBLE PRECISION", GroupBy: true},
		{Name: "raw", Type: "TEXT"}, // neither grouped nor filtered by
		{Name: "big", Expression: "net > 100", GroupBy: true},
	},
	Metrics: []metricDocument{{Name: "count", Expression: "COUNT(*)"}, {Name: "line count", Expression: "COUNT(line)"}},
})

const sumOfNet = `{"expressionType": "SIMPLE", "aggregate": "SUM", "column": {"column_name": "net"}, "label": "Net"}`

func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		name, viz, params string
		want              string // the query without its dataset
		notes             string // what they say, joined with "; "
	}{
		{"one group", "pie", `{"groupby": ["line"], "metric": "count", "row_limit": 50}`,
			`{"dimensions":["line"],"measures":["count"],"limit":50}`, ""},
		{"a text in place of a list", "chord", `{"groupby": "line", "columns": "city", "metric": "count"}`,
			`{"dimensions":["line","city"],"measures":["count"]}`, ""},
		{"a limit that is a text", "pie", `{"groupby": ["line"], "row_limit": "15"}`, `{"dimensions":["line"],"limit":15}`, ""},
		{"no limit", "pie", `{"groupby": ["line"], "row_limit": null}`, `{"dimensions":["line"]}`, ""},
		{"time axis", "line", `{"granularity_sqla": "sold_at", "time_grain_sqla": "P3M", "groupby": ["line"], "metrics": ["count"]}`,
			`{"dimensions":[{"id":"sold_at","grain":"quarter"},"line"],"measures":["count"]}`, ""},
		{"time axis without a grain", "area", `{"granularity_sqla": "sold_at", "metrics": ["count"]}`,
			`{"dimensions":["sold_at"],"measures":["count"]}`, ""},
		{"a grain that no query has", "bar", `{"granularity_sqla": "sold_at", "time_grain_sqla": "PT5M"}`,
			`{"dimensions":["sold_at"]}`, "the time grain PT5M"},
		{"generic axis", "echarts_timeseries_bar", `{"x_axis": "city", "granularity_sqla": "sold_at", "time_grain_sqla": "P1D", "metrics": ["count"]}`,
			`{"dimensions":["city"],"measures":["count"]}`, ""},
		{"rounded where it is grouped by", "pivot_table_v2", `{"groupbyRows": ["sold_at"], "groupbyColumns": ["line"], "time_grain_sqla": "P1Y", "temporal_columns_lookup": {"sold_at": true}, "metrics": ["count"]}`,
			`{"dimensions":[{"id":"sold_at","grain":"year"},"line"],"measures":["count"]}`, ""},
		{"no axis where the chart has none", "pie", `{"granularity_sqla": "sold_at", "time_grain_sqla": "P1D", "groupby": ["line"]}`,
			`{"dimensions":["line"]}`, ""},
		{"parameters of other types do not count", "big_number_total", `{"metric": "count", "groupby": ["line"], "metrics": ["line count"]}`,
			`{"measures":["count"]}`, ""},
		{"a column twice", "heatmap", `{"all_columns_x": "line", "all_columns_y": "line", "metric": "count"}`,
			`{"dimensions":["line"],"measures":["count"]}`, ""},
		{"measures made up in the chart", "table", `{"metrics": [` + sumOfNet + `, {"expressionType": "SQL", "sqlExpression": "SUM(a)/2 ", "label": "Half"}]}`,
			`{"measures":[{"id":"Net","label":"Net","type":"sum","column":"sales.net"},{"label":"Half","type":"sql","sql":"SUM(a)/2"}],"order":[{"field":"Net","direction":"desc"}]}`, ""},
		{"the aggregate of a calculated column", "pie", `{"metric": {"expressionType": "SIMPLE", "aggregate": "COUNT_DISTINCT", "column": {"column_name": "big"}, "label": "B"}}`,
			`{"measures":[{"label":"B","type":"sql","sql":"COUNT(DISTINCT net > 100)"}]}`, ""},
		{"an id that is taken", "table", `{"metrics": [{"expressionType": "SIMPLE", "aggregate": "MAX", "column": {"column_name": "raw"}, "label": "count"}]}`,
			`{"measures":[{"id":"count 2","label":"count","type":"max","column":"sales.raw"}],"order":[{"field":"count 2","direction":"desc"}]}`, ""},
		{"what the dataset does not have", "pie", `{"groupby": ["gone", {"expressionType": "SQL", "sqlExpression": "x", "label": "X"}, "raw"], "metric": "gone"}`,
			`{}`, "the dimension gone, which the dataset does not have; a dimension in groupby that is SQL: X; the dimension raw, which the dataset does not have; the metric gone in metric, which the dataset does not have"},
		{"a measure of another kind", "pie", `{"metric": {"expressionType": "SIMPLE", "aggregate": "MEDIAN", "column": {"column_name": "net"}, "label": "M"}}`, `{}`, "the metric M in metric"},
		{"raw table", "table", `{"query_mode": "raw", "all_columns": ["line", "net"], "metrics": ["count"], "groupby": ["city"], "order_by_cols": ["[\"net\", false]", "[\"line\", true]", "[\"gone\", true]", "x"]}`,
			`{"dimensions":["line","net"],"order":[{"field":"net","direction":"desc"},{"field":"line","direction":"asc"}]}`, "the sort key gone, which the dataset does not have; a sort key that cannot be read"},
		{"sorted by a saved metric", "dist_bar", `{"groupby": ["line"], "metrics": ["count"], "timeseries_limit_metric": "count", "order_desc": false}`,
			`{"dimensions":["line"],"measures":["count"],"order":[{"field":"count","direction":"asc"}]}`, ""},
		{"sorted by a metric that is not shown", "dist_bar", `{"groupby": ["line"], "metrics": ["count"], "timeseries_limit_metric": ` + sumOfNet + `}`,
			`{"dimensions":["line"],"measures":["count"]}`, "sorting by Net, which the chart does not show"},
		{"sort_by_metric", "pie", `{"groupby": ["line"], "metric": ` + sumOfNet + `, "sort_by_metric": true}`,
			`{"dimensions":["line"],"measures":[{"id":"Net","label":"Net","type":"sum","column":"sales.net"}],"order":[{"field":"Net","direction":"desc"}]}`, ""},
		{"what queries have no words for", "pie", `{"groupby": ["line"], "rolling_type": "None", "contribution": true, "limit": 0, "time_compare": ["1 week"], "annotation_layers": []}`,
			`{"dimensions":["line"]}`, "contribution: true; time_compare: [\"1 week\"]"},
		{"an unknown type", "deck_arc", `{"metric": "count"}`, `null`, `charts of type "deck_arc" have no query here`},
	} {
		t.Run(c.name, func(t *testing.T) { checkTranslation(t, c.viz, c.params, c.want, c.notes) })
	}
}

func checkTranslation(t *testing.T, viz, params, want, notes string) {
	t.Helper()
	chart := chartDocument{VizType: viz}
	if err := json.Unmarshal([]byte(params), &chart.Params); err != nil {
		t.Fatal(err)
	}
	q, got := translate(&chart, sales)
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(strings.Replace(string(text), `"dataset":"`+sales.uuid+`",`, "", 1), `"dataset":"`+sales.uuid+`"`, "", 1))
	if string(text) != want {
		t.Errorf("query %s\nwant  %s", text, want)
	}
	var details []string
	for _, n := range got {
		details = append(details, n.detail)
	}
	if said := strings.Join(details, "; "); said != notes {
		t.Errorf("notes %s\nwant  %s", said, notes)
	}
}

func TestFilters(t *testing.T) {
	simple := func(subject, operator, comparator string) string {
		return `{"adhoc_filters": [{"expressionType": "SIMPLE", "clause": "WHERE", "subject": "` + subject + `", "operator": "` + operator + `", "comparator": ` + comparator + `}]}`
	}
	for _, c := range []struct{ params, want, notes string }{
		{simple("line", "==", `"Planes"`), `{"filters":[{"field":"line","op":"=","value":"Planes"}]}`, ""},
		{simple("line", "==", `"1"`), `{"filters":[{"field":"line","op":"=","value":"1"}]}`, ""},
		{simple("net", "<=", `"100.50"`), `{"filters":[{"field":"net","op":"<=","value":100.50}]}`, ""},
		{simple("net", ">", `7`), `{"filters":[{"field":"net","op":">","value":7}]}`, ""},
		{simple("net", ">", `"a lot"`), `{"filters":[{"field":"net","op":">","value":"a lot"}]}`, ""},
		{simple("net", "IN", `["1", 2.5, "<empty string>"]`), `{"filters":[{"field":"net","op":"in","value":[1,2.5,""]}]}`, ""},
		{simple("line", "NOT IN", `["a", "b"]`), `{"filters":[{"field":"line","op":"not_in","value":["a","b"]}]}`, ""},
		{simple("line", "LIKE", `"%a%"`), `{"filters":[{"field":"line","op":"like","value":"%a%"}]}`, ""},
		{simple("line", "IS NOT NULL", `"left over"`), `{"filters":[{"field":"line","op":"is_not_null"}]}`, ""},
		{simple("line", "!=", `"<NULL>"`), `{"filters":[{"field":"line","op":"is_not_null"}]}`, ""},
		{simple("line", "!=", `"NULL"`), `{"filters":[{"field":"line","op":"!=","value":"NULL"}]}`, ""}, // the word itself
		{simple("line", "==", `null`), `{}`, "the filter on line, which compares with nothing"},
		{simple("gone", "==", `1`), `{}`, "the filter on gone, which the dataset does not have"},
		{simple("line", "REGEX", `"a"`), `{}`, "the filter on line with the operator REGEX"},
		{simple("sold_at", "TEMPORAL_RANGE", `"No filter"`), `{}`, ""},
		{simple("sold_at", "TEMPORAL_RANGE", `"2020-01-01 : "`), `{"filters":[{"field":"sold_at","op":">=","value":"2020-01-01"}]}`, ""},
		{simple("sold_at", "TEMPORAL_RANGE", `"Last week"`), `{}`, "the time range Last week"},
		{`{"adhoc_filters": [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": "a > b"}]}`, `{}`, "the filter a > b"},
		{`{"adhoc_filters": [{"expressionType": "SIMPLE", "clause": "HAVING", "subject": "count", "operator": ">", "comparator": 1}]}`, `{}`, "the filter on count"},
		{`{"granularity_sqla": "sold_at", "time_range": "2003-01-01T00:00:00 : 2005-06-01T00:00:00"}`,
			`{"filters":[{"field":"sold_at","op":">=","value":"2003-01-01T00:00:00"},{"field":"sold_at","op":"<","value":"2005-06-01T00:00:00"}]}`, ""},
		{`{"granularity_sqla": "sold_at", "since": "100 years ago", "until": "now"}`, `{}`, "the time range 100 years ago : now"},
		{`{"time_range": "2003-01-01 : 2005-06-01"}`, `{}`, "the time range 2003-01-01 : 2005-06-01"},
	} {
		t.Run(c.params, func(t *testing.T) { checkTranslation(t, "big_number_total", c.params, c.want, c.notes) })
	}
}
