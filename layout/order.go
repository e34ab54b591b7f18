package layout

import (
	"cmp"
	"strings"
)

// Compare orders names canonically and returns -1, 0 or +1: workspaces by id,
// and within each the metadata, then datasets by id (model before rows), then
// reports, alerts and files by id; after all workspaces the audit trail, then
// extensions by path, then the manifest.
func Compare(a, b Name) int {
	if c := cmp.Compare(a.section(), b.section()); c != 0 {
		return c
	}
	if a.Kind == Extension && b.Kind == Extension {
		return strings.Compare(a.Vendor+"/"+a.Rest, b.Vendor+"/"+b.Rest)
	}
	return cmp.Or(
		strings.Compare(a.Workspace, b.Workspace),
		cmp.Compare(a.group(), b.group()),
		strings.Compare(a.Asset, b.Asset),
		cmp.Compare(a.Kind, b.Kind),
	)
}

// section tells the workspaces apart from what follows them.
func (n Name) section() int {
	if n.Kind >= Audit {
		return int(n.Kind)
	}
	return 0
}

// group puts a dataset's model and rows side by side.
func (n Name) group() Kind {
	if n.Kind == Rows {
		return Model
	}
	return n.Kind
}
