package restore

import (
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/schema"
)

// item is an asset that a plan is about: selected, or needed by one that is.
type item struct {
	*asset
	selected bool
	why      string // "selected", or "needed by …"

	policy   Decision // what is intended; Ask and Overwrite may turn out Unchanged
	decision Decision // what the plan says in the end
	reason   string

	targetWorkspace string
	targetID        string
	newName         string
	landed          bool   // a workspace of the archive that lands in another of the target
	unlessSame      bool   // a conflict only if the target's state is another: see leaveSame
	copyExists      bool   // a fork's id is in the target already
	overwriteCopy   bool   // and may be overwritten
	originArchive   string // archive id that a fork's origin states
	imported        string // digest that a fork's origin states
	content         string // digest of what a copied dataset or file holds beside its record
	update          bool   // it belongs to a clone that is brought up to date, and the clone has it
	keep            bool   // its copy stays as it is
	keepAs          Decision
	keepReason      string
	overwriteReason string // why a copy of a clone is overwritten
	takesSettings   bool   // the workspace's copy takes the archive's settings

	exact bool // a workspace that gets the archive's state: see Options.Exact

	dependsOn []string
	changes   []string
	blocked   []string
	entries   []StepEntry

	facts    facts        // for the comparison of access
	access   []string     // ids of changes
	requires []Permission // of records, and what it widens
	asleep   []Asleep
}

// imports reports whether the item's content is meant to reach the target.
func (it *item) imports() bool {
	switch it.policy {
	case Create, Overwrite, Ask, Fork:
		return true
	}
	return false
}

func (it *item) block(format string, args ...any) {
	it.blocked = addOnce(it.blocked, fmt.Sprintf(format, args...))
}

func (it *item) change(format string, args ...any) {
	it.changes = addOnce(it.changes, fmt.Sprintf(format, args...))
}

func addOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// closure returns the picked assets and whatever they need, in the order of
// plans. Each says why it is there.
func (x *index) closure(picked map[key]bool) ([]*item, map[key]*item) {
	items := map[key]*item{}
	var queue []*item
	for _, a := range x.order {
		if picked[a.key] {
			it := &item{asset: a, selected: true, why: "selected"}
			items[a.key] = it
			queue = append(queue, it)
		}
	}
	for len(queue) > 0 {
		it := queue[0]
		queue = queue[1:]
		for _, k := range it.needs() {
			if a := x.assets[k]; a != nil {
				it.dependsOn = addOnce(it.dependsOn, a.id)
				if items[k] == nil {
					items[k] = &item{asset: a, why: "needed by " + it.label()}
					queue = append(queue, items[k])
				}
			}
		}
	}
	all := make([]*item, 0, len(items))
	for _, a := range x.order {
		if it := items[a.key]; it != nil {
			all = append(all, it)
		}
	}
	return all, items
}

// needs returns what an asset cannot do without: its workspace, what its
// documents require, and reports that it leads to.
func (a *asset) needs() []key {
	if a.workspace == "" || a.kind == Workspace {
		return nil
	}
	needs := []key{{Workspace, a.workspace, a.workspace}}
	for _, r := range a.refs {
		kind, ok := kindOfRef(r.to.kind())
		if ok && kind != Workspace && (r.required || r.to.kind() == schema.RefReport) {
			k := key{kind, a.workspace, r.id}
			if k != a.key && !slices.Contains(needs, k) {
				needs = append(needs, k)
			}
		}
	}
	return needs
}
