package tenant

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/layout"
)

// Limits of the texts of an [Info], in bytes. They are those of a manifest.
const (
	MaxName   = 1024 // of Name
	MaxRegion = 64   // of Region and of Jurisdiction
)

// Check says which rule the description breaks, or nil: the form of the id,
// the limits of the texts, and that they are UTF-8 without control characters.
func (t Info) Check() error {
	if err := CheckID(t.ID); err != nil {
		return err
	}
	for _, text := range [...]struct {
		member, value string
		limit         int
	}{
		{"name", t.Name, MaxName}, {"region", t.Region, MaxRegion}, {"jurisdiction", t.Jurisdiction, MaxRegion},
	} {
		if rule := checkText(text.value, text.limit); rule != "" {
			return fmt.Errorf("tenant %s: %s %s", t.ID, text.member, rule)
		}
	}
	if t.Residency == nil {
		return nil
	}
	if err := t.Residency.Check(); err != nil {
		return fmt.Errorf("tenant %s: %w", t.ID, err)
	}
	return nil
}

// CheckID says which rule a tenant's id breaks, or nil: 1 to 64 of A-Z, a-z,
// 0-9, '.', '_' and '-', of which the first is a letter or digit.
func CheckID(id string) error {
	if id == "" {
		return fmt.Errorf("tenant id is empty")
	}
	if len(id) > 64 {
		return fmt.Errorf("tenant id %+.64q… is longer than 64 bytes", id)
	}
	for i := range len(id) {
		c := id[i]
		alphanumeric := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !alphanumeric && (i == 0 || c != '.' && c != '_' && c != '-') {
			return fmt.Errorf("tenant id %+q: want letters, digits, '.', '_' and '-', beginning with a letter or digit", id)
		}
	}
	return nil
}

func checkText(s string, limit int) string {
	switch {
	case len(s) > limit:
		return fmt.Sprintf("is longer than %d bytes", limit)
	case !utf8.ValidString(s):
		return "is not UTF-8"
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return "holds a control character"
		}
	}
	return ""
}

// EntryPath returns the path of the entry at n. It refuses names that no
// entry of a tenant can have, those of manifests among them, where
// [layout.Name.String] would panic; implementations of [Tx] call it on every
// name they are given.
func EntryPath(n layout.Name) (string, error) {
	refused := func() (string, error) {
		return "", fmt.Errorf("name %+q is not that of a tenant's entry", fmt.Sprint(n.Kind, n.Workspace, n.Asset, n.Vendor, n.Rest))
	}
	switch n.Kind {
	case layout.Extension:
		path := "extensions/" + n.Vendor + "/" + n.Rest
		if got, err := layout.Parse(path); err != nil || got != n {
			return refused()
		}
		return path, nil
	case layout.Audit:
		if n != (layout.Name{Kind: layout.Audit}) {
			return refused()
		}
		return n.String(), nil
	}
	if n.Kind < layout.Metadata || n.Kind > layout.File || n.Vendor != "" || n.Rest != "" || !layout.IsUUID(n.Workspace) {
		return refused()
	}
	if n.Kind == layout.Metadata && n.Asset != "" || n.Kind != layout.Metadata && !layout.IsUUID(n.Asset) {
		return refused()
	}
	return n.String(), nil
}

// Selects reports whether the selection covers the entry at n. Extensions
// belong to no workspace: a selection that names workspaces leaves them out.
// Sources use it, so that all of them select alike.
func (s Selection) Selects(n layout.Name) bool {
	switch n.Kind {
	case layout.Audit:
		return s.Audit
	case layout.Extension:
		return len(s.Workspaces) == 0
	case layout.Invalid, layout.Manifest:
		return false
	case layout.Rows:
		if !s.Rows && !s.RowsOf[n.Asset] {
			return false
		}
	}
	if len(s.Workspaces) == 0 {
		return true
	}
	for _, id := range s.Workspaces {
		if id == n.Workspace {
			return true
		}
	}
	return false
}

// Check says which rule an import's record breaks, or nil: its id is a
// UUID as package layout spells them, and its time is known.
func (r ImportRecord) Check() error {
	if !layout.IsUUID(r.ID) {
		return fmt.Errorf("import id %+q is not a lower-case UUID", r.ID)
	}
	if r.At.IsZero() {
		return fmt.Errorf("import %s has no time", r.ID)
	}
	return nil
}
