package schema

import (
	"encoding/json"
	"fmt"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
)

func parseJSON(doc []byte) (*node, error) {
	if err := strictjson.Check(doc, strictjson.Limits{Size: maxSize}); err != nil {
		return nil, err
	}
	r := jsonReader{doc: doc, line: 1}
	if all, err := schemas(); err == nil {
		r.known = all.names
	}
	return r.value()
}

// jsonReader builds the tree of a document that strictjson.Check has accepted.
// So it looks for the ends of values only: that they are well formed is known.
type jsonReader struct {
	doc   []byte
	pos   int
	line  int
	count int
	spare []node            // cut into nodes, which saves an allocation for most
	known map[string]string // names that schemas mention, to share one copy of each
}

// next skips space and returns the byte after it without taking it.
func (r *jsonReader) next() byte {
	for ; ; r.pos++ {
		switch r.doc[r.pos] {
		case '\n':
			r.line++
		case ' ', '\t', '\r':
		default:
			return r.doc[r.pos]
		}
	}
}

func (r *jsonReader) node(form form) *node {
	if len(r.spare) == 0 {
		r.spare = make([]node, min(64, 4+r.count))
	}
	n := &r.spare[0]
	r.spare = r.spare[1:]
	n.form, n.line, n.order = form, r.line, r.count
	r.count++
	return n
}

func (r *jsonReader) value() (*node, error) {
	if r.count >= maxNodes {
		return nil, fmt.Errorf("the document has more than %d values", maxNodes)
	}
	switch r.next() {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		n := r.node(scalar)
		n.value = string(r.text())
		return n, nil
	case 't':
		r.pos += len("true")
		n := r.node(scalar)
		n.value = true
		return n, nil
	case 'f':
		r.pos += len("false")
		n := r.node(scalar)
		n.value = false
		return n, nil
	case 'n':
		r.pos += len("null")
		return r.node(scalar), nil
	}
	n := r.node(scalar)
	n.value = r.number()
	return n, nil
}

func (r *jsonReader) number() json.Number {
	start := r.pos
	for r.pos < len(r.doc) {
		switch c := r.doc[r.pos]; {
		case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
			r.pos++
			continue
		}
		break
	}
	return json.Number(r.doc[start:r.pos])
}

// text takes a string and returns what it says.
func (r *jsonReader) text() []byte {
	start, escaped := r.pos, false
	for r.pos++; r.doc[r.pos] != '"'; r.pos++ {
		if r.doc[r.pos] == '\\' {
			escaped = true
			r.pos++
		}
	}
	r.pos++
	if !escaped {
		return r.doc[start+1 : r.pos-1]
	}
	s, _ := strictjson.Text(r.doc[start:r.pos])
	return []byte(s)
}

func (r *jsonReader) array() (*node, error) {
	n := r.node(array)
	r.pos++
	for r.next() != ']' {
		if r.doc[r.pos] == ',' {
			r.pos++
		}
		child, err := r.value()
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	r.pos++
	return n, nil
}

func (r *jsonReader) object() (*node, error) {
	n := r.node(object)
	r.pos++
	for r.next() != '}' {
		if r.doc[r.pos] == ',' {
			r.pos++
			r.next()
		}
		name := r.name()
		r.next() // the colon
		r.pos++
		child, err := r.value()
		if err != nil {
			return nil, err
		}
		n.names = append(n.names, name)
		n.children = append(n.children, child)
	}
	r.pos++
	return n, nil
}

func (r *jsonReader) name() string {
	text := r.text()
	if s, ok := r.known[string(text)]; ok {
		return s
	}
	return string(text)
}
