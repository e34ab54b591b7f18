package docedit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	idA = "2a5e0b1c-93f4-4d61-8c07-5b1f6a9d3e20"
	idB = "0c1d2e3f-4a5b-4c6d-8e9f-a0b1c2d3e4f5"
	idC = "ffffeeee-dddd-4ccc-bbbb-aaaa99998888"
	idD = "11112222-3333-4444-8555-666677778888" // no letter
)

// mapped are the identifiers the tables rewrite; idC stands for one that is
// not mapped.
var mapped = map[string]string{
	idA: "9e8d7c6b-5a49-4382-9716-f0e1d2c3b4a5",
	idD: "deadbeef-0000-4000-8000-00000000feed",
}

// fill writes a document: A and D are mapped identifiers, B and E what they
// become, C one that stays, each in braces; {a} and {b} are {A} and {B} in
// capitals.
func fill(s string) string {
	return strings.NewReplacer(
		"{A}", idA, "{B}", mapped[idA], "{C}", idC, "{D}", idD, "{E}", mapped[idD],
		"{a}", strings.ToUpper(idA), "{b}", strings.ToUpper(mapped[idA]),
	).Replace(s)
}

func TestRewriteIDs(t *testing.T) {
	u := func(s string, i int) string { return fmt.Sprintf(`%s\u%04x%s`, s[:i], s[i], s[i+1:]) }
	tests := []struct {
		name     string
		format   Format
		doc, out string
		n        int
	}{
		{"value", JSON, `{"id":"{A}"}`, `{"id":"{B}"}`, 1},
		{"key", JSON, `{"{A}":1,"x":2}`, `{"{B}":1,"x":2}`, 1},
		{"whole document", JSON, ` "{A}" `, ` "{B}" `, 1},
		{"inside text", JSON, `["CHART-{A}","report:{A}?x=1","{A}{C}","{{A}}","x{A}x"]`, `["CHART-{B}","report:{B}?x=1","{A}{C}","{{B}}","x{B}x"]`, 4},
		{"longer hexadecimal run", JSON, `["a{A}","{A}0","F{A}","{A}F","0-{A}-0"]`, `["a{A}","{A}0","F{A}","{A}F","0-{B}-0"]`, 1},
		{"capitals", JSON, `["{a}"]`, `["{b}"]`, 1},
		{"mixed case", JSON, `["` + idA[:9] + strings.ToUpper(idA[9:]) + `"]`, `["{B}"]`, 1},
		{"digits only", JSON, `["{D}"]`, `["{E}"]`, 1},
		{"not mapped", JSON, `{"{C}" : [ 1.50, 1E2, -0 ] }`, `{"{C}" : [ 1.50, 1E2, -0 ] }`, 0},
		{"formatting", JSON, "{\r\n\t\"a\" :\t[ 1.0 , 1e2,\"\\u00e9\\/\" ] ,\"{A}\":null}\n\n", "{\r\n\t\"a\" :\t[ 1.0 , 1e2,\"\\u00e9\\/\" ] ,\"{B}\":null}\n\n", 1},
		{"document in a string", JSON, `{"p":"{\"{A}\":[\"\\n{A}\"]}"}`, `{"p":"{\"{B}\":[\"\\n{B}\"]}"}`, 2},
		{"escaped", JSON, `["\n` + u(idA, 0) + `\/"]`, `["\n{B}\/"]`, 1},
		{"escaped dash", JSON, `["😀\ud83d\ude00é` + u(idA, 8) + `\u00e9","\u00e9"]`, `["😀\ud83d\ude00é{B}\u00e9","\u00e9"]`, 1},
		{"escape before", JSON, `["\u00e9{A}","\b{A}","\f{A}","\u544a{A}"]`, `["\u00e9{B}","\b{B}","\f{B}","\u544a{B}"]`, 4},
		{"escape that is a digit", JSON, `["\u0061{A}","{A}\u0061{C}\""]`, `["\u0061{A}","{A}\u0061{C}\""]`, 0},
		{"escape in a document in a string", JSON, `"{\"k\":\"\\u544a{A}\\u0061,{A}\"}"`, `"{\"k\":\"\\u544a{A}\\u0061,{B}\"}"`, 1},
		{"only seems a document", JSON, `"{\"k\":\"\\b{A}\""`, `"{\"k\":\"\\b{A}\""`, 0},
		{"truncated", JSON, `["` + idA[:35] + `","-","--------` + idA[8:] + `"]`, `["` + idA[:35] + `","-","--------` + idA[8:] + `"]`, 0},

		{"value", YAML, "id: {A}\n", "id: {B}\n", 1},
		{"key", YAML, "{A}: 1\n? {D}\n: 2\n", "{B}: 1\n? {E}\n: 2\n", 2},
		{"comments", YAML, "# {A}\n{A}: {A} # {A}\n\n# {A}\n\nb: # {A}\n  - {A}\n  # {A}\n# {A}\n", "# {A}\n{B}: {B} # {A}\n\n# {A}\n\nb: # {A}\n  - {B}\n  # {A}\n# {A}\n", 3},
		{"no comment", YAML, "a: x#{A}\nb: \"# {A}\" # {A}\nc: '# {A}'\nd: |\n  # {A}\n  x\n# {A}\ne: >-\n  x\n  # {A}\n", "a: x#{B}\nb: \"# {B}\" # {A}\nc: '# {B}'\nd: |\n  # {B}\n  x\n# {A}\ne: >-\n  x\n  # {B}\n", 5},
		{"only in comments", YAML, "a: 1 # {A}\n", "a: 1 # {A}\n", 0},
		{"nothing but comments", YAML, "# {A}\n", "# {A}\n", 0},
		{"empty", YAML, "", "", 0},
		{"styles", YAML, "a: '{A}'\nb: \"{a}\"\nc: {x: [{A}, '{A}']}\nd: a plain\n  and {A}\n  folded\n", "a: '{B}'\nb: \"{b}\"\nc: {x: [{B}, '{B}']}\nd: a plain\n  and {B}\n  folded\n", 5},
		{"line breaks", YAML, "b:   0x1F   \r\n\r\na:  {A}\r\n...\r\n", "b:   0x1F   \r\n\r\na:  {B}\r\n...\r\n", 1},
		{"document in a string", YAML, `p: '{"{A}":["\n{A}"]}'`, `p: '{"{B}":["\n{B}"]}'`, 2},
		{"escapes elsewhere", YAML, `p: "\x41\t{A}\
   x"`, `p: "\x41\t{B}\
   x"`, 1},
		{"escaped", YAML, `p: ["\x32` + idA[1:] + `" , '{A}'] # {A}`, `p: ["{B}" , '{B}'] # {A}`, 2},
		{"escape before", YAML, `p: "\u544a{A} \b{A}, {A}" # {A}`, `p: "告{B} \b{B}, {B}" # {A}`, 3},
		{"escape that is a digit", YAML, `p: "{A}\x61"`, `p: "{A}\x61"`, 0},
		{"escape in a document in a string", YAML, `p: '{"k":"it''s\u544a{A}\u0061,\u544a{A}"}'`, `p: '{"k":"it''s\u544a{A}\u0061,\u544a{B}"}'`, 1},
		{"broken line", YAML, "p: \"" + idA[:9] + "\\\n  " + idA[9:] + "\"\nq: 1", "p: \"{B}\"\nq: 1", 1},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d/%s", tt.format, tt.name), func(t *testing.T) {
			doc := fill(tt.doc)
			out, n, err := RewriteIDs(tt.format, []byte(doc), mapped)
			if err != nil {
				t.Fatal(err)
			}
			if want := fill(tt.out); string(out) != want || n != tt.n {
				t.Errorf("%s\nbecame (%d replaced)\n%s\nwant (%d)\n%s", doc, n, out, tt.n, want)
			}
		})
	}
}

func TestRewriteIDsSwaps(t *testing.T) {
	ids := map[string]string{idA: idB, idB: idC, idC: idA, idD: idD}
	for format, doc := range map[Format]string{
		JSON: `{"` + idA + `":"` + idB + `","` + idB + `":"` + idC + ` ` + idA + `","` + idD + `":0}`,
		YAML: idA + `: ` + idB + "\n" + idB + `: ` + idC + ` ` + idA + "\n" + idD + ": 0 # " + idA,
	} {
		out, n, err := RewriteIDs(format, []byte(doc), ids)
		if err != nil {
			t.Fatal(err)
		}
		content, comment, _ := strings.Cut(doc, "#")
		want := strings.NewReplacer(idA, idB, idB, idC, idC, idA).Replace(content)
		if comment != "" {
			want += "#" + comment
		}
		if string(out) != want || n != 5 {
			t.Errorf("%s\nbecame (%d)\n%s\nwant\n%s", doc, n, out, want)
		}
	}
}

func TestRewriteIDsRefuses(t *testing.T) {
	b := mapped[idA]
	tests := []struct {
		name   string
		format Format
		doc    string
		line   int // 0: not a RewriteError
		text   string
	}{
		{"same key", JSON, "{\n\"" + idA + "\":1,\n\"" + b + "\":2}", 3, "two keys of one object"},
		{"same key, spelled otherwise", JSON, "{\"" + idA + "\":1,\n\n\"\\u0039" + b[1:] + "\":2}", 3, "two keys of one object"},
		{"same key in a string", JSON, "[1,\n\"{\\\"" + idA + "\\\":1,\\\"" + b + "\\\":2}\"]", 2, "two keys of one object"},
		{"same key", YAML, "a:\n  " + idA + ": 1\n  " + b + ": 2\n", 3, "remove one of them"},
		{"same key in flow", YAML, "\n{" + idA + ": 1, \"" + b + "\": 2}\n", 2, "two keys of one object"},
		{"same key in a string", YAML, "a: 1\nb: '{\"" + idA + "\":1,\"" + b + "\":2}'\n", 2, "two keys of one object"},
		{"escape in a block scalar", YAML, "a: |\n  {\"k\": \"\\u544a" + idA + "\"}\n", 1, "write it in one piece and without escapes"},
		{"anchor", YAML, "a: &x " + idA + "\nb: *x\n", 0, "line 1: anchors, aliases and tags"},
		{"tag", YAML, "a: 1\nb: !x " + idA + "\n", 0, "line 2: anchors"},
		{"two documents", YAML, "a: 1\n---\nb: 1\n", 0, "more than one document"},
		{"not YAML", YAML, "a: [", 0, "parse YAML"},
		{"not JSON", JSON, `{"a":1,}`, 0, "parse JSON"},
		{"two values", JSON, `{} {}`, 0, "parse JSON: more than one value"},
		{"nothing", JSON, ` `, 0, "parse JSON"},
		{"duplicate name", JSON, `{"a":1,"a":1}`, 0, "parse JSON"},
		{"not UTF-8", JSON, "\"\xff\"", 0, "parse JSON"},
		{"no format", 0, `1`, 0, "unknown format 0"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d/%s", tt.format, tt.name), func(t *testing.T) {
			out, _, err := RewriteIDs(tt.format, []byte(tt.doc), mapped)
			if err == nil {
				t.Fatalf("%s\nbecame\n%s", tt.doc, out)
			}
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %q does not say %q", err, tt.text)
			}
			var rewrite *RewriteError
			if errors.As(err, &rewrite) != (tt.line > 0) || rewrite != nil && rewrite.Line != tt.line {
				t.Errorf("error %#v, want line %d", err, tt.line)
			}
		})
	}
}

func TestRewriteIDsRefusesIDs(t *testing.T) {
	for _, ids := range []map[string]string{
		{idA: ""},
		{"2a5e": idA},
		{strings.ToUpper(idA): idB},
		{idA: strings.ToUpper(idB)},
		{strings.ReplaceAll(idA, "-", "0"): idB},
		{idA: strings.Replace(idB, "a", "g", 1)},
	} {
		if _, _, err := RewriteIDs(JSON, []byte(`1`), ids); err == nil || !strings.Contains(err.Error(), "no lower-case UUID") {
			t.Errorf("%v: error %v", ids, err)
		}
	}
}

func TestRewriteIDsTooLarge(t *testing.T) {
	doc := []byte(`"` + strings.Repeat("x", MaxSize-2) + `"`)
	if _, _, err := RewriteIDs(JSON, doc, mapped); err != nil {
		t.Error(err)
	}
	if _, _, err := RewriteIDs(JSON, append(doc, ' '), mapped); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
	if _, err := Replace(YAML, append(doc, ' '), nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
}

// manyIDs returns a document of about size bytes full of identifiers, and
// their replacements.
func manyIDs(f Format, size int) (doc string, ids map[string]string) {
	ids = make(map[string]string)
	line := map[Format]string{
		JSON: "\"%[1]s\": {\"chart\": \"CHART-%[1]s\"},\n",
		YAML: "%[1]s: # %[1]s\n  chart: \"CHART-%[1]s \\b%[1]s\"\n",
	}[f]
	var b strings.Builder
	for i := 0; b.Len() < size-300; i++ {
		id := fmt.Sprintf("%08x%s", i, idA[8:])
		ids[id] = fmt.Sprintf("%08x%s", i, idB[8:])
		fmt.Fprintf(&b, line, id)
	}
	if f == JSON {
		return "{" + b.String() + "\"last\": 1}", ids
	}
	return b.String(), ids
}

func TestRewriteIDsOfManyIDs(t *testing.T) {
	for _, f := range []Format{JSON, YAML} {
		doc, ids := manyIDs(f, 1<<20)
		out, n, err := RewriteIDs(f, []byte(doc), ids)
		if err != nil {
			t.Fatal(err)
		}
		if each := int(f) + 1; n != len(ids)*each || strings.Contains(string(out), "-"+idA[9:]+`"`) {
			t.Errorf("format %d: replaced %d of %d", f, n, len(ids)*each)
		}
	}
}

func BenchmarkRewriteIDs(b *testing.B) {
	for f, name := range map[Format]string{JSON: "JSON", YAML: "YAML"} {
		for _, size := range []int{1 << 18, 1 << 20, 1 << 22} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				doc, ids := manyIDs(f, size)
				b.SetBytes(int64(len(doc)))
				b.ReportMetric(float64(len(ids)), "ids")
				for b.Loop() {
					if _, _, err := RewriteIDs(f, []byte(doc), ids); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestRewriteFunc(t *testing.T) {
	const from, to = "2a5e562b-ab37-4b9b-9de3-1be4335c8e83", "3a5e562b-ab37-4b9b-9de3-1be4335c8e83"
	doc := []byte(`{"id": "` + from + `", "other": "4a5e562b-ab37-4b9b-9de3-1be4335c8e83", "again": "x ` + from + `"}`)
	swap := func(to string) func(string) (string, bool) {
		return func(id string) (string, bool) { return to, id == from }
	}
	want, wantN, err := RewriteIDs(JSON, doc, map[string]string{from: to})
	if err != nil {
		t.Fatal(err)
	}
	if got, n, err := RewriteFunc(JSON, doc, swap(to)); err != nil || n != wantN || string(got) != string(want) {
		t.Errorf("%s, %d, %v; want %s, %d", got, n, err, want, wantN)
	}
	if got, n, err := RewriteFunc(JSON, doc, swap(from)); err != nil || n != 0 || string(got) != string(doc) {
		t.Errorf("%s, %d, %v", got, n, err)
	}
	if got, _, err := RewriteFunc(JSON, doc, swap("no id")); err == nil || got != nil {
		t.Errorf("a replacement that is no identifier is accepted: %s", got)
	}
}
