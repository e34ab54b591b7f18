package export

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A key of the right form that opens nothing, in two halves so that no scanner
// takes this file for a leak.
const leaked = "AKIA" + "Q3EGRIV7BZ5HTJ2N"

// leakyTenant is the sample tenant with a credential in a report, in a model's
// comment and in an extension.
func leakyTenant(t *testing.T) tenant.Source {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../testdata/tenant")); err != nil {
		t.Fatal(err)
	}
	edit := func(pattern string, change func(string) string) {
		files, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		path := filepath.Join(dir, files[0])
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(change(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit("workspaces/*/reports/*.json", func(s string) string {
		return strings.Replace(s, "{", `{ "note": "ask for `+leaked+`",`, 1)
	})
	edit("workspaces/*/datasets/*/model.yaml", func(s string) string { return s + "# key: " + leaked + "\n" })
	edit("extensions/*/*.json", func(s string) string { return strings.Replace(s, "{", `{"access":"`+leaked+`",`, 1) })
	return open(t, dir)
}

func TestCredentialsRefuseTheExport(t *testing.T) {
	var out bytes.Buffer
	_, err := Export(context.Background(), leakyTenant(t), &out, Options{Writer: writerOptions(t)})
	var refused *SecretError
	if !errors.As(err, &refused) || len(refused.Problems) != 3 {
		t.Fatalf("%v, want three findings", err)
	}
	for _, p := range refused.Problems {
		if p.Path == "" || p.Pointer == "" || !strings.HasPrefix(p.Rule, "secret-") {
			t.Errorf("finding %+v", p)
		}
	}
	if strings.Contains(err.Error(), leaked) || bytes.Contains(out.Bytes(), []byte(leaked)) {
		t.Error("the credential is in the error or in the output")
	}
	if !strings.Contains(err.Error(), "/note") {
		t.Errorf("%v does not name the field", err)
	}
}

func TestAllowInvalidDoesNotAllowCredentials(t *testing.T) {
	_, err := Export(context.Background(), leakyTenant(t), new(bytes.Buffer), Options{Writer: writerOptions(t), AllowInvalid: true})
	if refused := (*SecretError)(nil); !errors.As(err, &refused) {
		t.Errorf("%v, want a SecretError", err)
	}
}

func TestCredentialsAreRedacted(t *testing.T) {
	file, m := export(t, leakyTenant(t), Options{Writer: writerOptions(t), RedactSecrets: true})
	a := openArchive(t, file)
	redacted := 0
	for _, e := range m.Entries {
		content, err := a.ReadDocument(context.Background(), e.Path, 0)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(leaked)) {
			t.Errorf("%s still holds the credential", e.Path)
		}
		redacted += bytes.Count(content, []byte("[redacted:")) - bytes.Count(content, []byte("[redacted:password-hash]"))
	}
	i := slices.IndexFunc(m.Coverage.Excluded, func(o manifest.Omission) bool { return o.Kind == "redacted_secrets" })
	if redacted != 3 || i < 0 || m.Coverage.Excluded[i].Count != 3 {
		t.Errorf("%d redacted, coverage %+v", redacted, m.Coverage.Excluded)
	}
}

func TestAllowedCredentialsPass(t *testing.T) {
	_, err := Export(context.Background(), leakyTenant(t), new(bytes.Buffer), Options{Writer: writerOptions(t)})
	var refused *SecretError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	rule := strings.TrimPrefix(refused.Problems[0].Rule, "secret-")
	file, _ := export(t, leakyTenant(t), Options{Writer: writerOptions(t), AllowSecrets: []AllowedSecret{{Rule: rule}}})
	if len(file) == 0 {
		t.Error("nothing written")
	}
}
