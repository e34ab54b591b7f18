package superset

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A model is what a dataset's semantic model is written from, and what the
// queries of charts are expressed in.
type model struct {
	doc     datasetDocument
	uuid    string
	table   string                     // the one table that a Superset dataset has
	columns map[string]*columnDocument // that the table really has, by name
	fields  map[string]*columnDocument // dimensions by id, which is the column's name
	metrics map[string]*metricDocument // saved metrics by id, which is the metric's name
}

// newModel reads the dataset's definition.
func newModel(doc datasetDocument) *model {
	m := &model{
		doc:     doc,
		uuid:    doc.UUID,
		table:   doc.TableName,
		columns: map[string]*columnDocument{},
		fields:  map[string]*columnDocument{},
		metrics: map[string]*metricDocument{},
	}
	if strings.Contains(m.table, ".") {
		m.table = identifier(m.table) // columns are written table.column
	}
	for i := range doc.Columns {
		c := &doc.Columns[i]
		if c.Expression == "" {
			m.columns[c.Name] = c
		}
		// A calculated column may bear the name of the column that it is made
		// from; queries then mean the calculated one.
		if _, known := m.fields[c.Name]; c.isDimension() && (!known || c.Expression != "") {
			m.fields[c.Name] = c
		}
	}
	for i := range doc.Metrics {
		m.metrics[doc.Metrics[i].Name] = &doc.Metrics[i]
	}
	return m
}

func (c *columnDocument) isDimension() bool { return c.GroupBy || c.Filterable || c.Temporal }

// column writes the name as models do: table.column.
func (m *model) column(name string) string { return m.table + "." + name }

// yaml writes the model. from is the path of the dataset in the bundle, and
// connection the one that its database became.
func (m *model) yaml(from string, connection connection) []byte {
	comment := fmt.Sprintf("Made from %s, a dataset of Apache Superset.\n", printable(from))
	return yamlText(comment, mapping{
		{"dataset", m.doc.TableName},
		{"version", plain("1")},
		{"description", m.doc.Description},
		{"source", mapping{{"type", connection.Type}, {"ref", connection.Name}}},
		{"tables", []any{m.tableYAML()}},
		{"dimensions", m.dimensionsYAML()},
		{"measures", m.measuresYAML()},
		{"extensions", mapping{{vendor, m.settings()}}},
	})
}

func (m *model) tableYAML() mapping {
	var columns []any
	for i := range m.doc.Columns {
		c := &m.doc.Columns[i]
		if c != m.columns[c.Name] {
			continue
		}
		columns = append(columns, mapping{{"name", c.Name}, {"type", c.Type}, {"description", c.Description}})
	}
	t := mapping{
		{"name", m.table},
		{"catalog", m.doc.Catalog},
		{"schema", m.doc.Schema},
		{"sql", strings.TrimSpace(m.doc.SQL)},
		{"columns", columns},
	}
	if m.table != m.doc.TableName {
		t = slices.Insert(t, 1, member{"table", m.doc.TableName})
	}
	return t
}

func (m *model) dimensionsYAML() []any {
	var dimensions []any
	for i := range m.doc.Columns {
		c := &m.doc.Columns[i]
		if c != m.fields[c.Name] {
			continue
		}
		kind := c.kind()
		d := mapping{{"id", c.Name}, {"label", c.Label}}
		if c.Expression == "" {
			d = append(d, member{"column", m.column(c.Name)}, member{"type", kind}, member{"grains", c.grains(kind)})
		} else {
			d = append(d, member{"description", c.Description}, member{"type", kind}, member{"grains", c.grains(kind)}, member{"sql", tidy(c.Expression)})
		}
		dimensions = append(dimensions, d)
	}
	return dimensions
}

func (m *model) measuresYAML() []any {
	var measures []any
	for i := range m.doc.Metrics {
		d := &m.doc.Metrics[i]
		if d != m.metrics[d.Name] {
			continue
		}
		measure := mapping{{"id", d.Name}, {"label", d.Label}, {"description", d.Description}}
		typ, column, ok := aggregate(d.Expression)
		switch _, physical := m.columns[column]; {
		case ok && column == "":
			measure = append(measure, member{"type", typ})
		case ok && physical:
			measure = append(measure, member{"type", typ}, member{"column", m.column(column)})
		default:
			measure = append(measure, member{"type", "sql"}, member{"sql", tidy(d.Expression)})
		}
		measures = append(measures, measure)
	}
	return measures
}

// tidy drops the spaces that end lines, which no SQL needs.
func tidy(sql string) string {
	lines := strings.Split(strings.TrimSpace(sql), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return strings.Join(lines, "\n")
}

// types are the words that SQL types begin with, in the order in which they
// are looked for, and what values they mean.
var types = []struct {
	sql  *regexp.Regexp
	kind string
}{
	{regexp.MustCompile(`(?i)^(timestamp|datetime)`), "datetime"},
	{regexp.MustCompile(`(?i)^date`), "date"},
	{regexp.MustCompile(`(?i)^time`), "time"},
	{regexp.MustCompile(`(?i)^interval`), "duration"},
	{regexp.MustCompile(`(?i)^bool`), "boolean"},
	{regexp.MustCompile(`(?i)^(u?(tiny|small|medium|big|huge)?int(eger)?\d*|long(long)?|serial|bigserial)\b`), "integer"},
	{regexp.MustCompile(`(?i)^(numeric|decimal|money)`), "decimal"},
	{regexp.MustCompile(`(?i)^(double|float|real)`), "number"},
	{regexp.MustCompile(`(?i)^json`), "json"},
	{regexp.MustCompile(`(?i)^(geo|point|polygon)`), "geo"},
	{regexp.MustCompile(`(?i)(text|char|string|uuid|enum)`), "string"},
}

// kind returns the type of the column's values, in the words of models; empty
// when Superset does not say, or says something unheard of.
func (c *columnDocument) kind() string {
	for _, t := range types {
		if t.sql.MatchString(c.Type) {
			if c.Temporal && t.kind != "datetime" && t.kind != "time" {
				return "date" // a number or text that Superset reads as one
			}
			return t.kind
		}
	}
	if c.Temporal {
		return "datetime"
	}
	return ""
}

// grains returns the steps that the column may be rounded to.
func (c *columnDocument) grains(kind string) []any {
	if !c.Temporal {
		return nil
	}
	switch {
	case c.DateFormat == "%Y":
		return []any{"year"}
	case c.DateFormat == "%Y-%m":
		return []any{"month", "quarter", "year"}
	case kind == "time":
		return []any{"second", "minute", "hour"}
	case kind == "date":
		return []any{"day", "week", "month", "quarter", "year"}
	}
	return []any{"second", "minute", "hour", "day", "week", "month", "quarter", "year"}
}

// settings returns what the dataset says beyond the model: settings of
// Superset's own, less those that are not set.
func (m *model) settings() mapping {
	columns, metrics := mapping{}, mapping{}
	seen := map[string]bool{}
	for i := range m.doc.Columns {
		name := m.doc.Columns[i].Name
		if seen[name] {
			continue
		}
		seen[name] = true
		c := cmp.Or(m.fields[name], m.columns[name], &m.doc.Columns[i])
		rest := slices.DeleteFunc(set(c.Rest), func(s member) bool { return s.key == "is_active" && s.value == plain("true") })
		if c.DateFormat != "" {
			rest = append(rest, member{"python_date_format", c.DateFormat})
		}
		columns = append(columns, member{c.Name, rest})
	}
	for _, d := range m.doc.Metrics {
		metrics = append(metrics, member{d.Name, set(d.Rest)})
	}
	return append(set(m.doc.Rest), member{"columns", columns}, member{"metrics", metrics})
}

// set returns the members of an object that are set to something.
func set(object jsontext.Value) mapping {
	var kept mapping
	for name, value := range members(object) {
		switch string(value) {
		case "null", `""`, "[]", "{}":
		default:
			kept = append(kept, member{name, yamlValue(value)})
		}
	}
	return kept
}

// printable escapes what could leave the line that s is put on.
func printable(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
