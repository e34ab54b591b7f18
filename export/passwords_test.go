package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/manifest"
)

// withMetadata is the sample tenant with a change of the metadata of its sales
// workspace.
func withMetadata(t *testing.T, old, new string) string {
	t.Helper()
	dir := sampleCopy(t)
	path := filepath.Join(dir, "workspaces", salesWorkspace, "metadata.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%q is not in the metadata", old)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(new), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func withheld(m *manifest.Manifest) int64 {
	i := slices.IndexFunc(m.Coverage.Excluded, func(o manifest.Omission) bool { return o.Kind == "password_hashes" })
	return m.Coverage.Excluded[i].Count
}

func TestPasswordHashesAreWithheld(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=3,p=2$c2FsdHNhbHQ$Zm9yLXRlc3RzLW9ubHk"
	plain, m := export(t, open(t, sampleCopy(t)), Options{Writer: writerOptions(t)})
	if n := withheld(m); n != 0 || len(plain) == 0 {
		t.Errorf("%d hashes in a tenant without any", n)
	}
	hashOf := m.ContentHash
	for name, c := range map[string]struct{ old, new string }{
		"of a link":           {`"[redacted:password-hash]"`, `"` + hash + `"`},
		"of a user":           {`"users": [`, `"password_policy": {"passwordHash": "` + hash + `"}, "users": [`},
		"by another name":     {`"users": [`, `"a/b~": [1, {"Encrypted-Password": "` + hash + `"}], "users": [`},
		"under an escape":     {`"users": [`, `"x": {"p\u0061ssword_hash": "` + hash + `"}, "users": [`},
		"an object":           {`"users": [`, `"x": {"password_hash": {"algorithm": "argon2id", "hash": "` + hash + `"}}, "users": [`},
		"nothing to withhold": {`"users": [`, `"x": {"password_hash": null, "password_hint": "none"}, "users": [`},
	} {
		file, m := export(t, open(t, withMetadata(t, c.old, c.new)), Options{Writer: writerOptions(t)})
		a := openArchive(t, file)
		doc, err := a.ReadDocument(t.Context(), "workspaces/"+salesWorkspace+"/metadata.json", 0)
		if err != nil {
			t.Fatal(err)
		}
		want := int64(1)
		if name == "nothing to withhold" {
			want = 0
		}
		if bytes.Contains(doc, []byte(hash)) || withheld(m) != want {
			t.Errorf("%s: %d withheld, %s", name, withheld(m), doc)
		}
		if name == "of a link" && m.ContentHash != hashOf {
			t.Error("the hash of a link left a trace")
		}
	}
}

func TestPasswordHashesThatCannotBeWithheld(t *testing.T) {
	dir := withMetadata(t, `"users": [`, `"password_hash": "x", "password_hash": "y", "users": [`)
	_, err := Export(t.Context(), open(t, dir), new(bytes.Buffer), Options{Writer: writerOptions(t), AllowInvalid: true})
	var refused *SecretError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "cannot be taken out") {
		t.Errorf("%v, want a SecretError", err)
	}
}
