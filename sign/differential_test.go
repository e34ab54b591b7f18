package sign

import (
	"strings"
	"testing"
	"time"
)

// differentialTimes are the times to judge at, as ssh-keygen takes them.
var differentialTimes = []string{"20251231235959Z", "20260101000000Z", "20260615120000Z", "20261231235959Z", "20270101000000Z", "20270101000001Z"}

// TestAgainstSSHKeygen judges the same signature under the same allowed_signers
// file by ssh-keygen and by us, at several times. %K is the signer's key, %O
// another's, %R an RSA key. ssh-keygen is asked about every principal given.
func TestAgainstSSHKeygen(t *testing.T) {
	for _, c := range []struct {
		name, file, namespace string
		principals            string
	}{
		{"plain", "alice %K", "file", "alice"},
		{"comment and blank lines", "# a\n\n \t\n  # b\nalice %K a comment\n", testNamespace, "alice"},
		{"CR LF", "# a\r\nalice %K\r\n", "file", "alice"},
		{"CR LF after a comment", "alice %K comment\r\n", "file", "alice"},
		{"no final newline", "bob %O\nalice %K", "file", "alice"},
		{"other key", "alice %O", "file", "alice"},
		{"empty file", "", "file", "alice"},
		{"other type of key", "alice %R\nalice %K", "file", "alice"},
		{"only another type", "alice %R", "file", "alice"},
		{"tabs and spaces", "alice\t \tnamespaces=\"file\"\t %K", "file", "alice"},

		{"wildcard principals", "*@example.com %K", "file", "alice@example.com"},
		{"list of principals", "bob,alice %K", "file", "alice bob"},
		{"quoted principals", `"bob,alice" %K`, "file", "alice"},
		{"negated principal beside another", "!bob,alice %K", "file", "alice"},
		{"two lines, one key", "alice valid-before=\"20260101Z\" %K\nbob valid-after=\"20270101Z\" %K", "file", "alice bob"},
		{"two periods of one principal", "alice valid-before=\"20260101Z\" %K\nalice valid-after=\"20270101Z\" %K", "file", "alice"},
		{"two namespaces of one principal", "alice namespaces=\"file\" %K\nalice namespaces=\"oa-archive.v1:*\",valid-after=\"20260615Z\" %K", testNamespace, "alice"},

		{"namespace", `alice namespaces="file" %K`, "file", "alice"},
		{"option in capitals", `alice NAMESPACES="file" %K`, "file", "alice"},
		{"namespace in capitals", `alice namespaces="FILE" %K`, "file", "alice"},
		{"other namespace", `alice namespaces="file" %K`, "email", "alice"},
		{"namespace is a prefix", `alice namespaces="fil" %K`, "file", "alice"},
		{"list of namespaces", `alice namespaces="email,file" %K`, "file", "alice"},
		{"no namespaces", `alice namespaces="" %K`, "file", "alice"},
		{"empty namespaces", `alice namespaces=",,file" %K`, "file", "alice"},
		{"archives", `alice namespaces="oa-archive.v1:*" %K`, testNamespace, "alice"},
		{"next format", `alice namespaces="oa-archive.v1:*" %K`, "oa-archive.v2:x", "alice"},
		{"one archive", `alice namespaces="oa-archive.v1:0192f0c1-2345-7abc-8def-0123456789ab:*" %K`, testNamespace, "alice"},
		{"another archive", `alice namespaces="oa-archive.v1:0192f0c2-2345-7abc-8def-0123456789ab:*" %K`, testNamespace, "alice"},
		{"question marks", `alice namespaces="f?l?" %K`, "file", "alice"},
		{"too few question marks", `alice namespaces="f?l" %K`, "file", "alice"},
		{"inner wildcard", `alice namespaces="oa-archive.v1:*/metadata.json" %K`, testNamespace, "alice"},
		{"many wildcards", `alice namespaces="*a*r*c*h*i*v*e*:*m*" %K`, testNamespace, "alice"},
		{"negated namespace", `alice namespaces="oa-archive.v1:*,!*metadata.json" %K`, testNamespace, "alice"},
		{"negated first", `alice namespaces="!*metadata.json,oa-archive.v1:*" %K`, testNamespace, "alice"},
		{"negated other", `alice namespaces="!*manifest.json,oa-archive.v1:*" %K`, testNamespace, "alice"},
		{"only negated", `alice namespaces="!email" %K`, "file", "alice"},
		{"space in a pattern", `alice namespaces="email, file" %K`, "file", "alice"},
		{"quote in a pattern", `alice namespaces="a\"b,file" %K`, `a"b`, "alice"},
		{"backslash in a pattern", `alice namespaces="a\b" %K`, `a\b`, "alice"},
		{"backslash and quote", `alice namespaces="a\\"b" %K`, `a\"b`, "alice"},
		{"long pattern", `alice namespaces="` + strings.Repeat("*", 1022) + `" %K`, "file", "alice"},

		{"valid after", `alice valid-after="20260101Z" %K`, "file", "alice"},
		{"valid before", `alice valid-before="20270101Z" %K`, "file", "alice"},
		{"valid between", `alice valid-after="20260101Z",valid-before="20270101Z" %K`, "file", "alice"},
		{"with minutes", `alice valid-after="202601010000Z" %K`, "file", "alice"},
		{"with seconds", `alice valid-after="20260101000001Z" %K`, "file", "alice"},
		{"last second", `alice valid-before="20261231235959Z" %K`, "file", "alice"},
		{"second before", `alice valid-before="20270101000000Z" %K`, "file", "alice"},
		{"small z", `alice valid-before="20270101z" %K`, "file", "alice"},
		{"UTC", `alice valid-before="20270101UTC" %K`, "file", "alice"},
		{"everything", `alice valid-after="20260101Z",namespaces="oa-archive.v1:*",valid-before="20270101Z" %K comment`, testNamespace, "alice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			signer := testSigner(t, "ed25519")
			file := expandKeys(t, c.file)
			policy := Policy{Allowed: parseAllowed(t, file)}
			for _, at := range differentialTimes {
				now, err := time.Parse("20060102150405Z", at)
				if err != nil {
					t.Fatal(err)
				}
				policy.Now = now
				ours := policy.Judge(signer.PublicKey(), c.namespace)
				theirs := false
				for principal := range strings.FieldsSeq(c.principals) {
					theirs = keygenVerifies(t, signer, []byte(file), principal, c.namespace, []byte("content"), "-Overify-time="+at) || theirs
				}
				if theirs != (ours.Level == LevelTrusted) {
					t.Errorf("at %s ssh-keygen accepts: %v, we say %v (%v)", at, theirs, ours.Level, ours.Reason)
				}
			}
		})
	}
}

func expandKeys(t *testing.T, file string) string {
	return strings.NewReplacer(
		"%K", keyLine(t, "ed25519"),
		"%O", keyLine(t, "other"),
		"%R", strings.TrimSpace(string(readKeyFile(t, "rsa.pub"))),
	).Replace(file)
}

// Both refuse these files; ssh-keygen once it gets to the line.
func TestRefusedBySSHKeygenToo(t *testing.T) {
	for _, file := range []string{
		`alice namespaces="file", %K`,
		`alice namespaces=file %K`,
		`alice namespaces="file"x %K`,
		`alice namespaces="file",namespaces="file" %K`,
		`alice namespaces="file %K`,
		`alice no-pty %K`,
		`alice cert-authority %K`,
		`alice valid-after="20260101Z",valid-before="20260101Z" %K`,
		`alice valid-after="19700101Z" %K`,
		`alice valid-after="2026Z" %K`,
		`alice valid-before="tomorrow" %K`,
		`alice valid-before="20260101240000Z" %K`,
		`alice namespaces="file"`,
		`alice`,
		`!alice %K`,
		"\ufeffalice %K",
	} {
		expanded := expandKeys(t, file)
		if _, err := ParseAllowedSigners(strings.NewReader(expanded)); err == nil {
			t.Errorf("%s: accepted by us", file)
		}
		if keygenVerifies(t, testSigner(t, "ed25519"), []byte(expanded), "alice", "file", []byte("content"), "-Overify-time=20260615Z") {
			t.Errorf("%s: accepted by ssh-keygen", file)
		}
	}
}

// The differences that the package comment lists. If ssh-keygen changes, the
// comment must.
func TestDocumentedDifferences(t *testing.T) {
	signer := testSigner(t, "ed25519")
	accepts := func(file, at string) bool {
		return keygenVerifies(t, signer, []byte(expandKeys(t, file)), "alice", "file", []byte("content"), "-Overify-time="+at)
	}
	for _, file := range []string{
		`alice valid-before="20260231Z" %K`,
		`alice namespaces="file",,valid-after="20250101Z" %K`,
		`alice,b"o b" %K`,
		"alice %K\nbob nonsense",
	} {
		if !accepts(file, "20260101Z") {
			t.Errorf("%s: refused by ssh-keygen too", file)
		}
		if _, err := ParseAllowedSigners(strings.NewReader(expandKeys(t, file))); err == nil {
			t.Errorf("%s: accepted by us", file)
		}
	}
	// ssh-keygen runs in a time zone 5:45 ahead of UTC here.
	local := `alice valid-after="20260615120000" %K`
	policy := Policy{Allowed: parseAllowed(t, expandKeys(t, local)), Now: time.Date(2026, 6, 15, 11, 59, 59, 0, time.UTC)}
	if v := policy.Judge(signer.PublicKey(), "file"); v.Level != LevelUntrusted || !accepts(local, "20260615115959Z") {
		t.Errorf("a time without Z: %+v", v)
	}
}
