package docedit

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

var idPattern = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// mapText does slowly what idMap.find and apply do: it tries every position.
func mapText(s string, ids map[string]string) string {
	digit := func(i int) bool { return i >= 0 && i < len(s) && strings.Contains("0123456789abcdefABCDEF", s[i:i+1]) }
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		end := i + 36
		if end > len(s) || !idPattern.MatchString(s[i:end]) || digit(i-1) || digit(end) {
			b.WriteByte(s[i])
			continue
		}
		id := s[i:end]
		if to, ok := ids[strings.ToLower(id)]; !ok {
			b.WriteString(id)
		} else if strings.ContainsAny(id, "ABCDEF") && !strings.ContainsAny(id, "abcdef") {
			b.WriteString(strings.ToUpper(to))
		} else {
			b.WriteString(to)
		}
		i = end - 1
	}
	return b.String()
}

// mapTree returns a decoded document with mapText applied to all its strings,
// and inside those that are JSON documents.
func mapTree(v any, ids map[string]string) any {
	switch v := v.(type) {
	case string:
		if inner, ok := innerDocument(v); ok {
			return []any{"document", mapTree(inner, ids)}
		}
		return mapText(v, ids)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = mapTree(v[i], ids)
		}
		return out
	case map[string]any:
		out := make(map[string]any)
		for k, e := range v {
			out[mapText(k, ids)] = mapTree(e, ids)
		}
		return out
	case map[any]any:
		out := make(map[any]any)
		for k, e := range v {
			out[mapTree(k, ids)] = mapTree(e, ids)
		}
		return out
	}
	return v
}

func innerDocument(s string) (any, bool) {
	if t := strings.TrimSpace(s); t == "" || t[0] != '{' && t[0] != '[' {
		return nil, false
	}
	if doc, err := NewEditor([]byte(s)); err != nil || doc == nil { // stricter than encoding/json
		return nil, false
	}
	v, err := decodeTree(JSON, []byte(s))
	return v, err == nil
}

func decodeTree(f Format, doc []byte) (v any, err error) {
	if f == JSON {
		dec := json.NewDecoder(strings.NewReader(string(doc)))
		dec.UseNumber()
		err = dec.Decode(&v)
		return v, err
	}
	err = yaml.Load(doc, &v)
	return v, err
}

// A writer makes up a document and, beside it, what rewriting must turn it
// into.
type writer struct {
	t         *rapid.T
	in, out   strings.Builder
	ids       map[string]string
	nr, depth int
}

func (w *writer) chance(percent int) bool {
	return rapid.IntRange(1, 100).Draw(w.t, "chance") <= percent
}

func (w *writer) pick(texts ...string) string { return rapid.SampledFrom(texts).Draw(w.t, "text") }

func (w *writer) write(texts ...string) {
	s := w.pick(texts...)
	w.in.WriteString(s)
	w.out.WriteString(s)
}

// id writes an identifier: mapped or not, in either case.
func (w *writer) id() {
	w.nr++
	from := fmt.Sprintf("%08x-%04x-4aaa-8bbb-%012x", w.nr*0x9e3779b1&0xffffffff, w.nr, w.nr)
	to := fmt.Sprintf("%08x-ffff-4ccc-8ddd-%012x", w.nr, w.nr*0x9e3779b1&0xffffffff)
	if w.chance(20) {
		to = from
	} else {
		w.ids[from] = to
	}
	if w.chance(20) {
		from, to = strings.ToUpper(from), strings.ToUpper(to)
	}
	w.in.WriteString(from)
	w.out.WriteString(to)
}

// text writes pieces of text with identifiers between them. No piece ends in
// a hexadecimal digit.
func (w *writer) text(pieces ...string) {
	w.write(pieces...)
	for range rapid.IntRange(0, 3).Draw(w.t, "ids") {
		switch {
		case w.chance(15):
			w.write(idC+"0", "a"+idC, idC[:35], "0-0")
		default:
			w.id()
		}
		w.write(pieces...)
	}
}

func (w *writer) json() {
	w.depth++
	defer func() { w.depth-- }()
	space := func() { w.write("", "", " ", "\n  ", "\r\n\t") }
	kind := rapid.IntRange(0, 5).Draw(w.t, "kind")
	if w.depth > 4 {
		kind = 3 + kind%3
	}
	members := rapid.IntRange(0, 4).Draw(w.t, "members")
	switch kind {
	case 0, 1:
		w.write("{")
		for i := range members {
			if i > 0 {
				w.write(",")
			}
			space()
			w.nr++
			w.write(fmt.Sprintf(`"k%d `, w.nr))
			w.text("x", ":", `\"`)
			w.write(`"`)
			space()
			w.write(":")
			space()
			w.json()
			space()
		}
		w.write("}")
	case 2:
		w.write("[")
		for i := range members {
			if i > 0 {
				w.write(",")
			}
			space()
			w.json()
		}
		space()
		w.write("]")
	case 3:
		w.write("1.50", "1E+2", "-0", "true", "null", "12345678901234567890")
	case 4:
		w.write(`"`)
		w.text("x", " ", `\n`, `\b`, `\f`, `\\`, `\/`, `é`, `\u00e9`, `\ud83d\ude00`, "# ", "report-", "😀")
		w.write(`"`)
	case 5:
		if w.depth > 6 {
			w.write("0")
			return
		}
		inner := &writer{t: w.t, ids: w.ids, nr: w.nr, depth: w.depth}
		inner.write("[")
		inner.json()
		inner.write("]")
		w.nr = inner.nr
		in, _ := json.Marshal(inner.in.String())
		out, _ := json.Marshal(inner.out.String())
		w.in.Write(in)
		w.out.Write(out)
	}
}

func (w *writer) comment() {
	w.nr++
	w.write(fmt.Sprintf("# %08x%s {\"a", w.nr*0x9e3779b1&0xffffffff, idA[8:]), "# "+idA, "#")
}

func (w *writer) endLine() {
	if w.chance(25) {
		w.write(" ", "\t", "   ")
		w.comment()
	}
	w.write("\n")
}

// yaml writes what follows a key or dash at the given indentation, up to the
// end of the line.
func (w *writer) yaml(indent string) {
	w.depth++
	defer func() { w.depth-- }()
	kind := rapid.IntRange(0, 9).Draw(w.t, "kind")
	if w.depth > 4 && kind < 4 {
		kind += 4
	}
	switch kind {
	case 0, 1, 2, 3:
		w.endLine()
		w.yamlBlock(indent+"  ", kind < 2)
	case 4:
		w.write(" |", " >", " |-", " >+")
		w.endLine()
		for range rapid.IntRange(1, 3).Draw(w.t, "lines") {
			w.write(indent + "    ")
			w.text("x", "#", "# ", "k: ", "x #", "\"")
			w.write("\n", "\n", "\n\n")
		}
		w.write(indent + "    x\n")
	case 5:
		w.write(" 1.50", " 0x1F", " ~", " true", "", " yes")
		w.endLine()
	default:
		w.write(" ", "  ")
		w.yamlFlow(indent, kind-6)
		w.endLine()
	}
}

func (w *writer) yamlBlock(indent string, mapping bool) {
	for range rapid.IntRange(1, 4).Draw(w.t, "members") {
		if w.chance(20) {
			w.write(indent, "", "  ")
			w.comment()
			w.write("\n", "\n", "\n\n")
		}
		w.write(indent)
		if !mapping {
			w.write("-")
			w.yaml(indent)
			continue
		}
		w.nr++
		switch quote := w.pick("", "'", `"`); quote {
		case "":
			w.write(fmt.Sprintf("k%d", w.nr))
			w.text("x", " x", "x#")
		default:
			w.write(quote, quote)
			w.write(fmt.Sprintf("k%d", w.nr))
			w.text("x", " x", " # ", ": ")
			w.write(quote)
		}
		w.write(":")
		w.yaml(indent)
	}
}

// yamlFlow writes a scalar on one line or a flow collection.
func (w *writer) yamlFlow(indent string, kind int) {
	switch kind {
	case 0:
		w.text("x", "x y", "report-", "x#", "x:x", "é😀", "x\n"+indent+"    y ", "x\n\n"+indent+"    y")
		w.write("x")
	case 1:
		w.write("'")
		w.text("x", " ", "# ", " #", "''", ": ", "\n"+indent+"   ")
		w.write("'")
	case 2:
		w.write(`"`)
		w.text("x", " ", "# ", " #", `\"`, ": ", `\n`, `\t`, `\\`, `\x5ax`, "\n\n"+indent+"   ", "x\\\n"+indent+"  ")
		w.write(`"`)
	case 3:
		w.write("[")
		for range rapid.IntRange(0, 3).Draw(w.t, "members") {
			w.write("", " ", "\n"+indent+"   ")
			if w.depth++; w.depth > 5 || w.chance(50) {
				w.yamlFlow(indent+"  ", w.nr%3)
			} else {
				w.nr++
				w.write(fmt.Sprintf("{k%d: ", w.nr))
				w.yamlFlow(indent+"  ", w.nr%4)
				w.write("}", ",k: 1}", "\n"+indent+"  }")
			}
			w.depth--
			w.write(",")
			if w.chance(20) {
				w.write(" ")
				w.comment()
				w.write("\n" + indent + "  ")
			}
		}
		w.write("]")
	}
}

func inverse(ids map[string]string) map[string]string {
	out := make(map[string]string)
	for from, to := range ids {
		out[to] = from
	}
	return out
}

// checkRewrite compares the result of a rewrite with what is expected, reads
// both with another parser, and takes the rewrite back.
func checkRewrite(t rapid.TB, f Format, in, want string, ids map[string]string) {
	t.Helper()
	out, _, err := RewriteIDs(f, []byte(in), ids)
	if err != nil {
		t.Fatalf("%s\n%v", in, err)
	}
	if string(out) != want {
		t.Fatalf("%s\nbecame\n%s\nwant\n%s", in, out, want)
	}
	before, err := decodeTree(f, []byte(in))
	if err != nil {
		t.Fatalf("%s\n%v", in, err)
	}
	after, err := decodeTree(f, out)
	if err != nil {
		t.Fatalf("%s\n%v", out, err)
	}
	if !reflect.DeepEqual(mapTree(before, ids), mapTree(after, nil)) {
		t.Fatalf("%s\nbecame\n%s", in, out)
	}
	back, _, err := RewriteIDs(f, out, inverse(ids))
	if err != nil {
		t.Fatal(err)
	}
	if string(back) != in {
		t.Fatalf("%s\nbecame\n%s\nand that\n%s", in, out, back)
	}
}

func TestRewriteIDsOfRandomJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t, ids: map[string]string{}}
		w.json()
		checkRewrite(t, JSON, w.in.String(), w.out.String(), w.ids)
	})
}

func TestRewriteIDsOfRandomYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t, ids: map[string]string{}}
		w.yamlBlock("", rapid.Bool().Draw(t, "mapping"))
		checkRewrite(t, YAML, w.in.String(), w.out.String(), w.ids)
	})
}
