package secretscan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/internal/docedit"
)

// found returns the rules that find something in text, where it is the value
// of a member whose name says nothing.
func found(t testing.TB, text string) []string {
	t.Helper()
	doc, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	findings, err := Scan(docedit.JSON, doc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range findings {
		ids = append(ids, f.Rule)
	}
	return ids
}

func TestExamplesOfRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table {
		if seen[r.id] || r.about == "" || len(r.match) == 0 || len(r.miss) == 0 {
			t.Errorf("%s: the id is taken, or a description or examples lack", r.id)
		}
		seen[r.id] = true
		for _, k := range r.keywords {
			if k == "" || strings.ToLower(k) != k {
				t.Errorf("%s: keyword %q", r.id, k)
			}
		}
		for _, example := range r.match {
			for _, text := range []string{example, "see: " + example, example + " (old)"} {
				if ids := found(t, text); !strings.Contains(strings.Join(ids, " ")+" ", r.id+" ") {
					t.Errorf("%s does not find %q, %v do", r.id, text, ids)
				}
			}
		}
		for _, example := range r.miss {
			if ids := found(t, example); len(ids) > 0 {
				t.Errorf("%s: %v find something in %q", r.id, ids, example)
			}
		}
	}
	if n := len(Rules()); n != len(table)+1 {
		t.Errorf("Rules lists %d rules, want %d", n, len(table)+1)
	}
}

func TestMembers(t *testing.T) {
	for _, c := range []struct {
		doc  string
		want bool
	}{
		{`{"password": "hunter2"}`, true},
		{`{"PASSWORD": "Sommer2024!"}`, true},
		{`{"db-password": "correct.Horse9"}`, true},
		{`{"passphrase": "kqzvbmwtyxjrhgdfnp"}`, true},
		{`{"clientSecret": "q7Wm2Zx9Lk4Tb8Vn"}`, true},
		{`{"api key": "q7wm2zx9lk4tb8vn"}`, true},
		{`{"auth": {"token": "9f3c71d8e4a60b527d1e8c3905fab264"}}`, true},
		{`{"tokens": ["q7Wm2Zx9Lk4Tb8Vn"]}`, true},
		{`{"password": 19840612}`, true},
		{`{"name": "DB_PASSWORD", "value": "hunter22"}`, true},
		{`{"key": "api_key", "x": 1, "value": "q7Wm2Zx9Lk4Tb8Vn"}`, true},
		{`{"password": "p\u0061ss-W0rd!"}`, true},

		{`{"password": ""}`, false},
		{`{"password": null}`, false},
		{`{"password": true}`, false},
		{`{"password": "changeme"}`, false},
		{`{"password": "********"}`, false},
		{`{"password": "${DB_PASSWORD}"}`, false},
		{`{"password": "$DB_PASSWORD"}`, false},
		{`{"password": "{{ secrets.db }}"}`, false},
		{`{"password": "<your password>"}`, false},
		{`{"password": "vault:kv/db#password9"}`, false},
		{`{"password": "op://team/db/password1"}`, false},
		{`{"password": "required"}`, false},
		{`{"password": "Passwort vergessen?"}`, false},
		{`{"password": "users.password"}`, false},
		{`{"password": "[redacted:member-credential]"}`, false},
		{`{"password_hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$Zm9yLXRlc3RzLW9ubHk"}`, false},
		{`{"password": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$Zm9yLXRlc3RzLW9ubHk"}`, false},
		{`{"password": "$2b$12$abcdefghijklmnopqrstuv"}`, false},
		{`{"secret_slot": "warehouse-9f3c71d8"}`, false},
		{`{"token": "2a5e562b-ab37-4b9b-9de3-1be4335c8e83"}`, false},
		{`{"token": "sha256:9f3c71d8e4a60b527d1e8c3905fab264"}`, false},
		{`{"token": "customers.token_id_2024"}`, false},
		{`{"token": "oauth2-client-credentials"}`, false},
		{`{"tokens": 123456789012}`, false},
		{`{"token_count": "q7Wm2Zx9Lk4Tb8Vn"}`, false},
		{`{"primary_key": "q7Wm2Zx9Lk4Tb8Vn"}`, false},
		{`{"public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIq7Wm2Zx9Lk4Tb8Vn"}`, false},
		{`{"secret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"}`, false},
		{`{"id": "q7Wm2Zx9Lk4Tb8Vn5YcR1sJf6GuE0oAi"}`, false},
		{`{"name": "region", "value": "q7Wm2Zx9Lk4Tb8Vn"}`, false},
	} {
		for _, format := range []docedit.Format{docedit.JSON, docedit.YAML} {
			findings, err := Scan(format, []byte(c.doc), Options{})
			if err != nil {
				t.Errorf("%s: %v", c.doc, err)
			}
			if got := len(findings) == 1 && findings[0].Rule == memberRule; got != c.want || len(findings) > 1 {
				t.Errorf("format %d: %s: %v", format, c.doc, findings)
			}
		}
	}
}
