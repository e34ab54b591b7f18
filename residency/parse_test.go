package residency

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

func TestParse(t *testing.T) {
	p := policy(t, sample)
	if len(p.Places) != 3 || p.Places[0].Region != "eu-central-1" || len(p.Places[0].At) != 7 || p.Places[0].At[0].String() != "s3://acme-eu/**" {
		t.Errorf("places %+v", p.Places)
	}
	if len(p.Rules) != 4 || !p.Rules[0].Anywhere || p.Rules[3].Anywhere || len(p.Rules[1].Allow) != 2 || p.Rules[2].When.Tenants[1] != "bank-?" {
		t.Errorf("rules %+v", p.Rules)
	}
}

func TestParseRefuses(t *testing.T) {
	place := func(members string) string {
		return "format: '1.0'\nplaces:\n- {" + members + "}\nrules: [{name: r, allow: anywhere}]\n"
	}
	rules := func(rules string) string {
		return "format: '1.0'\nplaces: [{name: p, country: DE, jurisdictions: [EU], region: x, at: [/p/**]}]\nrules:\n" + rules + "\n"
	}
	ok := "name: p, country: DE, jurisdictions: [EU], "
	for _, c := range []struct{ doc, want string }{
		{"", "empty"},
		{"[]", "want members"},
		{"format: '1.0'\nrulez: []", "line 2, column 1: rulez is no member here; want format, places, rules"},
		{"format: '2.0'\nrules: [{name: r, allow: anywhere}]", `want "1.0", found 2.0`},
		{"format: 1.0\nrules: [{name: r, allow: anywhere}]", "want a text; put it in quotes"},
		{"rules: [{name: r, allow: anywhere}]", "the member format is missing"},
		{"format: '1.0'", "the member rules is missing"},
		{"format: '1.0'\nrules: []", "nothing may go anywhere"},
		{"format: '1.0'\nrules: {}", "want a list"},
		{"format: '1.0'\nformat: '1.0'\nrules: []", "stands twice"},
		{"format: &a '1.0'\nrules: []", "anchors"},
		{place("name: p"), "the member country is missing"},
		{place("name: p, country: de, jurisdictions: [EU], at: [/x]"), "places[0].country: de is not a country; write DE"},
		{place("name: p, country: UK, jurisdictions: [EU], at: [/x]"), "write GB"},
		{place("name: p, country: EU, jurisdictions: [EU], at: [/x]"), "not a country but a jurisdiction"},
		{place("name: p, country: ZZ, jurisdictions: [EU], at: [/x]"), "not a country's code"},
		{place("name: p, country: Germany, jurisdictions: [EU], at: [/x]"), "two capital letters"},
		{place("name: p, country: DE, jurisdictions: [], at: [/x]"), "the list is empty"},
		{place(ok + "at: []"), "the list is empty"},
		{place(ok + "at: [x/y]"), "want an absolute path"},
		{place(ok + "at: ['dir:x']"), "dir: wants an absolute path"},
		{place(ok + "at: ['s3:x']"), "want s3://HOST/PATH"},
		{place(ok + "at: ['s3:///x']"), "host or bucket is missing"},
		{place(ok + "at: ['s3://a@b/x']"), "neither a user nor"},
		{place(ok + "at: ['s3://**/x']"), "not in hosts"},
		{place(ok + "at: ['s3://b/x**']"), "stands alone"},
		{place(ok + "at: [/x/../y]"), "read differently"},
		{place(ok + "at: ['s3://b//y']"), "read differently"},
		{place(ok + "at: ['s3://b/y?%zz']"), "name=value"},
		{place("name: " + strings.Repeat("p", 65) + ", country: DE, jurisdictions: [EU], at: [/x]"), "at most 64"},
		{place(`name: "p\e[2J", country: DE, jurisdictions: [EU], at: [/x]`), "not printed"},
		{"format: '1.0'\nplaces: [{" + ok + "at: [/x]}, {" + ok + "at: [/y]}]\nrules: [{name: r, allow: anywhere}]", "two places are called p"},
		{rules("- {name: r}"), "the member allow is missing"},
		{rules("- {allow: anywhere}"), "the member name is missing"},
		{rules("- {name: r, allow: everywhere}"), "want anywhere, nowhere or a list, found everywhere"},
		{rules("- {name: r, allow: []}"), "write allow: nowhere"},
		{rules("- {name: r, allow: [{}]}"), "it describes nothing"},
		{rules("- {name: r, allow: [{place: [p]}]}"), "place is no member here; want at, countries, jurisdictions, places, regions"},
		{rules("- {name: r, allow: [{places: [q]}]}"), "rules.r: no place is called q"},
		{rules("- {name: r, allow: anywhere, deny: [{places: [q]}]}"), "no place is called q"},
		{rules("- {name: r, allow: [{countries: [FR]}]}"), "no place has a country of FR"},
		{rules("- {name: r, allow: [{regions: [y]}]}"), "no place has a region of y"},
		{rules("- {name: r, allow: [{jurisdictions: [US]}]}"), "no place has a jurisdiction of US"},
		{rules("- {name: r, allow: anywhere}\n- {name: s, allow: anywhere}"), "this rule is never reached: r before it is for all data"},
		{rules("- {name: r, when: {tenants: [a]}, allow: anywhere}\n- {name: r, allow: anywhere}"), "two rules are called r"},
		{rules("- {name: r, when: {}, allow: anywhere}"), "leave when out"},
		{rules("- {name: r, when: {tenants: ['a/b']}, allow: anywhere}"), "matches no tenant's id"},
		{rules("- {name: r, when: {countries: [Norway]}, allow: anywhere}"), "two capital letters"},
		{rules("- {name: r, when: {tenants: [5]}, allow: anywhere}"), "put it in quotes"},
	} {
		_, err := Parse([]byte(c.doc))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n%v, want %q", c.doc, err, c.want)
		}
	}
}

func TestCountries(t *testing.T) {
	codes := strings.Fields(assigned)
	if len(codes) != 250 {
		t.Errorf("%d codes, want 249 and XK", len(codes))
	}
	for i, code := range codes {
		if err := CheckCountry(code); err != nil {
			t.Error(err)
		}
		if i > 0 && codes[i-1] >= code && code != "XK" {
			t.Errorf("%s comes after %s", code, codes[i-1])
		}
	}
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"*", "", true}, {"a", "a", true}, {"a", "A", false}, {"a*", "abc", true}, {"*c", "abcc", true}, {"a*c*e", "abcde", true},
		{"a?c", "abc", true}, {"a?c", "aßc", true}, {"?", "", false}, {"a*b", "a", false}, {"*a*a*a*a*b", strings.Repeat("a", 60), false},
	} {
		if got := matchGlob(c.pattern, c.s); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.s, got)
		}
	}
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"**", "", true}, {"**", "a/b", true}, {"a/**", "a", true}, {"a/**", "ab", false}, {"a/*", "a/b/c", false}, {"**/c", "a/b/c", true},
		{"a/**/c", "a/c", true}, {"a/**/c/**/e", "a/b/c/d/e", true}, {"a/**/c", "a/b", false}, {"*", "", false}, {"", "a", false},
	} {
		if got := matchPath(segments(c.pattern), segments(c.path)); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.path, got)
		}
	}
}

func TestRecord(t *testing.T) {
	want := &manifest.Residency{Country: "NO", Region: "eu-north-1", Exceptions: []manifest.ResidencyException{{SubProcessor: "Mail Inc.", Country: "US", LegalBasis: "SCC"}}}
	for _, doc := range []string{
		"country: NO\nregion: eu-north-1\nexceptions:\n- sub_processor: Mail Inc.\n  country: US\n  legal_basis: SCC\n",
		`{"country": "NO", "region": "eu-north-1", "exceptions": [{"sub_processor": "Mail Inc.", "country": "US", "legal_basis": "SCC"}]}`,
	} {
		if r, err := ParseRecord([]byte(doc)); err != nil || !reflect.DeepEqual(r, want) {
			t.Errorf("%+v, %v", r, err)
		}
	}
	for doc, says := range map[string]string{
		"country: NO":                            "exceptions: is missing",
		"country: NO\nexceptions: []\nregoin: x": "regoin is no member",
		"country: UK\nexceptions: []":            "write GB",
		"country: NO\nexceptions: [{sub_processor: a, country: ZZ, legal_basis: b}]":                      "exceptions[0].country: ZZ is not",
		"country: NO\nexceptions: [{sub_processor: a, country: US, legal_basis: b, since: '2024-01-01'}]": "exceptions[0]: since is no member",
		"country: NO\ncountry: US\nexceptions: []":                                                        "stands twice",
		"country: 5\nexceptions: []":                                                                      "not a string",
		"- a":                                                                                             "not an object",
	} {
		_, err := ParseRecord([]byte(doc))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", doc, err, says)
		}
	}
}

func TestDataOf(t *testing.T) {
	info := tenant.Info{ID: "acme", Jurisdiction: "EU", Residency: &tenant.Residency{Country: "DE"}}
	if got := DataOfTenant(info); got != (Data{"acme", "DE", "EU"}) {
		t.Errorf("%+v", got)
	}
	m := &manifest.Manifest{Format: manifest.Current, Tenant: manifest.Tenant{ID: "acme", Jurisdiction: "EU"}}
	if got, err := DataOfArchive(m); err != nil || got != (Data{"acme", "", "EU"}) {
		t.Errorf("%+v, %v", got, err)
	}
	m.Tenant.Jurisdiction, m.Residency = "", []byte(`{"country": "DE", "jurisdiction": "EU", "exceptions": []}`)
	if got, err := DataOfArchive(m); err != nil || got != (Data{"acme", "DE", "EU"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestDocumentation holds the policies in docs/residency.md to the parser.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../docs/residency.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, block := range strings.Split(string(text), "\n```yaml ")[1:] {
		kind, doc, _ := strings.Cut(block, "\n")
		doc, _, _ = strings.Cut(doc, "\n```")
		found[kind]++
		switch kind {
		case "policy":
			_, err = Parse([]byte(doc))
		case "record":
			_, err = ParseRecord([]byte(doc))
		}
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if found["policy"] == 0 || found["record"] == 0 {
		t.Errorf("examples: %v", found)
	}
}
