package secretscan

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/internal/docedit"
)

const (
	token    = "ghp_" + r32 + "Qw3r"
	password = "S3cr-t!x99"
)

func scan(t testing.TB, f docedit.Format, doc string, opts Options) []Finding {
	t.Helper()
	findings, err := Scan(f, []byte(doc), opts)
	if err != nil {
		t.Fatalf("%v in\n%s", err, doc)
	}
	return findings
}

// brief is a finding without its preview.
func brief(findings []Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, fmt.Sprintf("%d %s %s %s", f.Line, f.In, f.Pointer, f.Rule))
	}
	return list
}

func TestWhereFindingsStand(t *testing.T) {
	for _, c := range []struct {
		name   string
		format docedit.Format
		doc    string
		want   []string
	}{
		{"values", docedit.JSON, "{\n \"a\": [1, {\"b/~c\": \"x " + token + "\"}],\n \"d\": {\"password\": \"" + password + "\"}\n}", []string{"2 value /a/1/b~1~0c github-token", "3 value /d/password member-credential"}},
		{"root", docedit.JSON, `"` + token + `"`, []string{"1 value  github-token"}},
		{"name", docedit.JSON, `{"` + token + `": {"password": "` + password + `"}}`, []string{"1 name /[redacted:github-token] github-token", "1 value /[redacted:github-token]/password member-credential"}},
		{"escaped", docedit.JSON, `{"u": "https:\/\/u:` + password + `@h.example"}`, []string{"1 value /u url-password"}},
		{"two rules", docedit.JSON, `{"u": "` + token + ` dop_v1_` + h32 + h32 + ` ` + token + `"}`, []string{"1 value /u github-token", "1 value /u digitalocean-token"}},
		{"token in a credential", docedit.JSON, `{"token": "` + token + `"}`, []string{"1 value /token github-token"}},
		{"arrays", docedit.JSON, `[[], [{}, "` + token + `"], {"x": []}, "` + token + `"]`, []string{"1 value /1/1 github-token", "1 value /3 github-token"}},
		{"plain", docedit.YAML, "a: 1\nlist:\n  - x\n  - token: " + token + "\n", []string{"4 value /list/1/token github-token"}},
		{"block", docedit.YAML, "a:\n  key: |\n    -----BEGIN PRIVATE " + "KEY-----\n    MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nb: 1\n", []string{"2 value /a/key private-key"}},
		{"folded", docedit.YAML, "a: >\n  Authorization: Bearer\n  " + r32 + "\n", []string{"1 value /a bearer-token"}},
		{"plain over lines", docedit.YAML, "a: Bearer\n     " + r32 + "\n", []string{"1 value /a bearer-token"}},
		{"quoted", docedit.YAML, `a: "gh\x70_` + token[4:] + `"` + "\n", []string{"1 value /a github-token"}},
		{"name in YAML", docedit.YAML, "a:\n  ? " + token + "\n  : 1\n", []string{"2 name /a/[redacted:github-token] github-token"}},
		{"comments", docedit.YAML, "# first\na: 1 # " + token + "\n# password=" + password + "\nb: 2\n", []string{"2 comment /a github-token", "3 comment /b assigned-credential"}},
		{"number", docedit.YAML, "db:\n  password: 19840612\n", []string{"2 value /db/password member-credential"}},
		{"environment", docedit.YAML, "- name: API_TOKEN\n  value: q7Wm2Zx9Lk4Tb8Vn\n", []string{"2 value /0/value member-credential"}},
		{"empty", docedit.YAML, "", nil},
		{"aliases", docedit.YAML, "a: &x " + token + "\nb: *x\n", []string{"1 value /a github-token"}},
	} {
		got := brief(scan(t, c.format, c.doc, Options{}))
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestErrorsHoldNothing(t *testing.T) {
	for _, c := range []struct {
		format docedit.Format
		doc    string
		want   string
	}{
		{docedit.JSON, "{\n\"" + token + "\": ,}", "not valid JSON at line 2"},
		{docedit.JSON, "", "not valid JSON at line 1"},
		{docedit.JSON, `{} "` + token + `"`, "goes on after its value"},
		{docedit.JSON, "\"\xff" + token + "\"", "not valid JSON"},
		{docedit.YAML, "a: [" + token, "not valid YAML"},
		{docedit.YAML, "a: 1\n---\nb: " + token + "\n", "holds several"},
		{0, "", "unknown format 0"},
	} {
		findings, err := Scan(c.format, []byte(c.doc), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), token[:8]) || findings != nil {
			t.Errorf("%q: %v, %v; want %q", c.doc, findings, err, c.want)
		}
	}
}

// TestFindingsHoldNothingOfSecrets looks at all that a finding says for the
// examples of every rule.
func TestFindingsHoldNothingOfSecrets(t *testing.T) {
	for _, r := range table {
		for _, example := range r.match {
			findings, err := Scan(docedit.YAML, fmt.Appendf(nil, "a: [%q]\n%q: 1\n", example, example), Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				text := fmt.Sprintf("%v %+v", f, f)
				for i := 0; i+8 <= len(example); i++ {
					if part := example[i : i+8]; entropy(part) > 2.8 && strings.Contains(text, part) && !strings.Contains(strings.Join(r.keywords, " "), strings.ToLower(part)) && !strings.Contains(r.about+r.id, part) {
						t.Errorf("%s: %q tells %q", r.id, text, part)
					}
				}
			}
		}
	}
	got := scan(t, docedit.JSON, `{"a": {"password": "`+password+`"}, "b": "`+token+`"}`, Options{})
	want := []string{
		`line 1: "/a/password" looks like a member whose name says that it holds a credential (member-credential, …)`,
		`line 1: "/b" looks like a token of GitHub (github-token, ghp_…, 36 characters)`,
	}
	for i, f := range got {
		if f.String() != want[i] {
			t.Errorf("got  %s\nwant %s", f, want[i])
		}
	}
}

func TestAllow(t *testing.T) {
	doc := `{"a": {"b": ["x", "see ` + token + `"]}, "password": "` + password + `"}`
	for _, c := range []struct {
		allow Allow
		left  int
	}{
		{Allow{Rule: "github-token"}, 1},
		{Allow{Rule: "private-key"}, 2},
		{Allow{Pointer: "/a/b/1"}, 1},
		{Allow{Pointer: "/a/*/*"}, 1},
		{Allow{Pointer: "/a/*"}, 2},
		{Allow{Pointer: "/**"}, 0},
		{Allow{Pointer: "/**/1"}, 1},
		{Allow{Pointer: "/a/**/b/**/1"}, 1},
		{Allow{Pointer: "/password/**"}, 1},
		{Allow{SHA256: digest(token[4:])}, 1},
		{Allow{SHA256: digest("see " + token)}, 1},
		{Allow{SHA256: digest("x")}, 2},
		{Allow{Rule: "github-token", Pointer: "/password"}, 2},
	} {
		if got := scan(t, docedit.JSON, doc, Options{Allow: []Allow{c.allow}}); len(got) != c.left {
			t.Errorf("%+v leaves %v", c.allow, got)
		}
	}
	for _, c := range []struct {
		allow Allow
		want  string
	}{
		{Allow{}, "would allow everything"},
		{Allow{Rule: "github"}, `the rule "github", which there is none of`},
		{Allow{Pointer: "a"}, "begin with a slash"},
		{Allow{SHA256: strings.Repeat("A", 64)}, "64 lower-case"},
	} {
		if _, err := Scan(docedit.JSON, []byte(doc), Options{Allow: []Allow{c.allow}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.allow, err, c.want)
		}
	}
}

func TestRedact(t *testing.T) {
	for _, c := range []struct {
		name      string
		format    docedit.Format
		doc, want string
	}{
		{"JSON", docedit.JSON, "{ \"a\" :\t[1.50, \"" + token + "\"],\n\"password\":\"" + password + "\"  }\n", "{ \"a\" :\t[1.50, \"[redacted:github-token]\"],\n\"password\":\"[redacted:member-credential]\"  }\n"},
		{"number", docedit.JSON, `{"password": 19840612}`, `{"password": "[redacted:member-credential]"}`},
		{"first rule", docedit.JSON, `["` + token + " dop_v1_" + h32 + h32 + `"]`, `["[redacted:github-token]"]`},
		{"root", docedit.JSON, `"` + token + `"`, `"[redacted:github-token]"`},
		{"YAML", docedit.YAML, "# kept\na:   '" + token + "'   # kept\nb: [1, " + token + "]\n", "# kept\na:   '[redacted:github-token]'   # kept\nb: [1, \"[redacted:github-token]\"]\n"},
		{"block", docedit.YAML, "a:\n  key: |-  \n    -----BEGIN PRIVATE " + "KEY-----\n    MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n\n    x\n\n  b: 1\nc: 2\n", "a:\n  key: \"[redacted:private-key]\"\n\n  b: 1\nc: 2\n"},
		{"block in a list", docedit.YAML, "- >\n Bearer\n " + r32 + "\n- x\n", "- \"[redacted:bearer-token]\"\n- x\n"},
		{"comment", docedit.YAML, "a: \"x # y\" # " + token + "\nb: 2\n# one\n# token=" + r16 + "\nc: 3\n", "a: \"x # y\" # [redacted:github-token]\nb: 2\n# [redacted:assigned-credential]\n# [redacted:assigned-credential]\nc: 3\n"},
		{"nothing", docedit.YAML, "a: 1\n", "a: 1\n"},
	} {
		findings := scan(t, c.format, c.doc, Options{})
		out, err := Redact(c.format, []byte(c.doc), findings)
		if err != nil || string(out) != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, out, c.want)
			continue
		}
		if left := scan(t, c.format, string(out), Options{}); len(left) > 0 {
			t.Errorf("%s: what was redacted still holds %v", c.name, left)
		}
	}
}

func TestRedactRefuses(t *testing.T) {
	for _, c := range []struct {
		format    docedit.Format
		doc, want string
	}{
		{docedit.JSON, `{"` + token + `": 1}`, "rename it in the source"},
		{docedit.YAML, token + ": 1\n", "rename it in the source"},
		{docedit.YAML, "a: &x " + token + "\nb: *x\n", "aliases"},
		{docedit.YAML, "a: " + token + "\na: " + token + "\n", "a secret is left"},
	} {
		out, err := Redact(c.format, []byte(c.doc), scan(t, c.format, c.doc, Options{}))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), token) || out != nil {
			t.Errorf("%q: %v, want %q", c.doc, err, c.want)
		}
	}
}

// FuzzScan demands that no document breaks a scan, that findings lead
// somewhere and can be redacted, that nothing is found afterwards, and that
// documents that are passed over unparsed hold nothing.
func FuzzScan(f *testing.F) {
	for _, r := range table {
		for i, example := range r.match {
			f.Add(fmt.Appendf(nil, `{"a": [%q], "b": 1}`, example), true)
			f.Add(fmt.Appendf(nil, "a: 1 # x\nb:\n  - %q\n", example), false)
			f.Add([]byte("a: |\n  "+strings.ReplaceAll(example, "\n", "\n  ")+"\nb: 1 # "+strings.ReplaceAll(example, "\n", " ")+"\n"), i == 100)
		}
	}
	f.Add([]byte("a: {password: hunter2, x: [\"p\\x61\"]}\n? b\n: c # token=q7Wm2Zx9Lk4Tb8Vn\n"), false)
	for _, doc := range []string{
		"- { name: DB_PASSWORD, value: hunter22 }\n- { key: x, value: y } # a secret\n", "token: [[q7Wm2Zx9Lk4Tb8Vn]]\nvalue: 1\n", "name: password\nvalue:\n  - hunter22\n", "a: never a secret\nvalue: b\n",
		"name: [password]\nvalue: hunter22\n", "pwd: 1234567\nb: ~\n", "secrets: { value: q7Wm2Zx9Lk4Tb8Vn }\n",
	} {
		f.Add([]byte(doc), false)
	}
	for _, doc := range []string{
		`{"name": ["DB_PASSWORD"], "value" : ["hunter22"], "\u0070wd": {"a": 1}}`, `{"a": "\u0067hp_0123456789abcdefghijABCDEFGHIJ012345", "b": "token"}`, `{"key":"secret","b":{"c":"x"},"value":"q7Wm2Zx9Lk4Tb8Vn"}`,
		`["token", {"apiKey"
 : "q7Wm2Zx9Lk4Tb8Vn"}]`, `{"value":"q7Wm2Zx9Lk4Tb8Vn","name":"token"}`, `"\\"`, `{"pwd": 1234567}`,
	} {
		f.Add([]byte(doc), true)
	}
	f.Add([]byte(`{"name":"PASSWORD","value":"hunter22","`+token+`":{}}`), true)
	f.Fuzz(func(t *testing.T, doc []byte, isJSON bool) {
		format := docedit.YAML
		if isJSON {
			format = docedit.JSON
		}
		before := bytes.Clone(doc)
		findings, err := Scan(format, doc, Options{})
		if err != nil {
			return
		}
		if passed, err := Scan(format, doc, Options{Valid: true}); err != nil || !reflect.DeepEqual(passed, findings) {
			t.Fatalf("read: %v, passed over: %v (%v)", findings, passed, err)
		}
		if format == docedit.YAML {
			s := scanner{matcher: rules(), doc: doc, line: 1}
			if err := s.yaml(); err == nil && !reflect.DeepEqual(s.findings, findings) {
				t.Fatalf("parsed: %v, passed over: %v", s.findings, findings)
			}
		}
		lines := 1 + strings.Count(string(doc), "\n")
		if format == docedit.YAML {
			for _, other := range []string{"\r", "\u0085", "\u2028", "\u2029"} { // line breaks of YAML 1.1
				lines += strings.Count(string(doc), other)
			}
		}
		for _, found := range findings {
			if found.Line < 1 || found.Line > lines {
				t.Errorf("%v is not in the document", found)
			}
		}
		out, err := Redact(format, doc, findings)
		if !bytes.Equal(doc, before) {
			t.Fatal("the document was changed in place")
		}
		if err != nil {
			return
		}
		if left, err := Scan(format, out, Options{}); err != nil || len(left) > 0 {
			t.Errorf("%q becomes %q, which still holds %v (%v)", doc, out, left, err)
		}
	})
}

// document builds one of about size bytes of which nothing is a secret, though
// much looks as if.
func document(f docedit.Format, size int) []byte {
	var b bytes.Buffer
	if f == docedit.JSON {
		b.WriteString(`{"pages":[`)
	}
	for i := 0; b.Len() < size; i++ {
		if f == docedit.JSON {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "\n  {\"id\":\"v%d\",\"dataset\":\"2a5e562b-ab37-4b9b-9de3-1be4335c8e83\",\"title\":\"Tokens by customer, see https://oa.example/%d\",\"options\":{\"secret_slot\":\"crm-token\",\"color\":\"#0b7a75\",\"note\":\"ask Asia desk for the password: see vault\"}}", i, i)
		} else {
			fmt.Fprintf(&b, "- { id: m%d, column: orders.token_%d, label: \"Password resets\", primary_key: id } # never a secret, see https://oa.example\n", i, i)
		}
	}
	if f == docedit.JSON {
		b.WriteString("]}")
	}
	return b.Bytes()
}

func BenchmarkScan(b *testing.B) {
	hostile := func(part string) []byte {
		return []byte(`{"a":"` + strings.Repeat(part, (4<<20)/len(part)) + `"}`)
	}
	for _, c := range []struct {
		name   string
		format docedit.Format
		doc    []byte
	}{
		{"json 4 MiB", docedit.JSON, document(docedit.JSON, 4<<20)},
		{"yaml 4 MiB", docedit.YAML, document(docedit.YAML, 4<<20)},
		{"yaml 4 MiB parsed", docedit.YAML, append(document(docedit.YAML, 4<<20), "- { password: vault }\n"...)},
		{"yaml 7 kB", docedit.YAML, document(docedit.YAML, 7000)},
		{"yaml 7 kB plain", docedit.YAML, bytes.ReplaceAll(bytes.ReplaceAll(document(docedit.YAML, 7000), []byte("secret"), []byte("plain ")), []byte("oken"), []byte("ope "))},
		{"hostile assignments", docedit.JSON, hostile("password=")},
		{"hostile prefixes", docedit.JSON, hostile(" eyJ eyJ.sk-SKAKIAghp_glpat-://")},
		{"hostile web tokens", docedit.JSON, hostile(".eyJaaaaaaaaaa")},
		{"hostile keys", docedit.JSON, hostile("-----BEGIN PRIVATE " + "KEY-----Hash:")},
		{"hostile space", docedit.JSON, hostile("bearer                          ")},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.doc)))
			for b.Loop() {
				if _, err := Scan(c.format, c.doc, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
