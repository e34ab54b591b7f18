package schema

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

var (
	metadataName = layout.Name{Kind: layout.Metadata, Workspace: wsID}
	modelName    = layout.Name{Kind: layout.Model, Workspace: wsID, Asset: dsID}
	reportName   = layout.Name{Kind: layout.Report, Workspace: wsID, Asset: rpID}
	alertName    = layout.Name{Kind: layout.Alert, Workspace: wsID, Asset: alID}
)

func goodWorkspace() map[layout.Name][]byte {
	return map[layout.Name][]byte{
		metadataName: []byte(goodMetadata), modelName: []byte(goodModel), reportName: []byte(goodReport), alertName: []byte(goodAlert),
	}
}

func TestGoodWorkspace(t *testing.T) {
	if problems := CheckWorkspace(maps.All(goodWorkspace())); problems != nil {
		t.Errorf("problems %v", problems)
	}
	if problems := CheckWorkspace(maps.All(map[layout.Name][]byte{})); problems != nil {
		t.Errorf("an empty workspace has problems %v", problems)
	}
}

// TestOneFaultBetweenDocuments replaces one text of one document.
func TestOneFaultBetweenDocuments(t *testing.T) {
	for _, c := range []struct {
		name     layout.Name
		old, new string
		want     []string // of each problem, in order
	}{
		{metadataName, wsID, rp2ID, []string{"metadata.json: line 1: /workspace/id: the id \"" + rp2ID + "\" is not that of the path; want " + wsID + " (id-differs-from-path)"}},
		{reportName, `{"id": "` + rpID, `{"id": "` + rp2ID, []string{"/grants/0/resource/id: the workspace has no report", "(id-differs-from-path)", "/drill_to/report: the workspace has no report"}},
		{reportName, `"workspace": "` + wsID, `"workspace": "` + rp2ID, []string{"/workspace: the workspace \"" + rp2ID + "\" is not the one that the document lies in"}},
		{alertName, `"workspace": "` + wsID, `"workspace": "` + foID, []string{"(unknown-workspace)"}},
		{alertName, `"dataset": "` + dsID, `"dataset": "` + ds2ID, []string{"/dataset: the metadata declares no dataset"}},
		{alertName, `"revenue"`, `"turnover"`, []string{`/measure: the model has no measure "turnover" (dataset ` + dsID + `) (unknown-measure)`}},
		{alertName, `"revenue"`, `{"type": "sum", "column": "orders.price"}`, []string{`/measure/column: the table "orders" declares no column "price"`}},
		{alertName, `"revenue"`, `{"type": "derived", "expression": "{revenue} / {visits}"}`, []string{`/measure/expression: the model has no measure "visits"`}},
		{alertName, `"type": "threshold", "op": ">", "value": 1.5`, `"type": "custom", "expression": "{x} > 0"`, []string{`/condition/expression: the model has no measure "x"`}},
		{alertName, `"connection": "warehouse"`, `"connection": "slack"`, []string{`/channels/1/connection: the metadata declares no connection "slack"; declare it or drop the reference (unknown-connection)`}},
		{alertName, `"usr_1"`, `"usr_2"`, []string{`the metadata does not declare the user "usr_2"; a restore can only match it by its id (unknown-user)`}},
		{reportName, `"dimensions": ["region"`, `"dimensions": ["regions"`, []string{`/query/dimensions/0: the model has no dimension "regions"`}},
		{reportName, `"measures": ["revenue"`, `"measures": ["region"`, []string{`/query/measures/0: the model has no measure "region"`}},
		{reportName, `"order": [{"field": "top"`, `"order": [{"field": "topp"`, []string{`/query/order/0/field: the model has neither a dimension nor a measure nor a column "topp"`}},
		{reportName, `"field": "orders.amount", "op"`, `"field": "orders.amounts", "op"`, []string{"(unknown-field)"}},
		{reportName, `"filters": [{"field": "region"`, `"filters": [{"field": "religion"`, []string{`/filters/0/field: no dataset that the report lists has a field "religion"`}},
		{reportName, `"version": 3`, `"version": 4`, []string{"/datasets/0/version: the report was made for version 4 of the dataset"}},
		{reportName, `"datasets": [`, `"datasets": [{"id": "` + dsID + `", "version": 1}, `, []string{"(duplicate-pin)"}},
		{reportName, `"datasets": [{"id": "` + dsID + `", "version": 3}]`, `"datasets": []`, []string{"(unknown-field)", "/query/dataset: the dataset \"" + dsID + "\" is used but not listed", "/bookmarks/0/filters/0/dataset: the dataset"}},
		{reportName, `"page": "p"`, `"page": "q"`, []string{`/drill_to/page: the report ` + rpID + ` has no page "q"`}},
		{reportName, `"drill_to": {"report": "` + rpID, `"drill_to": {"report": "` + rp2ID, []string{"(unknown-report)"}},
		{reportName, `"folder": "` + fo2ID, `"folder": "` + rp2ID, []string{"(unknown-folder)"}},
		{reportName, tgID, rp2ID, []string{"(unknown-tag)"}},
		{reportName, `{"id": "` + rpID, `{"id": "` + rpID + `", "x": "`, nil},
		{reportName, `"pages"`, `"Pages": 1, "pages"`, []string{"(json-syntax)"}},
		{metadataName, `"id": "` + dsID, `"id": "` + ds2ID, []string{
			"metadata.json: line 9: /datasets/0/id: the dataset \"" + ds2ID + "\" has no model.yaml", "model.yaml: the metadata has no record of this dataset; add one (missing-record)",
			"(unknown-dataset)", "(unknown-dataset)", "(unknown-dataset)", "(unknown-dataset)"}},
		{metadataName, `"name": "F"}`, `"name": "F", "parent": "` + fo2ID + `"}`, []string{"folders lie in each other: F → G → F; move one to the top (folder-cycle)"}},
		{metadataName, `"name": "F"}`, `"name": "F", "parent": "` + foID + `"}`, []string{"F → F"}},
		{metadataName, `"name": "F"}`, `"name": "F", "parent": "` + rp2ID + `"}`, []string{"/folders/0/parent: the metadata declares no folder"}},
		{metadataName, `"type": "team", "id": "team_1"`, `"type": "role", "id": "cfo"`, []string{`does not declare the role "cfo"`}},
		{metadataName, `"type": "team", "id": "team_1"`, `"type": "role", "id": "viewer"`, nil},
		{metadataName, `"type": "team", "id": "team_1"`, `"type": "link", "id": "k"`, nil},
		{metadataName, `"members": ["usr_1"]`, `"members": ["usr_2"]`, []string{`/teams/0/members/0: the metadata does not declare the user "usr_2"`}},
		{metadataName, `"resource": {"type": "report"`, `"resource": {"type": "alert"`, []string{"(unknown-alert)"}},
		{metadataName, `"resource": {"type": "report", "id": "` + rpID, `"resource": {"type": "workspace", "id": "` + wsID, nil},
		{metadataName, `"tags": [{"id": "` + tgID, `"tags": [{"id": "` + rpID, []string{"(unknown-tag)", "/id: the id \"" + rpID + "\" is taken by the tag in", "(unknown-tag)"}},
		{modelName, "team_1", "team_2", []string{`the metadata does not declare the team "team_2"`}},
		{modelName, "role: [viewer]", "role: [boss]", []string{`the metadata does not declare the role "boss"`}},
		{modelName, "ref: warehouse", "ref: lake", []string{`model.yaml: line 2: /source/ref: the metadata declares no connection "lake"`}},
		{modelName, "id: region", "id: regions", []string{"(unknown-field)", "(unknown-dimension)", "(unknown-dimension)", "(unknown-field)"}},
	} {
		entries := goodWorkspace()
		if !strings.Contains(string(entries[c.name]), c.old) {
			t.Fatalf("%v: %q does not occur", c.name, c.old)
		}
		entries[c.name] = []byte(strings.Replace(string(entries[c.name]), c.old, c.new, 1))
		problems := CheckWorkspace(maps.All(entries))
		if !matches(problems, c.want) {
			t.Errorf("%s with %q: want %q, got%s", c.name, c.new, c.want, inLines(problems))
		}
		for _, p := range problems {
			principal := slices.Contains([]string{"unknown-user", "unknown-team", "unknown-role"}, p.Rule)
			if p.Warning != principal || p.Path == "" {
				t.Errorf("%s with %q: problem %+v", c.name, c.new, p)
			}
		}
	}
}

func matches(problems []Problem, want []string) bool {
	if len(problems) != len(want) {
		return false
	}
	for i, p := range problems {
		if !strings.Contains(p.String(), want[i]) {
			return false
		}
	}
	return true
}

func inLines(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString("\n\t" + p.String())
	}
	return b.String()
}

func TestDocumentsThatShouldOrShouldNotBeThere(t *testing.T) {
	other := layout.Name{Kind: layout.Report, Workspace: ds2ID, Asset: rp2ID}
	file := layout.Name{Kind: layout.File, Workspace: wsID, Asset: rp2ID}
	rows := layout.Name{Kind: layout.Rows, Workspace: wsID, Asset: ds2ID}
	for _, c := range []struct {
		name   string
		change func(map[layout.Name][]byte)
		want   []string
	}{
		{"no metadata", func(m map[layout.Name][]byte) { delete(m, metadataName) }, []string{"metadata.json: the workspace has no metadata.json; nothing that it declares can be checked (missing-metadata)"}},
		{"no model", func(m map[layout.Name][]byte) { delete(m, modelName) }, []string{"has no model.yaml; add it or drop the record (missing-model)"}},
		{"no report", func(m map[layout.Name][]byte) { delete(m, reportName) }, []string{"/grants/0/resource/id: the workspace has no report"}},
		{"no alert", func(m map[layout.Name][]byte) { delete(m, alertName) }, nil},
		{"file without record", func(m map[layout.Name][]byte) { m[file] = nil }, []string{"files/" + rp2ID + ": the metadata has no record of this file"}},
		{"rows without record", func(m map[layout.Name][]byte) { m[rows] = nil }, []string{"rows.parquet: the metadata has no record of this dataset"}},
		{"rows", func(m map[layout.Name][]byte) {
			m[layout.Name{Kind: layout.Rows, Workspace: wsID, Asset: dsID}] = nil
		}, nil},
		{"audit", func(m map[layout.Name][]byte) { m[layout.Name{Kind: layout.Audit}] = []byte("x") }, nil},
		{"unreadable metadata", func(m map[layout.Name][]byte) { m[metadataName] = []byte("{") }, []string{"metadata.json: line 1: "}},
		{"unreadable model", func(m map[layout.Name][]byte) { m[modelName] = []byte("a: b: c") }, []string{"model.yaml: line 1: "}},
	} {
		entries := goodWorkspace()
		c.change(entries)
		if problems := CheckWorkspace(maps.All(entries)); !matches(problems, c.want) {
			t.Errorf("%s: want %q, got%s", c.name, c.want, inLines(problems))
		}
	}
	foreign := func(yield func(layout.Name, []byte) bool) {
		_ = yield(metadataName, []byte(goodMetadata)) && yield(modelName, []byte(goodModel)) && yield(reportName, []byte(goodReport)) &&
			yield(reportName, []byte(goodReport)) && yield(other, []byte(goodReport))
	}
	if problems := CheckWorkspace(foreign); !matches(problems, []string{"(duplicate-document)", "belongs to another workspace than " + wsID}) {
		t.Errorf("foreign and twice:%s", inLines(problems))
	}
}

// FuzzCheckWorkspace holds that no two documents make the check fail.
func FuzzCheckWorkspace(f *testing.F) {
	f.Add([]byte(goodMetadata), []byte(goodModel), []byte(goodReport), []byte(goodAlert))
	f.Add([]byte(`{"folders": [{"id": "a", "parent": "b"}, {"id": "b", "parent": "a"}]}`), []byte("dataset: d\n"), []byte(`{}`), []byte(`[]`))
	f.Fuzz(func(t *testing.T, metadata, model, report, alert []byte) {
		for _, p := range CheckWorkspace(maps.All(map[layout.Name][]byte{metadataName: metadata, modelName: model, reportName: report, alertName: alert})) {
			if p.Rule == "" || p.Text == "" || p.Path == "" {
				t.Fatalf("problem %+v", p)
			}
		}
	})
}
