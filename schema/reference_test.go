package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

// line writes a reference as one line of the tables below.
func (r Reference) line() string {
	s := fmt.Sprintf("%s %s %s", r.Pointer, r.To, r.ID)
	for _, mark := range []struct {
		set  bool
		text string
	}{{r.Required, " required"}, {r.Subject, " subject"}, {r.Embedded, " embedded"}, {r.Scope != "", " in " + r.Scope}} {
		if mark.set {
			s += mark.text
		}
	}
	return s
}

func TestReferences(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		doc  string
		want string
	}{
		{KindMetadata, goodMetadata, `
/teams/0/members/0 user usr_1
/members/0/principal/id user usr_1 required
/members/0/role role admin required
/folders/1/parent folder ` + foID + `
/datasets/0/folder folder ` + foID + `
/datasets/0/tags/0 tag ` + tgID + `
/datasets/0/owner user usr_1
/grants/0/resource/id report ` + rpID + ` required
/grants/0/principal/id team team_1 required`},
		{KindMetadata, `{"grants": [{"principal": {"id": "k1", "type": "link"}}, {"principal": {"type": "embed", "id": "k2"}}, {"principal": {"type": "role", "id": "cfo"}}, {"principal": {"type": "moon", "id": "x"}}],
"saved_queries": [{"query": {"measures": ["m"], "dataset": "D1"}}], "files": [{"dataset": "D2"}], "connections": [{"secret_slot": "s"}]}`, `
/grants/0/principal/id link k1 required
/grants/1/principal/id embed k2 required
/grants/2/principal/id role cfo required
/saved_queries/0/query/measures/0 measure m required in D1
/saved_queries/0/query/dataset dataset D1 required
/files/0/dataset dataset D2
/connections/0/secret_slot secret s`},
		{KindModel, goodModel, `
/source/ref connection warehouse required
/joins/0/left column orders.customer required
/joins/0/right column customers.id required
/dimensions/0/column column customers.region required
/measures/0/column column orders.amount required
/measures/2/numerator measure revenue required
/measures/2/denominator measure orders required
/measures/3/expression measure aov required embedded
/security/0/applies_to/role/0 role viewer required subject
/security/0/applies_to/team/0 team team_1 required subject
/security/0/applies_to/user/0 user usr_1 required subject`},
		{KindModel, "tables:\n- source: {ref: lake}\n", `
/tables/0/source/ref connection lake required`},
		{KindReport, goodReport, `
/workspace workspace ` + wsID + ` required
/owner user usr_1
/folder folder ` + fo2ID + `
/tags/0 tag ` + tgID + `
/datasets/0/id dataset ` + dsID + ` required
/filters/0/field field region required
/pages/0/visuals/0/query/dataset dataset ` + dsID + ` required
/pages/0/visuals/0/query/dimensions/0 dimension region required in ` + dsID + `
/pages/0/visuals/0/query/dimensions/1/id dimension region required in ` + dsID + `
/pages/0/visuals/0/query/measures/0 measure revenue required in ` + dsID + `
/pages/0/visuals/0/query/measures/1/column column orders.amount required in ` + dsID + `
/pages/0/visuals/0/query/filters/0/field field orders.amount required in ` + dsID + `
/pages/0/visuals/0/query/order/0/field field top in ` + dsID + `
/pages/0/visuals/0/drill_to/report report ` + rpID + `
/pages/0/visuals/0/drill_to/page page p in ` + rpID + `
/bookmarks/0/owner user usr_1
/bookmarks/0/filters/0/dataset dataset ` + dsID + ` required
/bookmarks/0/filters/0/field field region required in ` + dsID},
		{KindAlert, goodAlert, `
/workspace workspace ` + wsID + ` required
/dataset dataset ` + dsID + ` required
/measure measure revenue required in ` + dsID + `
/channels/0/to/0/id user usr_1
/channels/1/connection connection warehouse`},
		{KindAlert, `{"condition": {"type": "custom", "expression": "{a} / { b } > 1"}, "dataset": "D", "channels": [{"type": "webhook", "to": [{"type": "user", "id": "usr_9"}], "secret_slot": "s"}]}`, `
/condition/expression measure a required embedded in D
/condition/expression measure b required embedded in D
/dataset dataset D required
/channels/0/secret_slot secret s`},
		{KindAuditEvent, goodEvent, `
/event/actor/id user usr_1
/event/resource/id report ` + rpID},
		{KindReport, `{"owner": 5, "folder": null, "tags": "x", "datasets": [[]], "pages": [null, {"visuals": [{"options": {"dataset": "` + dsID + `"}}]}], "a/b~c": 1}`, ``},
		{KindPlan, `{"steps": []}`, ``},
	} {
		refs, err := References(c.kind, []byte(c.doc))
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		got := ""
		for _, r := range refs {
			got += "\n" + r.line()
		}
		if got != c.want {
			t.Errorf("%s: references are%s\nwant%s", c.kind, got, c.want)
		}
	}
}

func TestDefinitions(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		want string
	}{
		{KindMetadata, "workspace user team role connection folder folder tag dataset grant"},
		{KindModel, "dimension measure measure measure measure"},
		{KindReport, "report page visual bookmark"},
		{KindAlert, "alert"},
		{KindAuditEvent, ""},
	} {
		defs, err := Definitions(c.kind, []byte(good[c.kind]))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range defs {
			got = append(got, string(d.Kind))
			if d.Pointer == "" || d.Line == 0 || d.ID == "" {
				t.Errorf("%s: definition %+v", c.kind, d)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: defines %v, want %s", c.kind, got, c.want)
		}
	}
	defs, err := Definitions(KindModel, []byte(goodModel))
	if err != nil || defs[3].Pointer != "/measures/2/id" || defs[3].Line != 13 || defs[3].ID != "aov" {
		t.Errorf("the third measure is %+v, %v", defs[3], err)
	}
}

func TestReferencesOfUnreadableDocuments(t *testing.T) {
	for _, c := range []struct {
		kind      Kind
		doc, want string
	}{
		{KindReport, `{"id": 1, "ID": 2}`, "invalid report"},
		{KindModel, "a: *b", "aliases"},
		{"elephant", "{}", "unknown kind"},
	} {
		if _, err := References(c.kind, []byte(c.doc)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v", c.kind, c.doc, err)
		}
		_, err := Definitions(c.kind, []byte(c.doc))
		var verr *ValidationError
		if c.kind != "elephant" && !errors.As(err, &verr) {
			t.Errorf("%s %q: %v", c.kind, c.doc, err)
		}
	}
}

// TestEveryUUIDOfTheSampleIsAccountedFor holds the schemas to their promise:
// a UUID that stands outside free-form members is a reference, a definition
// or a record of the past.
func TestEveryUUIDOfTheSampleIsAccountedFor(t *testing.T) {
	freeForm := []string{"/options/", "/layout/", "/extensions/", "/origin/", "/attributes/", "/endpoint/", "/value"}
	for name, doc := range sampleEntries(t) {
		kind, ok := KindOf(name.Kind)
		if !ok {
			continue
		}
		refs, err := References(kind, doc)
		if err != nil {
			t.Fatal(err)
		}
		defs, err := Definitions(kind, doc)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, r := range refs {
			known[r.Pointer] = true
		}
		for _, d := range defs {
			known[d.Pointer] = true
		}
		tree, err := parse(kind, doc, &new(Parser).room().builder)
		if err != nil {
			t.Fatal(err)
		}
		eachText(tree, nil, func(at, text string) {
			free := slices.ContainsFunc(freeForm, func(part string) bool { return strings.Contains(at, part) })
			if layout.IsUUID(text) && !free && !known[at] {
				t.Errorf("%s: %s at %s is neither a reference nor a definition", name, text, at)
			}
			prefixed := strings.HasPrefix(text, "usr_") || strings.HasPrefix(text, "team_") || strings.HasPrefix(text, "grt_")
			if prefixed && !free && !known[at] {
				t.Errorf("%s: %s at %s is neither a reference nor a definition", name, text, at)
			}
		})
	}
}

func eachText(n *node, path []string, visit func(at, text string)) {
	if s, ok := n.value.(string); ok {
		visit(pointer(path), s)
	}
	for i, child := range n.children {
		token := fmt.Sprint(i)
		if n.names != nil {
			token = n.names[i]
		}
		eachText(child, append(slices.Clone(path), token), visit)
	}
}

// TestPointersLeadToTheIdentifier follows every pointer with another parser.
func TestPointersLeadToTheIdentifier(t *testing.T) {
	for name, doc := range sampleEntries(t) {
		kind, ok := KindOf(name.Kind)
		if !ok || kind == KindModel {
			continue
		}
		var value any
		if err := json.Unmarshal(doc, &value); err != nil {
			t.Fatal(err)
		}
		refs, err := References(kind, doc)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(doc), "\n")
		for _, r := range refs {
			got := follow(t, value, r.Pointer)
			if got != r.ID && !(r.Embedded && strings.Contains(got, r.ID)) {
				t.Errorf("%s: %s leads to %q, want %q", name, r.Pointer, got, r.ID)
			}
			if !strings.Contains(lines[r.Line-1], r.ID) && !strings.Contains(lines[r.Line-1], `\u`) {
				t.Errorf("%s: line %d does not hold %s", name, r.Line, r.ID)
			}
		}
	}
}

func follow(t *testing.T, value any, at string) string {
	for tok := range strings.SplitSeq(strings.TrimPrefix(at, "/"), "/") {
		tok = strings.NewReplacer("~1", "/", "~0", "~").Replace(tok)
		switch v := value.(type) {
		case map[string]any:
			value = v[tok]
		case []any:
			i := 0
			if _, err := fmt.Sscan(tok, &i); err != nil || i >= len(v) {
				t.Fatalf("pointer %s: %s", at, tok)
			}
			value = v[i]
		}
	}
	s, _ := value.(string)
	return s
}

func TestRefKinds(t *testing.T) {
	for k := range refKinds {
		n := 0
		for _, is := range []bool{k.IsUUID(), k.IsPrincipal(), k.InModel()} {
			if is {
				n++
			}
		}
		if n > 1 {
			t.Errorf("%s is of %d families", k, n)
		}
	}
	if !IsBuiltinRole("owner") || IsBuiltinRole("cfo") {
		t.Error("built-in roles are wrong")
	}
}
