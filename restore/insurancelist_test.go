package restore

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

func TestParseInsuranceName(t *testing.T) {
	const id = "019aa5c3-0000-7c3e-9b41-6f0d2a8e5b77"
	for _, tenantID := range []string{"corp", "halvorsen-cycles", "a-" + id} {
		gotTenant, gotImport, ok := ParseInsuranceName(InsuranceName(tenantID, id))
		if !ok || gotTenant != tenantID || gotImport != id {
			t.Errorf("%s: %q, %q, %t", tenantID, gotTenant, gotImport, ok)
		}
	}
	for _, name := range []string{
		"", "insurance-", "insurance-" + id + ".oa-archive", "insurance--" + id + ".oa-archive", "insurance-corp-" + id,
		"insurance-corp-" + id + ".oa-archive.age", ".insurance-corp-" + id + ".oa-archive",
		"insurance-corp-019AA5C3-0000-7C3E-9B41-6F0D2A8E5B77.oa-archive", "insurance-corp-" + id[1:] + "x.oa-archive",
	} {
		if tenantID, importID, ok := ParseInsuranceName(name); ok {
			t.Errorf("%q: %q, %q", name, tenantID, importID)
		}
	}
}

func TestInsuranceFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "insurance")
	if files, err := InsuranceFolder(dir).Files(".age"); err != nil || len(files) > 0 {
		t.Fatalf("a folder that is missing: %v, %v", files, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	older, newer, untimed := "019aa5c3-0000-7c3e-9b41-6f0d2a8e5b77", "019ac5c3-0000-7c3e-9b41-6f0d2a8e5b77", "4a591021-9e5b-46ab-bf30-de2230823ddb"
	for _, name := range []string{
		InsuranceName("corp", older), InsuranceName("corp", newer) + ".age", InsuranceName("corp", untimed),
		"notes.txt", InsuranceName("corp", older) + ".bak", "." + InsuranceName("corp", older) + ".partial",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	written := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, InsuranceName("corp", untimed)), written, written); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, InsuranceName("link", older))); err != nil {
		t.Fatal(err)
	}
	files, err := InsuranceFolder(dir).Files(".age")
	if err != nil || len(files) != 3 {
		t.Fatalf("%+v, %v", files, err)
	}
	for i, want := range []struct {
		id string
		at time.Time
	}{{newer, time.UnixMilli(0x019ac5c30000)}, {older, time.UnixMilli(0x019aa5c30000)}, {untimed, written}} {
		if f := files[i]; f.Import != want.id || f.Tenant != "corp" || f.Size != 7 || !f.At.Equal(want.at) {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
	if files, err := InsuranceFolder(dir).Files(""); err != nil || len(files) != 2 {
		t.Errorf("without a suffix: %+v, %v", files, err)
	}
}

func TestUndone(t *testing.T) {
	journal := []tenant.ImportRecord{{ID: "a"}, {ID: "b"}, {ID: "undo-b", Undoes: "b"}, {ID: "undo-a", Undoes: "a"}, {ID: "redo-a", Undoes: "undo-a"}}
	got := Undone(journal)
	if got["b"] != "undo-b" || got["undo-a"] != "redo-a" || got["a"] != "" || got["redo-a"] != "" {
		t.Errorf("%v", got)
	}
}
