package diff

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Op says what became of a field.
type Op string

// The operations.
const (
	FieldAdded     Op = "added"
	FieldRemoved   Op = "removed"
	FieldChanged   Op = "changed"
	FieldReordered Op = "reordered" // a list has its elements in another order
)

// A FieldChange is one place at which two versions of a document differ.
//
// Path is a JSON pointer (RFC 6901) in which an element of a list stands by what
// it is known by rather than by its index, wherever each element of both
// versions has that and no two have the same: its id, else its name, for
// memberships and grants without an id "type:id" of the principal, for joins
// "left = right"; a text stands for itself.
type FieldChange struct {
	Document string `json:"document"` // metadata, model, rows, report, alert, extension, or record: of a dataset or file in the workspace's metadata
	Path     string `json:"path"`     // "" for the document as a whole
	Op       Op     `json:"op"`
	// Was and Is are the values before and after; of a list in another order,
	// what its elements are known by, without those that were added or removed.
	// Absent before, after, or when Cut.
	Was json.RawMessage `json:"was,omitempty"`
	Is  json.RawMessage `json:"is,omitempty"`
	// At is the index of an element that was added to a list whose elements are
	// known by more than their index.
	At *int `json:"at,omitempty"`
	// Cut says that a value is longer than Options.MaxValue and was left out.
	Cut bool `json:"cut,omitempty"`
	// About names the elements around the field, for people: measure "revenue".
	About string `json:"about,omitempty"`
	// Field is what follows, for people: column, or query.limit. Empty when the
	// element itself was added or removed.
	Field string `json:"field,omitempty"`
}

// fields lists the changes that lead from one value to another.
type fields struct {
	document string
	max      int // changes to list
	maxValue int // bytes of a value, 0 for any
	list     []FieldChange
	more     int
}

// place is where in the document a comparison is.
type place struct {
	pointer string
	about   []string
	field   []string
	name    string // of the member that the value is, for its elements
}

func (p place) member(name string) place {
	p.pointer = below(p.pointer, name)
	p.field = append(slices.Clip(p.field), name)
	p.name = name
	return p
}

// element goes to an element of the list at p that is known by its key.
func (p place) element(key string, value any) place {
	p.pointer = below(p.pointer, key)
	about := strings.Join(append(slices.Clip(p.field[:max(0, len(p.field)-1)]), singular(p.name)), " ")
	if _, plain := value.(string); !plain {
		if m, ok := value.(map[string]any); ok {
			if name, ok := m["name"].(string); ok {
				key = name
			}
		}
	}
	p.about = append(slices.Clip(p.about), strings.TrimSpace(about+" "+quoted(key)))
	p.field = nil
	return p
}

// index goes to an element that is known by its index alone.
func (p place) index(i int) place {
	p.pointer += "/" + strconv.Itoa(i)
	p.field = append(slices.Clip(p.field), strconv.Itoa(i))
	return p
}

func (f *fields) add(p place, op Op, was, is any, at *int) {
	if len(f.list) >= f.max {
		f.more++
		return
	}
	c := FieldChange{Document: f.document, Path: p.pointer, Op: op, At: at, About: strings.Join(p.about, ", "), Field: strings.Join(p.field, ".")}
	if op != FieldAdded {
		c.Was = text(was)
	}
	if op != FieldRemoved {
		c.Is = text(is)
	}
	if f.maxValue > 0 && max(len(c.Was), len(c.Is)) > f.maxValue {
		c.Was, c.Is, c.Cut = nil, nil, true
	}
	f.list = append(f.list, c)
}

// compare lists the differences between two values at p.
func (f *fields) compare(p place, was, is any) {
	switch a := was.(type) {
	case map[string]any:
		if b, ok := is.(map[string]any); ok {
			f.objects(p, a, b)
			return
		}
	case []any:
		if b, ok := is.([]any); ok {
			f.lists(p, a, b)
			return
		}
	}
	if !equal(was, is) {
		f.add(p, FieldChanged, was, is, nil)
	}
}

// objects compares members in the order of their names, those that people look
// for first.
func (f *fields) objects(p place, was, is map[string]any) {
	names := make([]string, 0, len(was)+len(is))
	for name := range was {
		names = append(names, name)
	}
	for name := range is {
		if _, both := was[name]; !both {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	for _, name := range names {
		a, had := was[name]
		b, has := is[name]
		switch at := p.member(name); {
		case !had:
			f.add(at, FieldAdded, nil, b, nil)
		case !has:
			f.add(at, FieldRemoved, a, nil, nil)
		default:
			f.compare(at, a, b)
		}
	}
}

// rank puts id and name before other members.
func rank(name string) int {
	switch name {
	case "id":
		return 0
	case "name":
		return 1
	}
	return 2
}

// lists compares lists by the keys of their elements, or by index where they
// have none.
func (f *fields) lists(p place, was, is []any) {
	before, ok1 := keysOf(was)
	after, ok2 := keysOf(is)
	if !ok1 || !ok2 {
		f.byIndex(p, was, is)
		return
	}
	places := make(map[string]int, len(after))
	for i, key := range after {
		places[key] = i
	}
	var stayed []string
	for i, key := range before {
		k, ok := places[key]
		if !ok {
			f.add(p.element(key, was[i]), FieldRemoved, was[i], nil, nil)
			continue
		}
		stayed = append(stayed, key)
		f.compare(p.element(key, is[k]), was[i], is[k])
	}
	known := make(map[string]bool, len(stayed))
	for _, key := range stayed {
		known[key] = true
	}
	var order []string
	for i, key := range after {
		if known[key] {
			order = append(order, key)
			continue
		}
		f.add(p.element(key, is[i]), FieldAdded, nil, is[i], &i)
	}
	if !slices.Equal(stayed, order) {
		f.add(p, FieldReordered, stayed, order, nil)
	}
}

func (f *fields) byIndex(p place, was, is []any) {
	for i := range max(len(was), len(is)) {
		switch at := p.index(i); {
		case i >= len(is):
			f.add(at, FieldRemoved, was[i], nil, nil)
		case i >= len(was):
			f.add(at, FieldAdded, nil, is[i], nil)
		default:
			f.compare(at, was[i], is[i])
		}
	}
}
