package mapping_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/mapping"
)

const sample = `# by hand
format: "1.0"
archive: halvorsen-cycles
target: acme
users:
  match: [external_id, email]
  otherwise: fallback
  fallback: usr_9
  entries:
    usr_1: # Anna
      to: usr_7
    usr_2:
      to:
    usr_3:
    usr_4: { to: create }
roles:
  match: []
connections:
  entries:
    lake: { id: none }
    "a b": { to: none }
workspaces:
  match: [id, name]
`

func TestParse(t *testing.T) {
	got, err := mapping.Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := &mapping.Map{
		Archive: "halvorsen-cycles", Target: "acme",
		Users: mapping.Section{
			Match: []mapping.Rule{mapping.ByExternalID, mapping.ByEmail}, Otherwise: mapping.Fallback, Fallback: "usr_9",
			Entries: map[string]mapping.Entry{"usr_1": {To: "usr_7"}, "usr_2": {}, "usr_3": {}, "usr_4": {To: "create"}},
		},
		Roles:       mapping.Section{Match: []mapping.Rule{}},
		Connections: mapping.Section{Entries: map[string]mapping.Entry{"lake": {ID: "none"}, "a b": {To: "none"}}},
		Workspaces:  mapping.Section{Match: []mapping.Rule{mapping.ByID, mapping.ByName}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if err := got.Check(); err != nil {
		t.Error(err)
	}
}

func TestEntries(t *testing.T) {
	for _, c := range []struct {
		entry  mapping.Entry
		id     string
		answer mapping.Answer
	}{
		{mapping.Entry{}, "", ""},
		{mapping.Entry{To: "usr_1"}, "usr_1", ""},
		{mapping.Entry{To: "none"}, "", mapping.None},
		{mapping.Entry{ID: "none"}, "none", ""},
		{mapping.To("create"), "create", ""},
		{mapping.To("dwh"), "dwh", ""},
	} {
		if id, answer := c.entry.Target(); id != c.id || answer != c.answer {
			t.Errorf("%+v: %q, %q", c.entry, id, answer)
		}
	}
}

func TestErrorsNameTheirPlace(t *testing.T) {
	const f = "format: \"1.0\"\n"
	for doc, want := range map[string]string{
		"":                                                 "mapping: ",
		"a: b":                                             "line 1, column 1: a is no member of a mapping file",
		"users: {}":                                        `line 1: the member format is missing`,
		"format: 1.0":                                      `line 1, column 9: format: want a text; put it in quotes`,
		"format: \"2.0\"":                                  `line 1, column 9: format: want "1.0", found 2.0`,
		f + "users: []":                                    "line 2, column 8: users: want members",
		f + "users:\n  matches: []":                        "line 3, column 3: users: matches is no member of it",
		f + "users:\n  match: [id, mail]":                  "line 3, column 15: users.match: mail is no rule for users; want id, email, external_id or name",
		f + "teams:\n  match: [email]":                     "email is no rule for teams",
		f + "users:\n  match: [id, id]":                    "line 3, column 15: users.match: the rule id stands twice",
		f + "users:\n  match: id":                          "want a list of rules, such as [id]",
		f + "users:\n  otherwise: fallback":                "line 3, column 14: users.otherwise: fallback needs the user",
		f + "roles:\n  otherwise: fallback":                "fallback is no answer for roles; want none or create",
		f + "workspaces:\n  otherwise: none":               "none is no answer for workspaces; want create",
		f + "roles:\n  fallback: x":                        "line 3, column 3: roles.fallback: only users have a fallback",
		f + "users:\n  entries:\n    a: b":                 "line 4, column 8: users.entries.a: want to: with an id of the target",
		f + "users: {entries: {a: {too: b}}}":              "line 2, column 23: users.entries.a: too is no member of it",
		f + "users: {entries: {a: {to: 7}}}":               "line 2, column 27: users.entries.a: want a text; put it in quotes",
		f + "users: {entries: {a: {to: ''}}}":              "the text is empty",
		f + "users: {entries: {a: {to: b, id: c}}}":        "it has both to and id",
		f + "users: {entries: {a: {to: b}, a: {to: c}}}":   "line 2, column 31",
		f + "users: {entries: {'': {to: b}}}":              "the key is empty",
		f + "users: {entries: {\"\\u202e\": {to: [b]}}}":   `users.entries."\u202e": want a text`,
		f + "users: &a {}":                                 "line 2",
		f + "archive: {a: b}":                              "line 2, column 10: archive: want a text",
		f + "users: {entries: {a: {to: fallback}}}":        "fallback needs the user",
		f + "workspaces: {entries: {a: {to: none}}}":       "none is no answer for workspaces",
		f + "connections: {entries: {a: {to: fallback}}}":  "fallback is no answer for connections; want none or create",
		f + "users: {fallback: u, otherwise: sometimes}\n": "line 2, column 33: users.otherwise: sometimes is no answer",
	} {
		_, err := mapping.Parse([]byte(doc))
		if e := (*mapping.Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", doc, err, want)
		}
	}
}

func TestMarshalWritesForPeople(t *testing.T) {
	m := &mapping.Map{
		Archive: "corp",
		Users: mapping.Section{Otherwise: mapping.Fallback, Fallback: "usr_9", Entries: map[string]mapping.Entry{
			"usr_1": {To: "usr_7"}, "usr_2": {}, "usr_3": {To: "create"},
		}},
		Connections: mapping.Section{Match: []mapping.Rule{}, Entries: map[string]mapping.Entry{"a: b\n": mapping.To("none")}},
	}
	got := string(mapping.Marshal(m, map[mapping.Place]mapping.Note{
		{Kind: mapping.Users, Key: "usr_1"}: {Name: "Anna <anna@corp.example>", How: "by email"},
		{Kind: mapping.Users, Key: "usr_2"}: {Name: "Bob\n  evil: yes \u202e", How: "open; candidates: usr_8 (Bob)"},
	}))
	const want = `format: "1.0"
archive: corp # the tenant that the archive is of

users:
  otherwise: fallback # none, create or fallback
  fallback: usr_9
  entries:
    usr_2: # Bob   evil: yes
      to: # open; candidates: usr_8 (Bob)
    usr_1: # Anna <anna@corp.example>
      to: usr_7 # by email
    usr_3:
      to: create

connections:
  match: []
  entries:
    "a: b\x0A":
      id: none
`
	if _, body, _ := strings.Cut(got, "docs/mapping.md.\n"); body != want {
		t.Errorf("%s\nwant\n%s", body, want)
	}
}

// TestMarshalAndParseAgree draws maps with any texts in them.
func TestMarshalAndParseAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := drawMap(rt)
		notes := map[mapping.Place]mapping.Note{}
		for _, k := range mapping.Kinds() {
			for key := range m.Section(k).Entries {
				notes[mapping.Place{Kind: k, Key: key}] = mapping.Note{Name: rapid.String().Draw(rt, "name"), How: rapid.String().Draw(rt, "how")}
			}
		}
		if err := m.Check(); err != nil {
			rt.Fatal(err)
		}
		doc := mapping.Marshal(m, notes)
		back, err := mapping.Parse(doc)
		if err != nil {
			rt.Fatalf("%v\n%s", err, doc)
		}
		if !reflect.DeepEqual(m, back) {
			rt.Errorf("%+v\nbecame %+v\nas\n%s", m, back, doc)
		}
	})
}

func drawMap(rt *rapid.T) *mapping.Map {
	texts := rapid.OneOf(rapid.StringN(1, 12, -1), rapid.SampledFrom([]string{"usr_1", "none", "create", "null", "true", "010", "1e3", "~", "-", "#", "a b", "2a5e562b-ab37-1b9b-1de3-1be4335c8e83"}))
	m := &mapping.Map{Archive: rapid.SampledFrom([]string{"", "corp"}).Draw(rt, "archive")}
	for _, k := range mapping.Kinds() {
		s := m.Section(k)
		if rapid.Bool().Draw(rt, "match") {
			s.Match = rapid.Permutation(k.Rules()).Draw(rt, "rules")[:rapid.IntRange(0, len(k.Rules())).Draw(rt, "n")]
			if s.Match == nil {
				s.Match = []mapping.Rule{}
			}
		}
		if k == mapping.Users {
			s.Fallback = texts.Draw(rt, "fallback")
		}
		if rapid.Bool().Draw(rt, "otherwise") {
			s.Otherwise = rapid.SampledFrom(k.Answers()).Draw(rt, "answer")
		}
		for range rapid.IntRange(0, 4).Draw(rt, "entries") {
			if s.Entries == nil {
				s.Entries = map[string]mapping.Entry{}
			}
			e := mapping.Entry{}
			switch rapid.IntRange(0, 2).Draw(rt, "shape") {
			case 1:
				e = mapping.To(texts.Draw(rt, "to"))
			case 2:
				e.To = string(rapid.SampledFrom(k.Answers()).Draw(rt, "said"))
			}
			s.Entries[texts.Draw(rt, "key")] = e
		}
	}
	return m
}
