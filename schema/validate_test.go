package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	wsID  = "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	dsID  = "2a5e562b-ab37-4b9b-9de3-1be4335c8e83"
	ds2ID = "3c6d7e8f-1a2b-4c3d-8e9f-0a1b2c3d4e5f"
	rpID  = "7d1c9f5e-0a4b-4d2e-8f63-5b7a9c1e2d34"
	rp2ID = "8e2d0a6f-1b5c-4e3f-9074-6c8bad2f3e45"
	alID  = "9e3b7c11-52d8-4f6a-b0c4-6d8e1f2a3b45"
	foID  = "a04c8d22-63e9-4a7b-81d5-7e9f203b4c56"
	fo2ID = "b15d9e33-74fa-4b8c-92e6-8fa0314c5d67"
	tgID  = "c26eaf44-850b-4c9d-a3f7-90b1425d6e78"
)

// Sound documents, which the tables below break in one place each.
const (
	goodMetadata = `{"workspace": {"id": "` + wsID + `", "name": "W"},
"users": [{"id": "usr_1", "email": "a@example.com", "name": "A", "status": "active"}],
"teams": [{"id": "team_1", "name": "T", "members": ["usr_1"]}],
"roles": [{"id": "sales_rep", "name": "R", "base": "viewer"}],
"members": [{"principal": {"type": "user", "id": "usr_1"}, "role": "admin"}],
"connections": [{"name": "warehouse", "type": "postgres"}],
"folders": [{"id": "` + foID + `", "name": "F"}, {"id": "` + fo2ID + `", "name": "G", "parent": "` + foID + `"}],
"tags": [{"id": "` + tgID + `", "name": "t", "color": "#aabbcc"}],
"datasets": [{"id": "` + dsID + `", "name": "D", "mode": "import", "version": 3, "folder": "` + foID + `", "tags": ["` + tgID + `"], "owner": "usr_1", "refresh": {"cron": "0 5 * * 1", "timezone": "Europe/Oslo", "enabled": true}}],
"grants": [{"id": "grt_1", "resource": {"type": "report", "id": "` + rpID + `"}, "principal": {"type": "team", "id": "team_1"}, "actions": ["view"], "state": "active"}]}`

	goodModel = `dataset: d
source: { type: postgres, ref: warehouse }
tables:
  - { name: orders, primary_key: id, columns: [{ name: id }, { name: amount }, { name: customer }] }
  - { name: customers }
joins:
  - { left: orders.customer, right: customers.id, kind: many_to_one }
dimensions:
  - { id: region, column: customers.region }
measures:
  - { id: revenue, type: sum, column: orders.amount }
  - { id: orders, type: count }
  - { id: aov, type: ratio, numerator: revenue, denominator: orders }
  - { id: twice, type: derived, expression: "2 * {aov}" }
security:
  - { name: all, applies_to: { role: [viewer], team: [team_1], user: [usr_1] }, predicate: "TRUE" }
`

	goodReport = `{"id": "` + rpID + `", "workspace": "` + wsID + `", "name": "R", "owner": "usr_1", "folder": "` + fo2ID + `", "tags": ["` + tgID + `"],
"datasets": [{"id": "` + dsID + `", "version": 3}],
"filters": [{"field": "region", "op": "=", "value": "Nord"}],
"pages": [{"id": "p", "name": "P", "visuals": [
  {"id": "v", "type": "bar", "query": {"dataset": "` + dsID + `", "dimensions": ["region", {"id": "region", "grain": "day"}],
   "measures": ["revenue", {"id": "top", "type": "max", "column": "orders.amount"}], "filters": [{"field": "orders.amount", "op": ">", "value": 0}],
   "order": [{"field": "top", "direction": "desc"}]}, "drill_to": {"report": "` + rpID + `", "page": "p"}}]}],
"bookmarks": [{"id": "b", "name": "B", "owner": "usr_1", "filters": [{"dataset": "` + dsID + `", "field": "region", "op": "=", "value": 1}]}]}`

	goodAlert = `{"id": "` + alID + `", "workspace": "` + wsID + `", "name": "A", "dataset": "` + dsID + `", "measure": "revenue",
"condition": {"type": "threshold", "op": ">", "value": 1.5}, "window": {"grain": "day", "count": 1},
"channels": [{"type": "in_app", "to": [{"type": "user", "id": "usr_1"}]}, {"type": "slack", "channel": "#c", "connection": "warehouse"}],
"state": {"status": "snoozed", "until": "2026-12-01T00:00:00Z"}}`

	goodEvent = `{"prev": "0000000000000000000000000000000000000000000000000000000000000000", "hash": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
"event": {"id": "evt_1", "ts": "2026-11-01T00:00:00Z", "tenant_id": "t", "actor": {"type": "user", "id": "usr_1"}, "action": "report.update", "resource": {"type": "report", "id": "` + rpID + `"}}}`
)

var good = map[Kind]string{KindMetadata: goodMetadata, KindModel: goodModel, KindReport: goodReport, KindAlert: goodAlert, KindAuditEvent: goodEvent}

func TestGoodDocuments(t *testing.T) {
	for kind, doc := range good {
		if err := Validate(kind, []byte(doc)); err != nil {
			t.Errorf("%s: %s", kind, allProblems(err))
		}
	}
	if err := CheckModel([]byte(goodModel)); err != nil {
		t.Error(err)
	}
	if err := Validate("elephant", nil); err == nil || !strings.Contains(err.Error(), `unknown kind of document "elephant"`) {
		t.Errorf("an unknown kind gives %v", err)
	}
}

// TestOneFault replaces one text of a sound document, and wants the problem
// that follows.
func TestOneFault(t *testing.T) {
	for _, c := range []struct {
		kind     Kind
		old, new string
		rule     string
		want     string
	}{
		{KindMetadata, `"name": "W"`, `"nom": "W"`, "missing-member", `line 1: /workspace: the member "name" is missing; add it`},
		{KindMetadata, `"name": "W"`, `"name": ""`, "empty", "/workspace/name: the text is empty"},
		{KindMetadata, `"name": "W"`, `"name": 5`, "wrong-type", "want a text, found a number"},
		{KindMetadata, `"name": "W"`, `"name": "` + strings.Repeat("é", 257) + `"`, "too-long", "257 characters; the limit is 256"},
		{KindMetadata, wsID, strings.ToUpper(wsID), "malformed", "/workspace/id: want a UUID in lower case"},
		{KindMetadata, `"a@example.com"`, `"nobody"`, "malformed", `want an e-mail address; found a text of 6 characters`},
		{KindMetadata, `"status": "active"`, `"status": "asleep"`, "unknown-value", `want one of active, invited, suspended, deactivated; found a text of 6 characters`},
		{KindMetadata, `"id": "usr_1", "email"`, `"id": "1", "email"`, "malformed", "line 2: /users/0/id: want a user's id, such as usr_4kq2z9"},
		{KindMetadata, `"id": "sales_rep"`, `"id": "admin"`, "reserved-value", "built in; give the role another id"},
		{KindMetadata, `"base": "viewer"`, `"base": "owner"`, "unknown-value", "viewer, editor, admin"},
		{KindMetadata, `"type": "user", "id": "usr_1"}, "role"`, `"type": "role", "id": "usr_1"}, "role"`, "unknown-value", "want one of user, team"},
		{KindMetadata, `"parent": "` + foID + `"`, `"parent": 1`, "wrong-type", "found a number"},
		{KindMetadata, `"#aabbcc"`, `"red"`, "malformed", "want a colour such as #0b7a75"},
		{KindMetadata, `"version": 3`, `"version": 0`, "out-of-range", "want at least 1"},
		{KindMetadata, `"version": 3`, `"version": 3.5`, "wrong-type", "want a whole number, found a number"},
		{KindMetadata, `"0 5 * * 1"`, `"daily"`, "malformed", "want five fields"},
		{KindMetadata, `"actions": ["view"]`, `"actions": []`, "too-few", "the list has 0 elements; want at least 1"},
		{KindMetadata, `"state": "active"}]}`, `"state": "open"}]}`, "unknown-value", "want one of active, closed"},
		{KindMetadata, `"id": "` + tgID + `"`, `"id": "` + foID + `"`, "duplicate-id", "is taken by the folder at /folders/0/id"},
		{KindMetadata, `"name": "W"`, `"name": "W", "Name": "V"`, "json-syntax", "line 1"},
		{KindMetadata, `"version": 3`, `"version": 3e999`, "json-syntax", "line 9"},
		{KindMetadata, `"version": 3`, `"version": 0` + strings.Repeat("1", 80), "json-syntax", "line 9"},

		{KindReport, `"name": "R", `, ``, "missing-member", `the member "name" is missing`},
		{KindReport, `{"id": "` + dsID + `", "version": 3}`, `{"id": "` + dsID + `"}`, "missing-member", `line 2: /datasets/0: the member "version"`},
		{KindReport, `"dimensions": ["region"`, `"dimensions": [7`, "wrong-type", "want a text or an object, found a number"},
		{KindReport, `"grain": "day"`, `"grain": "fortnight"`, "unknown-value", `found a text of 9 characters`},
		{KindReport, `"type": "max", "column": "orders.amount"`, `"type": "max"`, "missing-member", `/pages/0/visuals/0/query/measures/1: the member "column"`},
		{KindReport, `"type": "max"`, `"type": "maximum"`, "unknown-value", "want one of sum, count"},
		{KindReport, `"op": "=", "value": "Nord"`, `"value": "Nord"`, "missing-member", `the member "op"`},
		{KindReport, `"direction": "desc"`, `"direction": "down"`, "unknown-value", "asc, desc"},
		{KindReport, `{"id": "b", "name"`, `{"name"`, "missing-member", `/bookmarks/0: the member "id"`},
		{KindReport, `"pages": [`, `"pages": [{"id": "p", "name": "Q"}, `, "duplicate-id", "is taken by the page at /pages/0/id"},

		{KindAlert, `"op": ">", `, ``, "missing-member", `/condition: the member "op" is missing`},
		{KindAlert, `"value": 1.5`, `"value": "1.5"`, "wrong-type", "want a number, found a text"},
		{KindAlert, `"type": "threshold", "op": ">", "value": 1.5`, `"type": "change", "direction": "up", "percent": 0, "compare_to": "x"`, "out-of-range", "want more than 0"},
		{KindAlert, `"type": "threshold"`, `"type": "anomaly"`, "missing-member", `"sensitivity"`},
		{KindAlert, `"type": "threshold"`, `"type": "custom"`, "missing-member", `"expression"`},
		{KindAlert, `"type": "threshold"`, `"type": "moon"`, "unknown-value", "threshold, change, anomaly, custom"},
		{KindAlert, `"channel": "#c"`, `"channels": "#c"`, "missing-member", `/channels/1: the member "channel"`},
		{KindAlert, `{"type": "slack", "channel": "#c", "connection": "warehouse"}`, `{"type": "sms", "to": ["0151"]}`, "malformed", "want a number such as +49"},
		{KindAlert, `{"type": "slack", "channel": "#c", "connection": "warehouse"}`, `{"type": "webhook", "url": "https://u:p@h.example/"}`, "malformed", "without credentials"},
		{KindAlert, `{"type": "slack", "channel": "#c", "connection": "warehouse"}`, `{"type": "email", "to": ["x"]}`, "malformed", "want an e-mail address"},
		{KindAlert, `, "until": "2026-12-01T00:00:00Z"`, ``, "missing-member", `/state: the member "until"`},
		{KindAlert, `"2026-12-01T00:00:00Z"`, `"tomorrow"`, "malformed", `want a time in RFC 3339, such as 2026-11-21T08:30:00Z; found a text of 8 characters`},
		{KindAlert, `"count": 1`, `"count": 0`, "out-of-range", "want at least 1"},

		{KindAuditEvent, `"ts": "2026-11-01T00:00:00Z"`, `"ts": "2026-11-31T00:00:00Z"`, "malformed", "RFC 3339"},
		{KindAuditEvent, `"report.update"`, `"Update"`, "malformed", "words joined by dots"},
		{KindAuditEvent, `"hash": "ba`, `"hash": "BA`, "malformed", "SHA-256 in 64 lower-case"},

		{KindModel, "tables:\n  - { name: orders, primary_key: id, columns: [{ name: id }, { name: amount }, { name: customer }] }\n  - { name: customers }\n", "", "missing-member", `the member "tables"`},
		{KindModel, "ref: warehouse", "reference: warehouse", "missing-member", `line 2: /source: the member "ref"`},
		{KindModel, "column: customers.region", "column: clients.region", "unknown-table", `line 9: /dimensions/0/column: the column "clients.region" names no declared table; declared are orders, customers`},
		{KindModel, "column: customers.region", "column: region", "malformed", "want table.column"},
		{KindModel, "column: orders.amount", "column: orders.price", "unknown-column", `/measures/0/column: the table "orders" declares no column "price"`},
		{KindModel, "right: customers.id", "right: customer.id", "unknown-table", "/joins/0/right"},
		{KindModel, "left: orders.customer", "left: orders.customer_id", "unknown-column", "/joins/0/left"},
		{KindModel, "primary_key: id", "primary_key: [id, line]", "unknown-column", `/tables/0/primary_key/1: the table "orders" declares no column "line"`},
		{KindModel, "name: customers }", "name: orders }", "duplicate-table", `the table "orders" is declared twice`},
		{KindModel, "{ name: amount }", "{ name: amount }, { name: amount }", "duplicate-column", "declared twice"},
		{KindModel, "id: region", "id: revenue", "duplicate-id", `/measures/0/id: the id "revenue" is taken by the dimension at /dimensions/0/id`},
		{KindModel, "numerator: revenue", "numerator: Revenue", "unknown-measure", `/measures/2/numerator: the model has no measure "Revenue"; did you mean revenue?`},
		{KindModel, "numerator: revenue", "numerator: { type: sum, column: shops.x }", "unknown-table", "/measures/2/numerator/column"},
		{KindModel, "numerator: revenue", "numerator: { type: sum }", "missing-member", `/measures/2/numerator: the member "column"`},
		{KindModel, "{aov}", "{aow}", "unknown-measure", `/measures/3/expression: the model has no measure "aow"`},
		{KindModel, "{aov}", "{aov", "malformed-expression", "write each measure as {measure_id}"},
		{KindModel, "numerator: revenue", "numerator: twice", "measure-cycle", "line 14: /measures/3: measures form a cycle: aov → twice → aov"},
		{KindModel, "numerator: revenue", `numerator: { type: derived, expression: "{aov} + 1" }`, "measure-cycle", "aov → aov"},
		{KindModel, "type: count }", "type: count, filters: [{ field: regio, op: '=' }] }", "unknown-field", `neither a dimension nor a measure nor a column "regio"`},
		{KindModel, `predicate: "TRUE"`, `predicate: "  "`, "malformed", "a rule without a condition is refused; write TRUE"},
		{KindModel, `predicate: "TRUE"`, `predicate: ""`, "malformed", "without a condition"},
		{KindModel, "security:\n", "security:\n  - { name: all, applies_to: {}, predicate: x }\n", "duplicate-rule", `two rules of row security are called "all"`},
		{KindModel, "applies_to: { role: [viewer], team: [team_1], user: [usr_1] }, ", "", "missing-member", `"applies_to"`},
		{KindModel, "type: count }", "type: conut }", "unknown-value", `found a text of 5 characters`},
		{KindModel, "dataset: d", "dataset: &d d", "yaml-anchor", "line 1: anchors are not allowed"},
		{KindModel, "dataset: d", "dataset: d\ndataset: e", "yaml-duplicate-key", `line 2: the key "dataset" stands twice`},
		{KindModel, "dataset: d", "dataset: 010", "wrong-type", "want a text, found a number"},
		{KindModel, goodModel, "- a\n", "wrong-type", "want an object, found a list"},
	} {
		doc := good[c.kind]
		if strings.Count(doc, c.old) == 0 {
			t.Fatalf("%s: %q does not occur", c.kind, c.old)
		}
		err := Validate(c.kind, []byte(strings.Replace(doc, c.old, c.new, 1)))
		var verr *ValidationError
		if !errors.As(err, &verr) || verr.Kind != c.kind {
			t.Errorf("%s with %q: error %v", c.kind, c.new, err)
			continue
		}
		found := false
		for _, p := range verr.Problems {
			found = found || p.Rule == c.rule && strings.Contains(p.String(), c.want)
		}
		if !found {
			t.Errorf("%s with %q: want %s %q, got%s", c.kind, c.new, c.rule, c.want, allProblems(err))
		}
	}
}

func TestModelsThatPeopleWrite(t *testing.T) {
	for name, doc := range map[string]string{
		"virtual table and free SQL": "dataset: d\ntables:\n- name: FCC 2018 Survey\n  sql: SELECT 1\n- name: main.orders\n  columns: [{name: net.amount}]\n" +
			"dimensions: [{id: a, column: FCC 2018 Survey.Age}, {id: b, sql: 'lower(x)'}]\nmeasures: [{id: m, type: sql, sql: COUNT(*)}, {id: n, type: sum, column: main.orders.net.amount}]\n",
		"table of a longer name first": "dataset: d\ntables: [{name: a, columns: [{name: x}]}, {name: a.b, columns: [{name: c}]}]\ndimensions: [{id: i, column: a.b.c}, {id: j, column: a.x}]\n",
		"unknown members":              "dataset: d\nx-team: sales\ntables: [{name: a, partition: day}]\n",
		"no sources":                   "dataset: d\ntables: [{name: a}]\nsecurity: []\n",
		"flow":                         `{dataset: d, tables: [{name: a, source: {type: s3, ref: lake}}], measures: [{id: c, type: count}]}`,
	} {
		if err := Validate(KindModel, []byte(doc)); err != nil {
			t.Errorf("%s: %s", name, allProblems(err))
		}
	}
}

func TestAllProblemsAreListedAndCapped(t *testing.T) {
	doc := `{"workspace": {"id": "x"}, "users": [` + strings.Repeat(`{"id": 1},`, 60) + `{"id": "usr_1"}]}`
	err := Validate(KindMetadata, []byte(doc))
	var verr *ValidationError
	if !errors.As(err, &verr) {
		t.Fatal(err)
	}
	if len(verr.Problems) != MaxProblems || len(verr.Problems)+verr.More != 2+60*4+3 {
		t.Errorf("%d problems and %d more", len(verr.Problems), verr.More)
	}
	if !strings.Contains(err.Error(), "schema: invalid metadata: line 1: /workspace: ") || !strings.Contains(err.Error(), "and 244 more problems") {
		t.Errorf("error %q", err)
	}
}

// TestHostileDocuments holds that no document costs more than its size
// justifies, and that none makes the validator panic. The sizes are such that
// anything quadratic would run into the test's deadline.
func TestHostileDocuments(t *testing.T) {
	ring := func(n int) string {
		var b strings.Builder
		b.WriteString("dataset: d\ntables: [{name: t}]\nmeasures:\n")
		for i := range n {
			fmt.Fprintf(&b, "- {id: m%d, type: derived, expression: '{m%d}'}\n", i, (i+1)%n)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		kind Kind
		doc  string
	}{
		"deep JSON":             {KindReport, strings.Repeat(`{"a":`, 1<<20)},
		"deep options":          {KindReport, strings.Replace(goodReport, `"bookmarks"`, `"x": `+strings.Repeat("[", 60)+strings.Repeat("]", 60)+`, "bookmarks"`, 1)},
		"large exponent":        {KindAlert, strings.Replace(goodAlert, "1.5", "1e2000000", 1)},
		"large allowed number":  {KindAlert, strings.Replace(goodAlert, "1.5", "1e308", 1)},
		"small allowed number":  {KindAlert, strings.Replace(goodAlert, "1.5", "5e-324", 1)},
		"long number":           {KindAlert, strings.Replace(goodAlert, "1.5", strings.Repeat("9", 1<<20), 1)},
		"many wrong values":     {KindMetadata, `{"users": [` + strings.Repeat("0,", 30_000) + `0]}`},
		"many members":          {KindMetadata, `{"workspace": {` + manyMembers(30_000) + `}}`},
		"measures and members":  {KindAlert, `{"dataset": "d", "condition": {"type": "custom", "expression": "` + strings.Repeat("{a}", 30_000) + `"},` + manyMembers(20_000) + `}`},
		"columns of dots":       {KindModel, "dataset: d\ntables: [{name: t}]\ndimensions: [{id: a, column: '" + strings.Repeat(".", 1<<20) + "'}]\n"},
		"long cycle":            {KindModel, ring(4_000)},
		"braces":                {KindModel, "dataset: d\ntables: [{name: t}]\nmeasures: [{id: a, type: derived, expression: '" + strings.Repeat("{", 1<<20) + "'}]\n"},
		"not UTF-8":             {KindReport, "{\"id\": \"\xff\"}"},
		"null":                  {KindReport, "null"},
		"empty":                 {KindReport, ""},
		"empty model":           {KindModel, ""},
		"two documents":         {KindReport, goodReport + goodReport},
		"terminal codes":        {KindReport, `{"id": "\u001b[31m\u202e", "a/b~c\u001b": 1}`},
		"string for everything": {KindModel, "dataset: d\ntables: x\njoins: x\ndimensions: x\nmeasures: x\nsecurity: x\n"},
		"list for everything":   {KindModel, "dataset: d\ntables: [[]]\njoins: [[]]\ndimensions: [[]]\nmeasures: [[], {id: [], expression: [], numerator: []}]\nsecurity: [[], {name: []}]\n"},
		"aliases":               {KindModel, "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"},
		"many keys":             {KindModel, "dataset: d\ntables: [{name: t}]\n" + strings.ReplaceAll(manyMembers(9_000), ",", "\n")},
		"many anchors":          {KindModel, strings.Repeat("- &a x\n", 30_000)},
	} {
		err := Validate(c.kind, []byte(c.doc))
		if err == nil {
			if !strings.Contains(name, "allowed") && name != "deep options" && name != "many keys" {
				t.Errorf("%s: accepted", name)
			}
			continue
		}
		if strings.ContainsAny(allProblems(err), "\x1b\u202e") {
			t.Errorf("%s: problems hold terminal codes: %+q", name, allProblems(err))
		}
		if len(err.Error()) > 1000 {
			t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
		}
		_, _ = References(c.kind, []byte(c.doc))
		_, _ = Definitions(c.kind, []byte(c.doc))
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d": 0,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// FuzzValidate holds that every document is either accepted or refused with
// problems that can be shown, for every kind.
func FuzzValidate(f *testing.F) {
	for i, kind := range Kinds() {
		f.Add(uint8(i), []byte(good[kind]))
		for _, example := range compiledSchemas(f).roots[kind].Examples {
			doc, err := json.Marshal(example)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), doc)
		}
	}
	for name, doc := range sampleEntries(f) {
		if kind, ok := KindOf(name.Kind); ok && len(doc) < 2000 {
			for i, k := range Kinds() {
				if k == kind {
					f.Add(uint8(i), doc)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, k uint8, doc []byte) {
		kind := Kinds()[int(k)%len(Kinds())]
		err := Validate(kind, doc)
		var verr *ValidationError
		if err != nil && (!errors.As(err, &verr) || len(verr.Problems) == 0) {
			t.Fatalf("error %v", err)
		}
		if verr != nil {
			for _, p := range verr.Problems {
				if p.Rule == "" || p.Text == "" || p.Rule == "validator-gave-up" || strings.ContainsAny(p.String(), "\x1b\u202e\x00") {
					t.Fatalf("problem %+q", p)
				}
			}
		}
		refs, rerr := References(kind, doc)
		if err == nil && rerr != nil {
			t.Fatalf("valid, but references give %v", rerr)
		}
		for _, r := range refs {
			if r.Pointer == "" && r.To == "" || r.ID == "" && !r.Embedded {
				t.Fatalf("reference %+v", r)
			}
		}
	})
}
