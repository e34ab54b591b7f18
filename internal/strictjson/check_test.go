package strictjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestCheckAccepts(t *testing.T) {
	for _, doc := range []string{
		`{}`, `[]`, ` null `, "\r\n\t0", `"x"`, `-1`, `true`, `false`, `[1,[2,{"a":[]}]]`,
		`{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}`, `"\ud83d\ude00\u00e9\\\/\b\f\n\r\t\""`, `"é😀"`,
		`9223372036854775807`, `-9223372036854775808`, `0.1`, `0.10`, `1e2`, `1.5E+3`, `-0.0`, `1e300`, `0e0`, `123456.789`,
		`{"":1}`, `{"a\u0062":1,"abc":2}`, strings.Repeat("[", 64) + strings.Repeat("]", 64),
	} {
		if err := Check([]byte(doc), Limits{}); err != nil {
			t.Errorf("Check(%q): %v", doc, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	many := func(n int, last string) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			b.WriteString(`"m` + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + `":0,`)
		}
		return b.String() + `"` + last + `":0}`
	}
	for _, c := range []struct{ doc, want string }{
		{"", "ends in the middle"}, {"  ", "ends in the middle"}, {"[1", "expected ',' or ']'"}, {"{", "member's name"},
		{`{"a"`, "expected ':'"}, {`{"a":`, "ends in the middle"}, {`{"a":1,}`, "member's name"}, {"[1,]", "cannot begin with ']'"},
		{"1 2", "goes on after"}, {"{}{}", "goes on after"}, {"{}\x00", "goes on after"},
		{"\xef\xbb\xbf{}", "byte order mark"}, {"\"\xff\"", "UTF-8"}, {"\"\xed\xa0\x80\"", "UTF-8"}, {"\"\\n\xc0\"", "UTF-8"},
		{`"\ud800"`, "surrogate"}, {`"\udc00"`, "surrogate"}, {`"\ud800\ud800"`, "surrogate"}, {`"\ud800x"`, "surrogate"}, {`"\u12"`, "escape"}, {`"\x"`, "escape"},
		{"\"a\nb\"", "0x0a"}, {"\"\\t\x01\"", "0x01"}, {`"abc`, "within a string"}, {`"abc\`, "within a string"}, {`"\n`, "within a string"},
		{`{"size":1,"size":2}`, `second member called "size"`}, {`{"size":1,"Size":2}`, "second member"}, {`{"size":1,"ſize":2}`, "second member"},
		{`{"k":1,"K":2}`, "second member"}, {`{"a":1,"\u0061":2}`, "second member"}, {`{"é":1,"É":2}`, "second member"},
		{many(40, "mb"), "second member"}, {many(40, "MB"), "second member"},
		{"01", "not a number"}, {"-", "not a number"}, {"1.", "not a number"}, {"1e", "not a number"}, {"-01", "not a number"}, {"+1", "cannot begin"}, {".5", "cannot begin"},
		{"NaN", "cannot begin"}, {"nul", "expected null"}, {"Infinity", "cannot begin"}, {"'a'", "cannot begin"}, {"// x", "cannot begin"},
		{"9223372036854775808", "64 bits"}, {"-9223372036854775809", "64 bits"}, {"0.1000000000000000055511151231257827", "loses digits"},
		{"9007199254740993.0", "loses digits"}, {"1e400", "loses digits"}, {"1e-400", "loses digits"}, {"1e2000000", "loses digits"},
		{strings.Repeat("1", 65), "more than 64 characters"}, {"1e" + strings.Repeat("9", 40), "loses digits"},
		{strings.Repeat("[", 65) + strings.Repeat("]", 65), "deeper than 64"}, {strings.Repeat(`{"a":`, 100000), "deeper than 64"},
		{"[\n\n\xff]", "line 3"},
	} {
		err := Check([]byte(c.doc), Limits{})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Check(%.60q) = %v, want %q", c.doc, err, c.want)
		}
	}
	if err := Check([]byte(`{"a":[1,"x",null],"b":{}}`), Limits{Values: 5}); err == nil || !strings.Contains(err.Error(), "more than 5 values") {
		t.Errorf("6 values: %v", err)
	}
	if err := Check([]byte(`{"a":[1,"x",null],"b":{}}`), Limits{Values: 6}); err != nil {
		t.Errorf("6 values: %v", err)
	}
	if err := Check([]byte(`{"a":1,"b":2,"c":3}`), Limits{Members: 2}); err == nil || !strings.Contains(err.Error(), "more than 2 members") {
		t.Errorf("members: %v", err)
	}
	if err := Check([]byte(`[1,2]`), Limits{Size: 4}); err == nil || !strings.Contains(err.Error(), "limit 4") {
		t.Errorf("size: %v", err)
	}
}

func TestWalk(t *testing.T) {
	doc := []byte(" { \"a\" : [ 1 , {\"x\":\"}]\\\"\"} , [] ] ,\n\"\\u0062\":\"é\\n\", \"c\":null}")
	if err := Check(doc, Limits{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, value := range Members(doc) {
		got = append(got, string(name)+"="+string(value))
		for element := range Elements(value) {
			got = append(got, "-"+string(element))
		}
	}
	want := "a=[ 1 , {\"x\":\"}]\\\"\"} , [] ]|-1|-{\"x\":\"}]\\\"\"}|-[]|b=\"é\\n\"|c=null"
	if strings.Join(got, "|") != want {
		t.Errorf("walked %q, want %q", strings.Join(got, "|"), want)
	}
	if s, ok := Text([]byte(`"é\n\ud83d\ude00"`)); !ok || s != "é\n😀" {
		t.Errorf("Text = %q, %v", s, ok)
	}
	for _, c := range []struct {
		value string
		n     int64
		ok    bool
	}{{"12", 12, true}, {"-3", -3, true}, {"1.0", 0, false}, {"1e2", 0, false}, {`"1"`, 0, false}, {"-0", 0, false}, {"null", 0, false}} {
		if n, ok := Int([]byte(c.value)); n != c.n || ok != c.ok {
			t.Errorf("Int(%s) = %d, %v", c.value, n, ok)
		}
	}
}

// FuzzCheck holds that what is accepted is JSON to the standard library too,
// and that reading it and walking it find what a decoder finds.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x\u00e9"],"b":{"c":null}}`, `{"size":1,"ſize":2}`, `"\ud800"`, `[[[[]]]]`, `1e400`, "\xff", `{"a":1}x`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		reads(t, doc)
		if Check(doc, Limits{}) != nil {
			return
		}
		var v any
		if err := json.Unmarshal(doc, &v); err != nil {
			t.Fatalf("accepted %q, but: %v", doc, err)
		}
		switch v := v.(type) {
		case map[string]any:
			n := 0
			for name, value := range Members(doc) {
				n++
				if _, ok := v[string(name)]; !ok || !json.Valid(value) {
					t.Fatalf("member %q of %q: %q", name, doc, value)
				}
			}
			if n != len(v) {
				t.Fatalf("%d members of %q, want %d", n, doc, len(v))
			}
		case []any:
			n := 0
			for value := range Elements(doc) {
				n++
				if !json.Valid(value) {
					t.Fatalf("element of %q: %q", doc, value)
				}
			}
			if n != len(v) {
				t.Fatalf("%d elements of %q, want %d", n, doc, len(v))
			}
		case string:
			if s, ok := Text(trim(doc)[:valueLength(trim(doc))]); !ok || s != v {
				t.Fatalf("Text(%q) = %q, want %q", doc, s, v)
			}
		}
	})
}
