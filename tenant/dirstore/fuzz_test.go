package dirstore

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzFolder reads folders whose tenant.json and journal hold anything.
func FuzzFolder(f *testing.F) {
	const right = `{"id":"acme","name":"Acme"}`
	f.Add([]byte(right), []byte(`{"id":"x","at":"2026-01-01T00:00:00Z"}`+"\n"))
	f.Add([]byte(right), []byte("\n\n{}\nnull\n[]\n"))
	f.Add([]byte(`{"id":"../x"}`), []byte(nil))
	f.Add([]byte(`{"id":"acme","name":"`+strings.Repeat("n", 2000)+`"}`), []byte(`{"id":1}`))
	f.Add([]byte("\xef\xbb\xbf"+right), []byte(`{"at":"x"}`))
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, private), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, about, journal []byte) {
		for name, content := range map[string][]byte{"tenant.json": about, journalFile: journal} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(dir)
		if err != nil {
			return
		}
		defer s.Close()
		if info, err := s.Tenant(t.Context()); err == nil && (info.ID == "" || strings.ContainsAny(info.ID, "/\x00")) {
			t.Errorf("tenant %q", info.ID)
		}
		all, err := s.Imports(t.Context())
		if err == nil && len(all) > bytes.Count(journal, []byte("\n"))+1 {
			t.Errorf("%d imports in %q", len(all), journal)
		}
	})
}
