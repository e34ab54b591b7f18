package restore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Lists of a workspace's metadata whose records this package knows.
var recordLists = []string{
	"users", "teams", "roles", "members", "connections", "folders", "tags",
	"datasets", "files", "saved_queries", "grants",
}

// records are the records of one metadata document.
type records struct {
	workspaceName string
	doc           []byte // not a copy
	raw           map[string]json.RawMessage
	lists         map[string][]record
}

// record is one record of a list. raw is its text in the document.
type record struct {
	key   string // what identifies it within the list
	name  string
	index int // in the list
	raw   json.RawMessage
}

// label is what people call the record.
func (r record) label() string {
	if r.name != "" {
		return r.name
	}
	return r.key
}

// parseRecords reads a metadata document, which must have passed the strict
// syntax check. Lists and records of unexpected shape are an error.
func parseRecords(doc []byte) (*records, error) {
	recs := &records{doc: doc, raw: map[string]json.RawMessage{}, lists: map[string][]record{}}
	if err := json.Unmarshal(doc, &recs.raw); err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	var ws struct{ Name string }
	if err := json.Unmarshal(recs.raw["workspace"], &ws); err != nil {
		return nil, fmt.Errorf("read metadata: workspace: %w", err)
	}
	recs.workspaceName = ws.Name
	var err error
	for _, list := range recordLists {
		if recs.lists[list], err = parseList(list, recs.raw[list]); err != nil {
			return nil, fmt.Errorf("read metadata: %s: %w", list, err)
		}
	}
	return recs, nil
}

func parseList(list string, raw json.RawMessage) ([]record, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, err
	}
	recs := make([]record, len(elements))
	for i, e := range elements {
		r := record{index: i, raw: e}
		var err error
		if r.key, r.name, err = identity(list, e); err != nil {
			return nil, fmt.Errorf("record %d: %w", i, err)
		}
		recs[i] = r
	}
	return recs, nil
}

// identity returns what identifies a record within its list, and its name.
func identity(list string, raw json.RawMessage) (key, name string, err error) {
	var r struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Principal struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		} `json:"principal"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return "", "", err
	}
	switch list {
	case "members":
		return r.Principal.Type + " " + r.Principal.ID, "", nil
	case "connections":
		return r.Name, r.Name, nil
	}
	return r.ID, r.Name, nil
}

// identityOf is [identity] of a record's text, known for the record itself.
func (r record) identityOf(list string, text []byte) (string, error) {
	if len(text) == len(r.raw) && len(text) > 0 && &text[0] == &r.raw[0] {
		return r.key, nil
	}
	key, _, err := identity(list, text)
	return key, err
}

// byKey returns the records of a list by their keys; the first one wins.
func (r *records) byKey(list string) map[string]record {
	m := map[string]record{}
	if r == nil {
		return m
	}
	for _, rec := range r.lists[list] {
		if _, ok := m[rec.key]; !ok {
			m[rec.key] = rec
		}
	}
	return m
}

// members returns the names of the document's top-level members in their order.
func (r *records) members() ([]string, error) {
	dec := json.NewDecoder(bytes.NewReader(r.doc))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, fmt.Errorf("read metadata: not an object")
	}
	var names []string
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("read metadata: %w", err)
		}
		names = append(names, tok.(string))
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return nil, fmt.Errorf("read metadata: %w", err)
		}
	}
	return names, nil
}

// sameJSON reports whether two texts are the same JSON value: white space, the
// order of members and escapes do not count, the spelling of numbers does.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	ca, erra := canonical(a)
	cb, errb := canonical(b)
	return erra == nil && errb == nil && bytes.Equal(ca, cb)
}

func canonical(text []byte) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// quote returns s as a JSON string.
func quote(s string) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// sameMetadata reports whether two metadata documents say the same: lists are
// compared as sets of records.
func sameMetadata(a, b []byte) (bool, error) {
	ra, err := parseRecords(a)
	if err != nil {
		return false, err
	}
	rb, err := parseRecords(b)
	if err != nil {
		return false, err
	}
	members, err := ra.members()
	if err != nil {
		return false, err
	}
	theirs, err := rb.members()
	if err != nil {
		return false, err
	}
	for _, name := range append(members, theirs...) {
		if !slices.Contains(recordLists, name) && !sameJSON(ra.raw[name], rb.raw[name]) {
			return false, nil
		}
	}
	for _, list := range recordLists {
		there := rb.byKey(list)
		if len(ra.lists[list]) != len(rb.lists[list]) {
			return false, nil
		}
		for _, rec := range ra.lists[list] {
			if other, ok := there[rec.key]; !ok || !sameJSON(rec.raw, other.raw) {
				return false, nil
			}
		}
	}
	return true, nil
}
