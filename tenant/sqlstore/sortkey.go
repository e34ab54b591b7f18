package sqlstore

import "github.com/oneanalytics/oa-archive/layout"

// Digits that order what stands beside each other in a sort key. Gaps are
// left for kinds to come.
const (
	inWorkspace = "2/" // before everything outside workspaces
	auditKey    = "6/"
	extensions  = "8/"
)

var groups = map[layout.Kind]string{
	layout.Metadata: "/1", layout.Model: "/3/", layout.Rows: "/3/",
	layout.Report: "/5/", layout.Alert: "/6/", layout.File: "/7/",
}

// sortKey returns a text for each name of an entry; comparing them byte by
// byte is layout.Compare. Ids have one length, so what follows them is never
// compared with a part of an id.
func sortKey(n layout.Name) string {
	switch n.Kind {
	case layout.Audit:
		return auditKey
	case layout.Extension:
		return extensions + n.Vendor + "/" + n.Rest
	}
	key := workspaceKey(n.Workspace) + groups[n.Kind] + n.Asset
	switch n.Kind {
	case layout.Model:
		key += "/1"
	case layout.Rows:
		key += "/2"
	}
	return key
}

// workspaceKey is the beginning of the sort keys of a workspace's entries.
func workspaceKey(id string) string { return inWorkspace + id }

// after returns the smallest text greater than all that begin with prefix,
// which ends in an ASCII character.
func after(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string(rune(prefix[last]+1))
}
