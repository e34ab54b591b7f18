package secretscan

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A frame is an object or array that is open.
type frame struct {
	object bool
	value  bool   // in an object: the name was read, its value comes next
	index  int    // in an array
	name   string // of the member; masked if it is a secret itself
	judged string // the name under which values are judged: of the member, or of that which holds the array
	named  string // what the member name or key says
}

// A jsonPath is the spot of what was read last.
type jsonPath struct {
	s      *scanner
	frames []frame
	offset int
}

func (p *jsonPath) pointer() string {
	var b []byte
	for i := range p.frames {
		if f := &p.frames[i]; f.object {
			b = appendToken(b, f.name)
		} else {
			b = strconv.AppendInt(append(b, '/'), int64(f.index), 10)
		}
	}
	return string(b)
}

func (p *jsonPath) lineNumber() int { return p.s.lineAt(p.offset) }

// json goes through a JSON document.
func (s *scanner) json() error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(s.doc), jsontext.AllowDuplicateNames(true))
	path := &jsonPath{s: s}
	for ended := false; !ended; {
		kind := dec.PeekKind()
		var err error
		switch kind {
		case '{', '[', '}', ']':
			_, err = dec.ReadToken()
			path.structure(kind)
		default:
			var raw jsontext.Value
			raw, err = dec.ReadValue()
			if err == nil {
				path.offset = int(dec.InputOffset()) - len(raw)
				path.scalar(kind, raw)
			}
		}
		if err != nil {
			return fmt.Errorf("the document is not valid JSON at line %d", s.lineAt(int(dec.InputOffset())))
		}
		ended = len(path.frames) == 0
	}
	if dec.PeekKind() != 0 || len(bytes.TrimSpace(s.doc[dec.InputOffset():])) > 0 {
		return fmt.Errorf("the document goes on after its value, at line %d", s.lineAt(int(dec.InputOffset())))
	}
	return nil
}

// top returns the innermost frame, nil outside of all.
func (p *jsonPath) top() *frame {
	if len(p.frames) == 0 {
		return nil
	}
	return &p.frames[len(p.frames)-1]
}

func (p *jsonPath) structure(kind jsontext.Kind) {
	switch kind {
	case '{':
		p.frames = append(p.frames, frame{object: true})
	case '[':
		f := frame{}
		if top := p.top(); top != nil {
			f.judged = top.judged
		}
		p.frames = append(p.frames, f)
	default:
		if len(p.frames) > 0 {
			p.frames = p.frames[:len(p.frames)-1]
		}
		p.next()
	}
}

// next goes on from a value that is read.
func (p *jsonPath) next() {
	if top := p.top(); top != nil {
		top.value = false
		if !top.object {
			top.index++
		}
	}
}

func (p *jsonPath) scalar(kind jsontext.Kind, raw jsontext.Value) {
	top := p.top()
	if top != nil && top.object && !top.value {
		text := unquote(raw)
		top.value, top.name, top.judged = true, text, nameOf(text, top.named)
		p.mask(top, text)
		return
	}
	name := ""
	if top != nil {
		name = top.judged
	}
	switch kind {
	case '"':
		text := unquote(raw)
		p.s.value(text, name, false, p)
		if top != nil && top.object && isNaming(top.name) {
			top.named = text
		}
	case '0':
		p.s.value(string(raw), name, true, p)
	}
	p.next()
}

// mask looks at a member's name, and hides it from pointers if it is a secret.
func (p *jsonPath) mask(top *frame, text string) {
	before := len(p.s.findings)
	if len(text) < 8 {
		return
	}
	top.name = ""
	if !p.s.text(text, InName, p) {
		top.name = text
		return
	}
	top.name = "[redacted]"
	for i := before; i < len(p.s.findings); i++ {
		top.name = marker(p.s.findings[i].Rule)
		p.s.findings[i].Pointer = p.pointer()
	}
}

// unquote returns the text of a JSON string.
func unquote(raw jsontext.Value) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // the decoder has checked it
	return string(text)
}
