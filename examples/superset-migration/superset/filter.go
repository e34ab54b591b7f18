package superset

import (
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A filter is a condition, as the report schema states it.
type filter struct {
	Field string         `json:"field"`
	Op    string         `json:"op"`
	Value jsontext.Value `json:"value,omitempty"`
}

// operators are Superset's, and what they are called in reports.
var operators = map[string]string{
	"==":          "=",
	"!=":          "!=",
	"<":           "<",
	"<=":          "<=",
	">":           ">",
	">=":          ">=",
	"IN":          "in",
	"NOT IN":      "not_in",
	"LIKE":        "like",
	"ILIKE":       "ilike",
	"IS NULL":     "is_null",
	"IS NOT NULL": "is_not_null",
	"IS TRUE":     "is_true",
	"IS FALSE":    "is_false",
}

// filter adds one of the chart's conditions, if it is one on a column.
func (t *translation) filter(value jsontext.Value) {
	var f struct {
		Type       string         `json:"expressionType"`
		Clause     string         `json:"clause"`
		Subject    string         `json:"subject"`
		Operator   string         `json:"operator"`
		Comparator jsontext.Value `json:"comparator"`
		SQL        string         `json:"sqlExpression"`
	}
	if json.Unmarshal(value, &f) != nil {
		t.note(noCondition, "a filter that cannot be read")
		return
	}
	field := t.model.fields[f.Subject]
	op, known := operators[f.Operator]
	switch {
	case f.Type == "SQL":
		t.note(noCondition, "the filter %s", shorten(f.SQL))
	case f.Clause == "HAVING":
		t.note(noCondition, "the filter on %s", f.Subject)
	case field == nil:
		t.note(noCondition, "the filter on %s, which the dataset does not have", f.Subject)
	case f.Operator == "TEMPORAL_RANGE":
		var text string
		_ = json.Unmarshal(f.Comparator, &text) // anything but a text is no range
		t.between(f.Subject, text)
	case !known:
		t.note(noCondition, "the filter on %s with the operator %s", f.Subject, f.Operator)
	default:
		t.compare(field, op, f.Comparator)
	}
}

// compare adds a condition. Superset keeps what is compared with as text, and
// reads it according to the column's type; so is it here. Two texts have a
// meaning of their own.
func (t *translation) compare(field *columnDocument, op string, value jsontext.Value) {
	c := filter{Field: field.Name, Op: op}
	switch {
	case strings.HasPrefix(op, "is_"):
	case value.Kind() == '[':
		list := []jsontext.Value{}
		for _, element := range (parameters{"": value}).list("") {
			list = append(list, literal(field, element))
		}
		c.Value, _ = json.Marshal(list)
	case string(value) == `"<NULL>"` && op == "=":
		c.Op = "is_null"
	case string(value) == `"<NULL>"` && op == "!=":
		c.Op = "is_not_null"
	case value == nil || value.Kind() == 'n':
		t.note(noCondition, "the filter on %s, which compares with nothing", field.Name)
		return
	default:
		c.Value = literal(field, value)
	}
	t.query.Filters = append(t.query.Filters, c)
}

// literal turns a text into a number where the column holds numbers.
func literal(field *columnDocument, value jsontext.Value) jsontext.Value {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return value
	}
	if text == "<empty string>" {
		return jsontext.Value(`""`)
	}
	switch field.kind() {
	case "integer", "number", "decimal":
		if text = strings.TrimSpace(text); jsontext.Value(text).Kind() == '0' && jsontext.Value(text).IsValid() {
			return jsontext.Value(text)
		}
	}
	return value
}

// timeRange adds the chart's time range, which is one on granularity_sqla.
func (t *translation) timeRange() {
	column := t.params.text("granularity_sqla")
	since, until := t.params.text("since"), t.params.text("until")
	switch text := t.params.text("time_range"); {
	case text == "" && (since != "" || until != ""):
		t.between(column, since+" : "+until)
	default:
		t.between(column, text)
	}
}

// moment matches the absolute times that Superset writes.
var moment = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?)?$`)

// between adds the conditions of a time range: its begin counts, its end does
// not. Ranges relative to the present have no words here.
func (t *translation) between(column, text string) {
	if text == "" || text == "No filter" {
		return
	}
	since, until, ok := strings.Cut(text, " : ")
	since, until = strings.TrimSpace(since), strings.TrimSpace(until)
	absolute := ok && (since == "" || moment.MatchString(since)) && (until == "" || moment.MatchString(until))
	if !absolute || t.model.fields[column] == nil {
		t.note(noTimeRange, "the time range %s", shorten(text))
		return
	}
	for _, bound := range []struct{ op, at string }{{">=", since}, {"<", until}} {
		if bound.at != "" {
			t.query.Filters = append(t.query.Filters, filter{Field: column, Op: bound.op, Value: jsontext.Value(`"` + bound.at + `"`)})
		}
	}
}
