package superset

import (
	"bytes"
	"iter"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/layout"
)

// A datasetDocument holds the members of a dataset's file that the model is
// made from; the rest are settings of Superset's own.
type datasetDocument struct {
	UUID         string           `json:"uuid"`
	DatabaseUUID string           `json:"database_uuid"`
	TableName    string           `json:"table_name"`
	Description  string           `json:"description"`
	Catalog      string           `json:"catalog"`
	Schema       string           `json:"schema"`
	SQL          string           `json:"sql"`
	Metrics      []metricDocument `json:"metrics"`
	Columns      []columnDocument `json:"columns"`
	Version      string           `json:"version"` // of the export format
	Rest         jsontext.Value   `json:",inline"` // everything else
}

type metricDocument struct {
	Name        string         `json:"metric_name"`
	Label       string         `json:"verbose_name"`
	Description string         `json:"description"`
	Expression  string         `json:"expression"`
	Rest        jsontext.Value `json:",inline"`
}

type columnDocument struct {
	Name        string         `json:"column_name"`
	Label       string         `json:"verbose_name"`
	Description string         `json:"description"`
	Type        string         `json:"type"`
	Expression  string         `json:"expression"` // of a calculated column
	Temporal    bool           `json:"is_dttm"`
	GroupBy     bool           `json:"groupby"`
	Filterable  bool           `json:"filterable"`
	DateFormat  string         `json:"python_date_format"`
	Rest        jsontext.Value `json:",inline"`
}

// A chartDocument is a chart's file. Its parameters depend on the chart's
// type, and their types on the version of Superset that saved them.
type chartDocument struct {
	UUID        string     `json:"uuid"`
	Name        string     `json:"slice_name"`
	Description string     `json:"description"`
	DatasetUUID string     `json:"dataset_uuid"`
	VizType     string     `json:"viz_type"`
	Params      parameters `json:"params"`
}

// A dashboardDocument is a dashboard's file. Its position maps keys to the
// components of its layout, and the key DASHBOARD_VERSION_KEY to a text.
type dashboardDocument struct {
	UUID        string                    `json:"uuid"`
	Title       string                    `json:"dashboard_title"`
	Description string                    `json:"description"`
	Position    map[string]jsontext.Value `json:"position"`
	Metadata    parameters                `json:"metadata"`
}

// A component is one node of a dashboard's layout.
type component struct {
	Type     string   `json:"type"` // ROOT, GRID, TABS, TAB, ROW, COLUMN, CHART, MARKDOWN, HEADER, DIVIDER…
	Children []string `json:"children"`
	Meta     struct {
		UUID     string  `json:"uuid"`              // CHART
		Name     string  `json:"sliceName"`         // CHART
		Override string  `json:"sliceNameOverride"` // CHART: its title on this dashboard
		Text     string  `json:"text"`              // TAB, HEADER
		Code     string  `json:"code"`              // MARKDOWN
		Width    float64 `json:"width"`             // in twelfths of the dashboard
		Height   float64 `json:"height"`            // in rows of 8 pixels
	} `json:"meta"`
}

// component returns the component with the key; one without a type when the
// layout has none that can be read.
func (d *dashboardDocument) component(key string) component {
	var c component
	if err := json.Unmarshal(d.Position[key], &c); err != nil {
		return component{}
	}
	return c
}

// filterDatasets returns the UUIDs of the datasets whose values the
// dashboard's native filters offer, each once, in order.
func (d *dashboardDocument) filterDatasets() []string {
	var filters []struct {
		Targets []struct {
			Dataset string `json:"datasetUuid"`
		} `json:"targets"`
	}
	if json.Unmarshal(d.Metadata["native_filter_configuration"], &filters) != nil {
		return nil
	}
	found := map[string]bool{}
	for _, f := range filters {
		for _, t := range f.Targets {
			if layout.IsUUID(t.Dataset) {
				found[t.Dataset] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// parameters are members whose types vary. The accessors return the zero
// value for what is absent, null, or of another type.
type parameters map[string]jsontext.Value

func (p parameters) text(name string) string {
	var s string
	if json.Unmarshal(p[name], &s) != nil {
		return ""
	}
	return s
}

func (p parameters) flag(name string) bool {
	var b bool
	return json.Unmarshal(p[name], &b) == nil && b
}

// list returns a parameter that is a list, or one value in place of a list.
func (p parameters) list(name string) []jsontext.Value {
	switch v := p[name]; v.Kind() {
	case '[':
		var elements []jsontext.Value
		if json.Unmarshal(v, &elements) != nil {
			return nil
		}
		return elements
	case '"':
		if p.text(name) != "" {
			return []jsontext.Value{v}
		}
	case '{':
		return []jsontext.Value{v}
	}
	return nil
}

// count returns a positive whole number, which older versions of Superset
// save as a text; 0 for anything else.
func (p parameters) count(name string) int64 {
	var n int64
	if json.Unmarshal(p[name], &n, json.StringifyNumbers(p[name].Kind() == '"')) != nil || n < 0 {
		return 0
	}
	return n
}

// members yields the members of a JSON object in their order; none of
// anything else.
func members(object jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		d := jsontext.NewDecoder(bytes.NewReader(object))
		if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
			return
		}
		for d.PeekKind() == '"' {
			name, err := d.ReadToken()
			if err != nil {
				return
			}
			key := name.String()
			value, err := d.ReadValue()
			if err != nil || !yield(key, value.Clone()) {
				return
			}
		}
	}
}
