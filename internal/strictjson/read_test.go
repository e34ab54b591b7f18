package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// A recorder writes down what Read says.
type recorder struct{ strings.Builder }

func (r *recorder) Begin(line int, object bool)  { fmt.Fprintf(r, "%d %v(", line, object) }
func (r *recorder) Name(name string)             { fmt.Fprintf(r, "%q:", name) }
func (r *recorder) Text(line int, text string)   { fmt.Fprintf(r, "%d %q,", line, text) }
func (r *recorder) Number(line int, text string) { fmt.Fprintf(r, "%d %s,", line, text) }
func (r *recorder) Scalar(line int, value any)   { fmt.Fprintf(r, "%d %v,", line, value) }
func (r *recorder) End()                         { r.WriteString(")") }

func TestRead(t *testing.T) {
	for doc, want := range map[string]string{
		`1`:                               `1 1,`,
		" \n\n \"a\" \n":                  `3 "a",`,
		`"\u00e9\n\ud83d\ude42"`:          `1 "é\n🙂",`,
		`"é"`:                             `1 "é",`,
		`[]`:                              `1 false()`,
		`{}`:                              `1 true()`,
		"[1,\n-0.5e3 ,\n\n[true\n,null]]": `1 false(1 1,2 -0.5e3,4 false(4 true,5 <nil>,))`,
		"{\"a\"\n:\nfalse,\"\\u0062\": {\n\"c\":\"\"}}": `1 true("a":3 false,"b":3 true("c":4 "",))`,
	} {
		var r recorder
		if err := Read([]byte(doc), Limits{}, &r); err != nil || r.String() != want {
			t.Errorf("%s reads as\n%s, %v; want\n%s", doc, r.String(), err, want)
		}
	}
	var r recorder
	if err := Read([]byte(`[1,2]`), Limits{Size: 4}, &r); err == nil || r.Len() > 0 {
		t.Errorf("a document over its limit: %v, read as %s", err, r.String())
	}
}

// A maker makes a value of what Read says.
type maker struct {
	open  []any // *[]any and map[string]any
	names []string
	value any
}

func (m *maker) add(v any) {
	if len(m.open) == 0 {
		m.value = v
		return
	}
	switch in := m.open[len(m.open)-1].(type) {
	case *[]any:
		*in = append(*in, v)
	case map[string]any:
		in[m.names[len(m.names)-1]] = v
		m.names = m.names[:len(m.names)-1]
	}
}

func (m *maker) Begin(_ int, object bool) {
	if object {
		m.open = append(m.open, map[string]any{})
	} else {
		m.open = append(m.open, &[]any{})
	}
}

func (m *maker) Name(name string)          { m.names = append(m.names, name) }
func (m *maker) Text(_ int, text string)   { m.add(text) }
func (m *maker) Number(_ int, text string) { m.add(json.Number(text)) }
func (m *maker) Scalar(_ int, value any)   { m.add(value) }

func (m *maker) End() {
	last := m.open[len(m.open)-1]
	m.open = m.open[:len(m.open)-1]
	if list, is := last.(*[]any); is {
		last = *list
	}
	m.add(last)
}

// reads holds Read against Check and the standard library.
func reads(t *testing.T, doc []byte) {
	t.Helper()
	var m maker
	err, want := Read(doc, Limits{}, &m), Check(doc, Limits{})
	var at, wantAt *Error
	if errors.As(err, &at) != errors.As(want, &wantAt) || at != nil && *at != *wantAt {
		t.Fatalf("Read(%q) says %v, Check %v", doc, err, want)
	}
	if err != nil {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil || !reflect.DeepEqual(m.value, v) {
		t.Fatalf("%q reads as %#v, want %#v, %v", doc, m.value, v, err)
	}
}
