package layout

import (
	"fmt"
	"strings"
)

// Limits of a path. They make every member fit a ustar header without an
// extended path, signatures included.
const (
	MaxPath    = 170 // bytes of an entry's path, its signature's prefix and suffix not counted
	MaxSegment = 64  // bytes of one segment
	MaxDepth   = 10  // segments of a path
)

// The two paths that exist once in an archive, and the roots of the rest.
const (
	ManifestPath = "manifest.json"
	AuditPath    = "audit/events.ndjson"

	signaturePrefix = "signatures/"
	signatureSuffix = ".sig"
)

// Kind says what an entry is. Its values are in canonical order within a
// workspace; see [Compare].
type Kind uint8

// The kinds of entries.
const (
	Invalid Kind = iota
	Metadata
	Model
	Rows
	Report
	Alert
	File
	Audit
	Extension
	Manifest
)

var kindNames = [...]string{"invalid", "metadata", "model", "rows", "report", "alert", "file", "audit", "extension", "manifest"}

// String returns the kind's name as manifests, plans and the command line
// spell it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind is the inverse of [Kind.String]; ok is false for any other text.
func ParseKind(s string) (k Kind, ok bool) {
	for i, name := range kindNames {
		if i > 0 && name == s {
			return Kind(i), true
		}
	}
	return Invalid, false
}

// Name is a parsed path. Fields that a kind does not use are empty. Names are
// comparable, and two names are equal exactly when their paths are.
type Name struct {
	Kind      Kind
	Workspace string // UUID: every kind from Metadata to File
	Asset     string // UUID: Model, Rows, Report, Alert, File
	Vendor    string // Extension: the first segment after "extensions"
	Rest      string // Extension: what follows the vendor, slashes included
}

// A PathError says which rule of the grammar a path breaks.
type PathError struct {
	Path string // as given; may hold any bytes, so quote it before printing
	Rule string
}

// Error quotes the path, so that it is safe on a terminal.
func (e *PathError) Error() string {
	return fmt.Sprintf("path %+q: %s", e.Path, e.Rule)
}

// Parse returns the name that an entry's path states. Paths of signatures are
// not entries: see [SignedPath]. The error is a [*PathError].
func Parse(path string) (Name, error) {
	refuse := func(rule string) (Name, error) { return Name{}, &PathError{Path: path, Rule: rule} }
	if rule := checkSegments(path); rule != "" {
		return refuse(rule)
	}
	var room [MaxDepth]string // checkSegments admits no more
	seg := room[:0]
	for s := range strings.SplitSeq(path, "/") {
		seg = append(seg, s)
	}
	switch {
	case path == ManifestPath:
		return Name{Kind: Manifest}, nil
	case path == AuditPath:
		return Name{Kind: Audit}, nil
	case seg[0] == "extensions" && len(seg) >= 3:
		return Name{Kind: Extension, Vendor: seg[1], Rest: strings.Join(seg[2:], "/")}, nil
	case seg[0] != "workspaces" || len(seg) < 3:
		return refuse("not a path of the archive's grammar")
	case !IsUUID(seg[1]):
		return refuse("the workspace's id is not a lower-case UUID")
	}
	n := Name{Workspace: seg[1]}
	switch {
	case len(seg) == 3 && seg[2] == "metadata.json":
		n.Kind = Metadata
		return n, nil
	case len(seg) == 5 && seg[2] == "datasets" && seg[4] == "model.yaml":
		n.Kind, n.Asset = Model, seg[3]
	case len(seg) == 5 && seg[2] == "datasets" && seg[4] == "rows.parquet":
		n.Kind, n.Asset = Rows, seg[3]
	case len(seg) == 4 && seg[2] == "reports" && strings.HasSuffix(seg[3], ".json"):
		n.Kind, n.Asset = Report, strings.TrimSuffix(seg[3], ".json")
	case len(seg) == 4 && seg[2] == "alerts" && strings.HasSuffix(seg[3], ".json"):
		n.Kind, n.Asset = Alert, strings.TrimSuffix(seg[3], ".json")
	case len(seg) == 4 && seg[2] == "files":
		n.Kind, n.Asset = File, seg[3]
	default:
		return refuse("not a path of the archive's grammar")
	}
	if !IsUUID(n.Asset) {
		return refuse("the asset's id is not a lower-case UUID")
	}
	return n, nil
}

// String builds the path that [Parse] reads. It panics on a name that Parse
// could not have returned, since such a name is a mistake in the caller.
func (n Name) String() string {
	path := n.build()
	if n.plain() {
		return path
	}
	if got, err := Parse(path); err != nil || got != n {
		panic(fmt.Sprintf("layout: name %#v has no path", n))
	}
	return path
}

// plain reports whether n is the name of something in a workspace, as nearly all
// are, so that [Parse] would read it off its path.
func (n Name) plain() bool {
	switch n.Kind {
	case Metadata:
		return n.Asset == "" && n.Vendor == "" && n.Rest == "" && IsUUID(n.Workspace)
	case Model, Rows, Report, Alert, File:
		return n.Vendor == "" && n.Rest == "" && IsUUID(n.Workspace) && IsUUID(n.Asset)
	}
	return false
}

func (n Name) build() string {
	ws := "workspaces/" + n.Workspace
	switch n.Kind {
	case Metadata:
		return ws + "/metadata.json"
	case Model:
		return ws + "/datasets/" + n.Asset + "/model.yaml"
	case Rows:
		return ws + "/datasets/" + n.Asset + "/rows.parquet"
	case Report:
		return ws + "/reports/" + n.Asset + ".json"
	case Alert:
		return ws + "/alerts/" + n.Asset + ".json"
	case File:
		return ws + "/files/" + n.Asset
	case Audit:
		return AuditPath
	case Extension:
		return "extensions/" + n.Vendor + "/" + n.Rest
	case Manifest:
		return ManifestPath
	}
	return ""
}

func checkSegments(path string) string {
	switch {
	case path == "":
		return "is empty"
	case len(path) > MaxPath:
		return fmt.Sprintf("is longer than %d bytes", MaxPath)
	case strings.Count(path, "/") >= MaxDepth:
		return fmt.Sprintf("has more than %d segments", MaxDepth)
	}
	for seg := range strings.SplitSeq(path, "/") {
		if rule := checkSegment(seg); rule != "" {
			return rule
		}
	}
	return ""
}

// segmentBytes are those of which segments are made.
var segmentBytes = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyz0123456789._-") {
		set[c] = true
	}
	return set
}()

func checkSegment(seg string) string {
	if seg == "" {
		return "has an empty segment"
	}
	if len(seg) > MaxSegment {
		return fmt.Sprintf("has a segment longer than %d bytes", MaxSegment)
	}
	for i := range len(seg) {
		if !segmentBytes[seg[i]] {
			return "holds a character outside a-z, 0-9, '.', '_', '-' and '/'"
		}
	}
	if c := seg[0]; c == '.' || c == '-' {
		return "has a segment that begins with '.' or '-'"
	}
	if seg[len(seg)-1] == '.' {
		return "has a segment that ends with '.'"
	}
	return ""
}

// IsUUID reports whether s is a UUID in the one spelling that archives use:
// 36 characters, lower-case hexadecimal, hyphens at 8, 13, 18 and 23. Version
// and variant are not looked at, because tenants bring ids of their own.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// SignaturePath returns the path of the signature of the entry at path.
func SignaturePath(path string) string {
	return signaturePrefix + path + signatureSuffix
}

// SignedPath returns the path of the entry that the signature at path signs;
// ok is false when path is not of that form. The result is not yet checked:
// pass it to [Parse].
func SignedPath(path string) (entry string, ok bool) {
	rest, ok := strings.CutPrefix(path, signaturePrefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, signatureSuffix)
}
