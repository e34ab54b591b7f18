package schema

import (
	"encoding/json"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
)

func parseJSON(doc []byte, b *builder) (*node, error) {
	if err := strictjson.Check(doc, strictjson.Limits{Size: maxSize, Values: maxNodes}); err != nil {
		return nil, err
	}
	r := jsonReader{builder: b, doc: string(doc), line: 1}
	if err := r.read(); err != nil {
		return nil, err
	}
	return r.root, nil
}

// jsonReader builds the tree of a document that strictjson.Check has accepted.
// So it looks for the ends of values only: that they are well formed is known.
// Names and texts are parts of one copy of the document.
type jsonReader struct {
	*builder
	doc  string
	pos  int
	line int
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

func (r *jsonReader) read() error {
	switch r.next() {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		r.Text(r.line, r.string())
	case 't':
		r.pos += len("true")
		r.Scalar(r.line, true)
	case 'f':
		r.pos += len("false")
		r.Scalar(r.line, false)
	case 'n':
		r.pos += len("null")
		r.Scalar(r.line, nil)
	default:
		r.Scalar(r.line, r.number())
	}
	return nil
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

// string takes a string and returns what it says.
func (r *jsonReader) string() string {
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
	s, _ := strictjson.Text([]byte(r.doc[start:r.pos]))
	return s
}

func (r *jsonReader) array() error {
	r.Begin(r.line, false)
	r.pos++
	for r.next() != ']' {
		if r.doc[r.pos] == ',' {
			r.pos++
		}
		if err := r.read(); err != nil {
			return err
		}
	}
	r.pos++
	r.End()
	return nil
}

func (r *jsonReader) object() error {
	r.Begin(r.line, true)
	r.pos++
	for r.next() != '}' {
		if r.doc[r.pos] == ',' {
			r.pos++
			r.next()
		}
		r.Name(r.string())
		r.next() // the colon
		r.pos++
		if err := r.read(); err != nil {
			return err
		}
	}
	r.pos++
	r.End()
	return nil
}
