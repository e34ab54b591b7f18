package dirstore

import (
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

func TestPlantedCommitmentIsRefused(t *testing.T) {
	const id = `"11111111-1111-4111-8111-111111111111"`
	for name, c := range map[string]struct{ text, want string }{
		"torn":           {`{"format":1,"imp`, "commit.json"},
		"empty":          {``, "commit.json"},
		"newer":          {`{"format":2,"import":{"id":` + id + `,"at":"2026-01-01T00:00:00Z"},"removed":[],"placed":[]}`, "a newer oa-archive wrote it"},
		"outside":        {`{"format":1,"import":{"id":` + id + `,"at":"2026-01-01T00:00:00Z"},"removed":["../../x"],"placed":[]}`, "path"},
		"no entry":       {`{"format":1,"import":{"id":` + id + `,"at":"2026-01-01T00:00:00Z"},"removed":["manifest.json"],"placed":[]}`, "not that of a tenant's entry"},
		"staged outside": {`{"format":1,"import":{"id":` + id + `,"at":"2026-01-01T00:00:00Z"},"removed":[],"placed":[{"path":"extensions/v/x","staged":"../../tenant.json"}]}`, "is not a number"},
		"nothing staged": {`{"format":1,"import":{"id":` + id + `,"at":"2026-01-01T00:00:00Z"},"removed":[],"placed":[{"path":"extensions/v/x","staged":"1"}]}`, "neither staged nor in place"},
		"path twice":     {`{"format":1,"import":{"id":` + id + `,"at":"2026-01-01T00:00:00Z"},"removed":["extensions/v/x"],"placed":[{"path":"extensions/v/x","staged":"1"}]}`, "stands there twice"},
		"staged twice":   {`{"format":1,"import":{"id":` + id + `,"at":"2026-01-01T00:00:00Z"},"removed":[],"placed":[{"path":"extensions/v/x","staged":"1"},{"path":"extensions/v/y","staged":"1"}]}`, "stands there twice"},
		"no record":      {`{"format":1,"import":{},"removed":[],"placed":[]}`, "import id"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string]string{commitFile: c.text})
			_, err := Open(dir)
			wantError(t, err, c.want)
		})
	}
}

// FuzzCommitment holds that what is carried out names only entries and staged
// files, and is what this package would have written.
func FuzzCommitment(f *testing.F) {
	const head = `{"format":1,"import":{"id":"11111111-1111-4111-8111-111111111111","at":"2026-01-01T00:00:00Z"},`
	f.Add([]byte(head + `"removed":["extensions/v/x"],"placed":[{"path":"audit/events.ndjson","staged":"1"}]}`))
	f.Add([]byte(head + `"removed":["../x"],"placed":[{"path":"manifest.json","staged":"../1"}]}`))
	f.Add([]byte(head + `"removed":null}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseCommitment(text)
		if err != nil {
			return
		}
		for _, path := range c.Removed {
			if n, err := layout.Parse(path); err != nil || n.Kind == layout.Manifest {
				t.Errorf("would remove %q", path)
			}
		}
		for _, p := range c.Placed {
			if n, err := layout.Parse(p.Path); err != nil || n.Kind == layout.Manifest || strings.Trim(p.Staged, "0123456789") != "" {
				t.Errorf("would rename %q to %q", p.Staged, p.Path)
			}
		}
	})
}

func TestDamagedJournalIsNamed(t *testing.T) {
	dir := folder(t, map[string]string{journalFile: "{\"id\":\"x\",\"at\":\"2026-01-01T00:00:00Z\"}\nnonsense\n"})
	_, err := open(t, dir).Imports(t.Context())
	wantError(t, err, "imports.ndjson: import 2")
}
