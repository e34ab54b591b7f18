package schema

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

var update = flag.Bool("update", false, "compute the hash chain of the sample's audit trail again")

const sampleTenant = "../testdata/tenant"

// sampleEntries reads every entry of the sample tenant.
func sampleEntries(t testing.TB) map[layout.Name][]byte {
	entries := map[layout.Name][]byte{}
	err := filepath.WalkDir(sampleTenant, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(sampleTenant, path)
		if err != nil || rel == "tenant.json" {
			return err
		}
		name, err := layout.Parse(filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		entries[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func inCanonicalOrder(entries map[layout.Name][]byte) []layout.Name {
	var names []layout.Name
	for name := range entries {
		names = append(names, name)
	}
	slices.SortFunc(names, layout.Compare)
	return names
}

// ofWorkspace yields the entries of one workspace.
func ofWorkspace(entries map[layout.Name][]byte, id string) iter.Seq2[layout.Name, []byte] {
	return func(yield func(layout.Name, []byte) bool) {
		for _, name := range inCanonicalOrder(entries) {
			if name.Workspace == id && !yield(name, entries[name]) {
				return
			}
		}
	}
}

func TestSampleTenantIsValid(t *testing.T) {
	entries := sampleEntries(t)
	kinds := map[Kind]int{}
	for _, name := range inCanonicalOrder(entries) {
		kind, ok := KindOf(name.Kind)
		if !ok {
			continue
		}
		kinds[kind]++
		if err := Validate(kind, entries[name]); err != nil {
			t.Errorf("%s: %v", name, allProblems(err))
		}
	}
	for kind, least := range map[Kind]int{KindMetadata: 3, KindModel: 9, KindReport: 12, KindAlert: 8} {
		if kinds[kind] < least {
			t.Errorf("the sample has %d documents of the kind %s, want at least %d", kinds[kind], kind, least)
		}
	}
}

func TestSampleWorkspacesAreWhole(t *testing.T) {
	entries := sampleEntries(t)
	for name := range entries {
		if name.Kind != layout.Metadata {
			continue
		}
		for _, p := range CheckWorkspace(ofWorkspace(entries, name.Workspace)) {
			t.Error(p)
		}
	}
}

// TestSampleCoversTheVocabulary holds that the sample shows what the format
// can say, so that tests which use it meet every case.
func TestSampleCoversTheVocabulary(t *testing.T) {
	var all strings.Builder
	for name, content := range sampleEntries(t) {
		if name.Kind == layout.Metadata || name.Kind == layout.Alert {
			var compact bytes.Buffer
			if err := json.Compact(&compact, content); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all.Write(compact.Bytes())
		}
	}
	for _, want := range []string{
		`"type":"threshold"`, `"type":"change"`, `"type":"anomaly"`, `"type":"custom"`,
		`"type":"in_app"`, `"type":"email"`, `"type":"slack"`, `"type":"webhook"`, `"type":"sms"`,
		`"status":"active"`, `"status":"paused"`, `"status":"snoozed"`, `"status":"suspended"`, `"status":"invited"`, `"status":"deactivated"`,
		`"type":"user"`, `"type":"team"`, `"type":"role"`, `"type":"link"`, `"type":"embed"`, `"state":"closed"`, `"password_hash"`, `"watermark"`, `"expires_at"`,
		`"mode":"import"`, `"mode":"direct"`, `"mode":"composite"`, `"tenant_role":"owner"`, `"parent"`, `"origin"`, `"secret_slot"`,
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("the sample lacks %s", want)
		}
	}
}

func TestSampleFilesMatchTheirRecords(t *testing.T) {
	entries := sampleEntries(t)
	recorded := 0
	for name, doc := range entries {
		if name.Kind != layout.Metadata {
			continue
		}
		var metadata struct {
			Files []struct {
				ID     string
				Size   int64 `json:"size_bytes"`
				SHA256 string
			}
		}
		if err := json.Unmarshal(doc, &metadata); err != nil {
			t.Fatal(err)
		}
		for _, f := range metadata.Files {
			recorded++
			content, ok := entries[layout.Name{Kind: layout.File, Workspace: name.Workspace, Asset: f.ID}]
			if !ok || int64(len(content)) != f.Size || layout.DigestOf(content).String() != f.SHA256 {
				t.Errorf("file %s: present %v, %d bytes, digest %s; the record says %d, %s", f.ID, ok, len(content), layout.DigestOf(content), f.Size, f.SHA256)
			}
		}
	}
	stored := 0
	for name := range entries {
		if name.Kind == layout.File {
			stored++
		}
	}
	if stored != recorded || stored < 3 {
		t.Errorf("%d files are stored, %d recorded", stored, recorded)
	}
}

func TestSampleAuditTrailIsAChain(t *testing.T) {
	path := filepath.Join(sampleTenant, filepath.FromSlash(layout.AuditPath))
	trail, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		trail = chain(t, trail)
		if err := os.WriteFile(path, trail, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if again := chain(t, trail); !bytes.Equal(again, trail) {
		t.Errorf("the chain does not hold; run go test ./schema -run AuditTrail -update")
	}
	lines, last := 0, ""
	for line := range bytes.Lines(trail) {
		lines++
		if err := Validate(KindAuditEvent, line); err != nil {
			t.Errorf("line %d: %v", lines, allProblems(err))
		}
		var l struct{ Event struct{ TS string } }
		if err := json.Unmarshal(line, &l); err != nil || l.Event.TS < last {
			t.Errorf("line %d: %s comes after %s (%v)", lines, l.Event.TS, last, err)
		}
		last = l.Event.TS
	}
	if lines < 140 {
		t.Errorf("the trail has %d events", lines)
	}
}

// chain writes the trail again with hashes computed over the events' bytes.
func chain(t *testing.T, trail []byte) []byte {
	var out bytes.Buffer
	prev := make([]byte, sha256.Size)
	for s := bufio.NewScanner(bytes.NewReader(trail)); s.Scan(); {
		var line struct {
			Event json.RawMessage `json:"event"`
		}
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		hash := sha256.Sum256(append(slices.Clone(prev), line.Event...))
		out.WriteString(`{"prev":"` + hex.EncodeToString(prev) + `","hash":"` + hex.EncodeToString(hash[:]) + `","event":`)
		out.Write(line.Event)
		out.WriteString("}\n")
		prev = hash[:]
	}
	return out.Bytes()
}

// allProblems shows every problem of a validation error.
func allProblems(err error) string {
	verr, ok := err.(*ValidationError)
	if !ok {
		return err.Error()
	}
	var b strings.Builder
	for _, p := range verr.Problems {
		b.WriteString("\n\t" + p.String())
	}
	return b.String()
}
