package sign

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func parseAllowed(t testing.TB, text string) *AllowedSigners {
	t.Helper()
	allowed, err := ParseAllowedSigners(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}

func keyLine(t testing.TB, name string) string { return testKey(t, name).String() }

func TestParseAllowedSigners(t *testing.T) {
	key, other := testKey(t, "ed25519"), testKey(t, "other")
	text := "# the backup team\r\n" +
		"\n" +
		" \t\n" +
		"\t# indented\n" +
		"alice@example.com,al* namespaces=\"oa-archive.v1:*\",valid-after=\"20260101Z\" " + key.String() + " alice's key\r\n" +
		"\"Bob B.\"\tVALID-BEFORE=\"20270101\"  " + other.String() + "\n" +
		"carol " + strings.TrimSpace(string(readKeyFile(t, "rsa.pub"))) + "\n" +
		"dave namespaces=\"file\" " + strings.TrimSpace(string(readKeyFile(t, "ed25519-cert.pub"))) + "\n" +
		"eve@example.com " + other.String() // no newline at the end
	allowed := parseAllowed(t, text)
	if allowed.Len() != 3 {
		t.Errorf("%d lines, want 3", allowed.Len())
	}
	policy := Policy{Allowed: allowed, Now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		key       PublicKey
		principal string
	}{{key, "alice@example.com,al*"}, {other, "Bob B."}} {
		if v := policy.Judge(c.key, testNamespace); v.Level != LevelTrusted || v.Principal != c.principal {
			t.Errorf("verdict %+v, want %q trusted", v, c.principal)
		}
	}

	skipped := allowed.Skipped()
	if len(skipped) != 2 || skipped[0].Line != 7 || skipped[0].Principals != "carol" || skipped[1].Line != 8 || skipped[1].Principals != "dave" {
		t.Fatalf("skipped %+v", skipped)
	}
	wantError(t, skipped[0].Reason, ErrKeyType, `key type "ssh-rsa"`)
	wantError(t, skipped[1].Reason, ErrKeyType, `key type "ssh-ed25519-cert-v01@openssh.com"`)
	skipped[0].Line = 0
	if allowed.Skipped()[0].Line != 7 {
		t.Error("Skipped returns its own memory")
	}
}

func TestParseAllowedSignersRefuses(t *testing.T) {
	key := keyLine(t, "ed25519")
	encoded := strings.Fields(key)[1]
	for _, c := range []struct {
		name, line string
		target     error
		text       string
	}{
		{"principal only", "alice", nil, "the key is missing"},
		{"key only", key + " alice", nil, "the line begins with the key: put the principals before it"},
		{"no key after options", `alice namespaces="file"`, nil, "the key is missing after the options"},
		{"key type only", "alice ssh-ed25519", ErrMalformedKey, `want "ssh-ed25519 AAAA… comment"`},
		{"damaged key", "alice ssh-ed25519 *" + encoded, ErrMalformedKey, "base64 is damaged"},
		{"mistyped type", "alice ssh-ed2551 " + encoded, ErrMalformedKey, `the line says "ssh-ed2551", the key data "ssh-ed25519"`},
		{"damaged RSA key", "alice ssh-rsa AAAA", ErrMalformedKey, "truncated"},
		{"weak key", "alice " + PublicKey{point: [32]byte{1}}.String(), ErrWeakKey, "low order"},
		{"cert-authority", "*@example.com cert-authority " + key, nil, "certificates never sign archives; list the signers' own keys"},
		{"cert-authority after another", `alice namespaces="file",Cert-Authority ` + key, nil, "cert-authority"},
		{"cert-authority of RSA", "* cert-authority " + string(readKeyFile(t, "rsa.pub")), nil, "cert-authority"},
		{"unknown option", `alice no-pty ` + key, nil, `unknown option or key type "no-pty"`},
		{"unknown key type", `alice ED25519 ` + encoded, nil, `unknown option or key type "ED25519"`},
		{"trailing comma", `alice namespaces="file", ` + key, nil, "an empty option"},
		{"two commas", `alice namespaces="file",,valid-after="20260101" ` + key, nil, "an empty option"},
		{"space after comma", `alice namespaces="file", valid-after="20260101" ` + key, nil, "an empty option"},
		{"no value", `alice namespaces ` + key, nil, `option namespaces: want namespaces="…"`},
		{"no quotes", `alice namespaces=file ` + key, nil, `option namespaces: want namespaces="…"`},
		{"quote not closed", `alice namespaces="file ` + key, nil, "option namespaces: the quote is not closed"},
		{"text after quote", `alice namespaces="file"x ` + key, nil, "option namespaces: text after the closing quote"},
		{"option twice", `alice namespaces="file",namespaces="email" ` + key, nil, "option namespaces stands twice"},
		{"empty option twice", `alice namespaces="",namespaces="" ` + key, nil, "option namespaces stands twice"},
		{"time twice", `alice valid-after="20260101",valid-after="20260101" ` + key, nil, "option valid-after stands twice"},
		{"not a time", `alice valid-after="yesterday" ` + key, nil, `option valid-after: "yesterday" is not a time: want YYYYMMDD`},
		{"no period", `alice valid-after="20260102",valid-before="20260101" ` + key, nil, "valid-before is not later than valid-after"},
		{"empty period", `alice valid-after="20260101",valid-before="20260101" ` + key, nil, "valid-before is not later than valid-after"},
		{"quoted principal not closed", `"alice ` + key, nil, "the quote that opens the principals is not closed"},
		{"no space after quote", `"alice"` + key, nil, "text follows the quoted principals"},
		{"quote inside principals", `al"ice" ` + key, nil, "a quote inside the principals"},
		{"nobody", `"" ` + key, nil, "the principals name nobody"},
		{"only commas", `, ` + key, nil, "the principals name nobody"},
		{"only negations", `!alice,!bob ` + key, nil, "the principals name nobody"},
		{"control character", "alice\x1b[2J " + key, nil, `principals: character '\x1b' is not printable`},
		{"bidirectional control", "alice\u202e " + key, nil, `principals: character '\u202e' is not printable`},
		{"not UTF-8", "alice\xff " + key, nil, "principals: not valid UTF-8"},
		{"byte order mark", "\ufeffalice " + key, nil, `principals: character '\ufeff' is not printable`},
		{"control character in option", "alice namespaces=\"a\x07\" " + key, nil, "option namespaces: character"},
		{"long pattern", "alice namespaces=\"" + strings.Repeat("a", maxPattern) + "\" " + key, nil, "option namespaces: a pattern of 1023 bytes"},
		{"long principal", strings.Repeat("a", maxPattern) + " " + key, nil, "principals: a pattern of 1023 bytes"},
		{"NUL", "alice\x00 " + key, nil, "a NUL byte: the file must be text in UTF-8"},
		{"lines that end in CR", "alice " + key + " comment\rbob " + key, nil, "a carriage return within a line: lines end in LF or CR LF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			allowed, err := ParseAllowedSigners(strings.NewReader("# comment\nbob " + key + "\n" + c.line + "\n"))
			wantError(t, err, c.target, "sign: allowed signers: line 3: ")
			wantError(t, err, c.target, c.text)
			if line := new(LineError); !errors.As(err, &line) || line.Line != 3 || line.File != "allowed signers" {
				t.Errorf("%#v is not a LineError of line 3", err)
			}
			if allowed != nil {
				t.Error("a result was returned with the error")
			}
		})
	}
}

func TestParseAllowedSignersLimits(t *testing.T) {
	line := "alice " + keyLine(t, "ed25519") + "\n"
	most := strings.Repeat("\n", MaxTrustLines-1)
	for _, text := range []string{"", most + line, most + strings.TrimSpace(line)} {
		if _, err := ParseAllowedSigners(strings.NewReader(text)); err != nil {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
	for _, text := range []string{most + line + "\n", most + line + "#"} {
		_, err := ParseAllowedSigners(strings.NewReader(text))
		wantError(t, err, ErrTooLarge, "sign: allowed signers: file is too large: limit 10000 lines")
	}
	comment := "#" + strings.Repeat("x", MaxTrustFileSize-1)
	if _, err := ParseAllowedSigners(strings.NewReader(comment)); err != nil {
		t.Error(err)
	}
	_, err := ParseAllowedSigners(strings.NewReader(comment + "x"))
	wantError(t, err, ErrTooLarge, "limit 1048576 bytes")
	broken := errors.New("disk on fire")
	_, err = ParseAllowedSigners(iotest.ErrReader(broken))
	wantError(t, err, broken, "sign: allowed signers: disk on fire")
}

func TestParseTime(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"20260102", "2026-01-02T00:00:00Z"},
		{"20260102Z", "2026-01-02T00:00:00Z"},
		{"20260102z", "2026-01-02T00:00:00Z"},
		{"20260102UTC", "2026-01-02T00:00:00Z"},
		{"202601020304", "2026-01-02T03:04:00Z"},
		{"202601020304Z", "2026-01-02T03:04:00Z"},
		{"20260102030405", "2026-01-02T03:04:05Z"},
		{"20260102030405Z", "2026-01-02T03:04:05Z"},
		{"20240229Z", "2024-02-29T00:00:00Z"},
		{"19700101000001Z", "1970-01-01T00:00:01Z"},
		{"99991231235959Z", "9999-12-31T23:59:59Z"},
	} {
		unix, err := parseTime(c.text)
		if err != nil || formatTime(unix) != c.want {
			t.Errorf("parseTime(%q) = %s, %v; want %s", c.text, formatTime(unix), err, c.want)
		}
	}
	for _, bad := range []string{
		"", "Z", "UTC", "2026", "202601", "2026010", "2026010203", "2026010203040", "202601020304050", "2026-01-02", "20260102T0304Z",
		"20261301", "20260132", "20260231", "20250229", "202601022400", "202601020360", "20260102030460", "20260102ZZ", "20260102+01", "+2026010",
		" 20260102", "20260102 ", "２０２６0102", "20260102030405.5", "0x5e0be100", "always",
	} {
		if unix, err := parseTime(bad); err == nil || !strings.Contains(err.Error(), "is not a time") {
			t.Errorf("parseTime(%q) = %d, %v", bad, unix, err)
		}
	}
	for _, early := range []string{"19700101Z", "19691231Z", "00010101Z"} {
		_, err := parseTime(early)
		wantError(t, err, nil, "is not after 1970-01-01")
	}
}

// Ten thousand lines are read into an index, and each is found.
func TestManyAllowedSigners(t *testing.T) {
	var text strings.Builder
	var keys []PublicKey
	for i := range 300 {
		pair, err := GenerateKey(strings.NewReader(fmt.Sprintf("%032d", i)), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, pair.Public)
		text.Write(pair.AllowedSignersLine(fmt.Sprintf("user%d", i)))
	}
	policy := Policy{Allowed: parseAllowed(t, text.String())}
	for i, key := range slices.Backward(keys) {
		if v := policy.Judge(key, testNamespace); v.Level != LevelTrusted || v.Principal != fmt.Sprintf("user%d", i) {
			t.Fatalf("key %d: %+v", i, v)
		}
	}
}
