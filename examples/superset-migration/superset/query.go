package superset

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A query is a visual's question, as the report schema states it.
type query struct {
	Dataset    string   `json:"dataset"`
	Dimensions []any    `json:"dimensions,omitempty"` // dimension, or the id alone
	Measures   []any    `json:"measures,omitempty"`   // *measure, or the id of a saved one
	Filters    []filter `json:"filters,omitempty"`
	Order      []order  `json:"order,omitempty"`
	Limit      int64    `json:"limit,omitzero"`
}

type dimension struct {
	ID    string `json:"id"`
	Grain string `json:"grain,omitempty"`
}

type measure struct {
	ID     string `json:"id,omitempty"`
	Label  string `json:"label,omitempty"`
	Type   string `json:"type"`
	Column string `json:"column,omitempty"`
	SQL    string `json:"sql,omitempty"`
}

type order struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

// A note says that something of a chart is not in its query.
type note struct {
	reason string // one of those below: notes are counted by it
	detail string // what it is
}

// Why a query does not say all that its chart does.
const (
	noDataset     = "the bundle does not have the charts' dataset"
	noType        = "charts of this type have no query here"
	noDimension   = "a dimension is SQL, or not in the dataset"
	noMeasure     = "a measure cannot be expressed, or is not in the dataset"
	noGrain       = "queries here have no such time grain"
	noCondition   = "a filter cannot be expressed, or is not on a column of the dataset"
	noTimeRange   = "queries here have no time ranges relative to the present"
	noOrder       = "a sort key is not in the query"
	noPercentages = "queries here have no percentages of the total"
	noSeriesLimit = "queries here do not limit the number of series"
	noWindow      = "queries here have no rolling windows and no resampling"
	noComparison  = "queries here do not compare with another time"
	noAnnotation  = "queries here have no annotations"
)

// A translation is a chart on its way to becoming a query.
type translation struct {
	model  *model
	params parameters
	query  query
	notes  []note
}

// translate expresses a chart as a query against its dataset, as far as
// queries can. The notes say what is not expressed. The query is nil when the
// chart's type is unknown: a wrong query would be worse than none.
func translate(chart *chartDocument, m *model) (*query, []note) {
	t := &translation{model: m, params: chart.Params, query: query{Dataset: m.uuid}}
	kind, known := chartTypes[chart.VizType]
	if !known {
		t.note(noType, "charts of type %q have no query here", chart.VizType)
		return nil, t.notes
	}
	if chart.VizType == "table" && chart.Params.text("query_mode") == "raw" {
		kind = chartType{dimensions: []string{"all_columns"}}
	}
	if kind.temporal {
		t.timeAxis()
	}
	for _, name := range kind.dimensions {
		for _, value := range t.params.list(name) {
			t.dimension(name, value)
		}
	}
	for _, name := range kind.measures {
		for _, value := range t.params.list(name) {
			t.measure(name, value)
		}
	}
	t.timeRange()
	for _, value := range t.params.list("adhoc_filters") {
		t.filter(value)
	}
	t.order(chart.VizType)
	t.query.Limit = t.params.count("row_limit")
	t.noteTheRest()
	return &t.query, t.notes
}

func (t *translation) note(reason, format string, args ...any) {
	t.notes = append(t.notes, note{reason: reason, detail: fmt.Sprintf(format, args...)})
}

func (t *translation) grain() string {
	name := t.params.text("time_grain_sqla")
	if name != "" && grains[name] == "" {
		t.note(noGrain, "the time grain %s", name)
	}
	return grains[name]
}

func (t *translation) timeAxis() {
	column := t.params.text("granularity_sqla")
	if len(t.params.list("x_axis")) > 0 || column == "" {
		return
	}
	if t.model.fields[column] == nil {
		t.note(noDimension, "the time column %s, which the dataset does not have", column)
		return
	}
	t.group(column, t.grain())
}

// dimension adds what the query is grouped by: the name of a column, or, which
// queries here cannot express, a piece of SQL.
func (t *translation) dimension(param string, value jsontext.Value) {
	var column string
	if json.Unmarshal(value, &column) != nil {
		t.note(noDimension, "a dimension in %s that is SQL: %s", param, label(value))
		return
	}
	field := t.model.fields[column]
	if field == nil {
		t.note(noDimension, "the dimension %s, which the dataset does not have", column)
		return
	}
	grain := ""
	if field.Temporal && (param == "x_axis" || t.hasGrain(column)) {
		grain = t.grain()
	}
	t.group(column, grain)
}

// hasGrain reports whether the chart rounds the column wherever it stands.
func (t *translation) hasGrain(column string) bool {
	var columns parameters
	return json.Unmarshal(t.params["temporal_columns_lookup"], &columns) == nil && columns.flag(column)
}

func (t *translation) group(column, grain string) {
	for _, d := range t.query.Dimensions {
		if d == any(column) || d == any(dimension{column, grain}) {
			return
		}
	}
	if grain == "" {
		t.query.Dimensions = append(t.query.Dimensions, column)
	} else {
		t.query.Dimensions = append(t.query.Dimensions, dimension{column, grain})
	}
}

// measure adds a number: the name of a saved metric, or one that was made up
// in the chart.
func (t *translation) measure(param string, value jsontext.Value) {
	if m := t.measureOf(param, value); m != nil {
		t.query.Measures = append(t.query.Measures, m)
	}
}

func (t *translation) measureOf(param string, value jsontext.Value) any {
	var saved string
	if json.Unmarshal(value, &saved) == nil {
		if t.model.metrics[saved] == nil {
			t.note(noMeasure, "the metric %s in %s, which the dataset does not have", saved, param)
			return nil
		}
		return saved
	}
	var m struct {
		Type      string         `json:"expressionType"`
		Label     string         `json:"label"`
		Aggregate string         `json:"aggregate"`
		Column    columnDocument `json:"column"`
		SQL       string         `json:"sqlExpression"`
	}
	if json.Unmarshal(value, &m) != nil {
		t.note(noMeasure, "a metric in %s that cannot be read", param)
		return nil
	}
	m.Label = shorten(m.Label, maxName)
	if m.Type == "SQL" && m.SQL != "" {
		return &measure{Label: m.Label, Type: "sql", SQL: tidy(m.SQL)}
	}
	typ, known := aggregates[m.Aggregate]
	field := t.model.fields[m.Column.Name]
	switch {
	case m.Type != "SIMPLE" || !known || m.Column.Name == "":
	case field != nil && field.Expression != "":
		return &measure{Label: m.Label, Type: "sql", SQL: call(typ, tidy(field.Expression))}
	case t.model.columns[m.Column.Name] != nil:
		return &measure{Label: m.Label, Type: typ, Column: t.model.column(m.Column.Name)}
	}
	t.note(noMeasure, "the metric %s in %s", label(value), param)
	return nil
}

// call writes an aggregate in SQL.
func call(typ, argument string) string {
	if typ == "count_distinct" {
		return "COUNT(DISTINCT " + argument + ")"
	}
	return strings.ToUpper(typ) + "(" + argument + ")"
}

// order sorts as the chart does. Tables sort by their first metric, biggest
// first, unless they say otherwise.
func (t *translation) order(vizType string) {
	if vizType == "table" && t.params.text("query_mode") == "raw" {
		for _, value := range t.params.list("order_by_cols") {
			t.orderByColumn(value)
		}
		return
	}
	direction := "asc"
	if t.params.flag("order_desc") || t.params["order_desc"] == nil {
		direction = "desc"
	}
	if by := t.params.list("timeseries_limit_metric"); len(by) > 0 {
		t.orderByMeasure(t.measureOf("timeseries_limit_metric", by[0]), direction)
		return
	}
	if len(t.query.Measures) > 0 && (vizType == "table" || t.params.flag("sort_by_metric")) {
		t.orderByMeasure(t.query.Measures[0], "desc")
	}
}

// orderByColumn reads one of a raw table's sort keys: a JSON list, in a text,
// of the column's name and whether it ascends.
func (t *translation) orderByColumn(value jsontext.Value) {
	var text string
	var key []any
	if json.Unmarshal(value, &text) != nil || json.Unmarshal([]byte(text), &key) != nil || len(key) != 2 {
		t.note(noOrder, "a sort key that cannot be read")
		return
	}
	column, _ := key[0].(string)
	if t.model.fields[column] == nil {
		t.note(noOrder, "the sort key %s, which the dataset does not have", column)
		return
	}
	direction := "desc"
	if key[1] == true {
		direction = "asc"
	}
	t.query.Order = append(t.query.Order, order{column, direction})
}

// orderByMeasure sorts by a measure of the query. One that is written inline
// gets an id to be named by.
func (t *translation) orderByMeasure(by any, direction string) {
	switch m := by.(type) {
	case string:
		t.query.Order = append(t.query.Order, order{m, direction})
	case *measure:
		at := t.find(m)
		if at == nil {
			t.note(noOrder, "sorting by %s, which the chart does not show", m.Label)
			return
		}
		if at.ID == "" {
			at.ID = t.unusedID(at)
		}
		t.query.Order = append(t.query.Order, order{at.ID, direction})
	}
}

// find returns the measure of the query that computes what m does.
func (t *translation) find(m *measure) *measure {
	for _, shown := range t.query.Measures {
		if s, ok := shown.(*measure); ok && s.Type == m.Type && s.Column == m.Column && s.SQL == m.SQL {
			return s
		}
	}
	return nil
}

func (t *translation) unusedID(m *measure) string {
	id := m.Label
	if id == "" {
		id = m.Type
	}
	for n := 2; t.model.fields[id] != nil || t.model.metrics[id] != nil; n++ {
		id = fmt.Sprintf("%s %d", m.Label, n)
	}
	return id
}

func (t *translation) noteTheRest() {
	for _, u := range unexpressed {
		switch value := t.params[u.param]; string(value) {
		case "", "null", "false", "0", `""`, `"None"`, `"0"`, "[]", "{}":
		default:
			t.note(u.reason, "%s: %s", u.param, shorten(string(value), maxQuoted))
		}
	}
}

// label returns what people call an ad-hoc metric or column.
func label(value jsontext.Value) string {
	var named struct {
		Label string `json:"label"`
	}
	if json.Unmarshal(value, &named) != nil || named.Label == "" {
		return shorten(string(value), maxQuoted)
	}
	return named.Label
}

// Limits of texts, in characters.
const (
	maxQuoted = 80  // what a note quotes
	maxName   = 256 // names and labels in an archive's documents; originals may be longer
)

// shorten cuts s to at most max characters.
func shorten(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	return string([]rune(s)[:max-1]) + "…"
}
