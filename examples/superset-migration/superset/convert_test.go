package superset

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		yaml, json string
		exact      bool
	}{
		{"0", "0", true},
		{"-0", "0", true},
		{"+7", "7", true},
		{"1_000", "1000", true},
		{"0x1F", "31", true},
		{"0o17", "15", true},
		{"0b11", "3", true},
		{"010", `"010"`, false}, // eight to Superset, ten to YAML 1.2
		{"9223372036854775807", "9223372036854775807", true},
		{"9223372036854775808", `"9223372036854775808"`, false},
		{"1.50", "1.50", true},
		{"0.1", "0.1", true},
		{"1.618033988749895", "1.618033988749895", true},
		{"0.10000000000000000001", `"0.10000000000000000001"`, false},
		{"1e3", "1e3", true},
		{"1E+400", `"1E+400"`, false},
		{".5", "0.5", true},
		{"1.", "1", true},
		{".inf", `".inf"`, false},
		{"-.INF", `"-.INF"`, false},
		{".NaN", `".NaN"`, false},
	} {
		if json, exact := number(c.yaml); json != c.json || exact != c.exact {
			t.Errorf("number(%s) = %s, %v; want %s, %v", c.yaml, json, exact, c.json, c.exact)
		}
	}
}

func TestConversionIsLossless(t *testing.T) {
	for _, c := range []struct{ yaml, lossy string }{
		{"a: 1\nb: [x, {c: ~}]", ""},
		{"a: 1\nA: 2", `line 2: key "A" differs from another in case alone`},
		{"size: 1\nſize: 2", `key "ſize" differs from another in case alone`},
		{"STRASSE: 1\nstraße: 2", ""}, // full case folding, which no reader of JSON applies
		{"a: .nan", "line 1: JSON has no exact number for .nan"},
	} {
		if _, lossy, err := toJSON([]byte(c.yaml)); err != nil || !strings.Contains(lossy, c.lossy) || (lossy == "") != (c.lossy == "") {
			t.Errorf("%q: lossy %q, error %v; want %q", c.yaml, lossy, err, c.lossy)
		}
	}
}

func TestConversionRefuses(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'i'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 10) + "]\n"
	}
	for _, c := range []struct{ name, yaml, want string }{
		{"nothing", "", "no documents"},
		{"two documents", "a: 1\n---\nb: 2\n", "multiple"},
		{"the same key twice", "a: 1\na: 2\n", `"a"`},
		{"keys that are the same as text", "1: a\n'1': b\n", `"1"`},
		{"a list for a key", "? [a, b]\n: c\n", "line 1: a key is not a plain word"},
		{"a merge key", "a: &a {b: 1}\nc: {<<: *a}\n", "line 2: a key is not a plain word"},
		{"an alias of itself", "a: &a [*a]\n", ""},
		{"aliases of aliases of aliases", bomb, "beyond what this program reads"},
		{"brackets without end", strings.Repeat("[", 100) + strings.Repeat("]", 100), "deeper"},
		{"no UTF-8", "a: \xff\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := toJSON([]byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// FuzzToJSON holds that a document is refused or becomes one JSON value, which
// reads as YAML to itself: JSON is YAML.
func FuzzToJSON(f *testing.F) {
	for _, file := range []string{"testdata/report.txtar", "testdata/lossy.txtar"} {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			f.Add(part.Data)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		value, lossy, err := toJSON(doc)
		if err != nil {
			return
		}
		if !value.IsValid() {
			t.Fatalf("%q became %s, which is no JSON", doc, value)
		}
		again, _, err := toJSON(value)
		if err == nil && lossy == "" && string(again) != string(value) {
			t.Errorf("%s became %s", value, again)
		}
	})
}
