package restore

import (
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/schema"
)

// item is an asset that a plan is about: selected, or needed by one that is.
type item struct {
	*asset
	*verdict // gone once the plan is made, but while the item is written: see planner.rest

	policy          Decision // what is intended; Ask and Overwrite may turn out Unchanged
	targetWorkspace string
	targetID        string

	selected      bool
	landed        bool // a workspace of the archive that lands in another of the target
	unlessSame    bool // a conflict only if the target's state is another: see leaveSame
	copyExists    bool // a fork's id is in the target already
	overwriteCopy bool // and may be overwritten
	update        bool // it belongs to a clone that is brought up to date, and the clone has it
	keep          bool // its copy stays as it is
	takesSettings bool // the workspace's copy takes the archive's settings
	exact         bool // a workspace that gets the archive's state: see Options.Exact
	newRules      bool // of row security: the target has other ones
	asArchived    bool // its document arrives as the archive has it
	sameTies      bool // a workspace's metadata, edited, is tied to other documents as the archive's

	outcomes []outcome // of the asset's entries
	copy     *copying  // of forks; nil when there is nothing to say
}

// verdict is what is found out about an item on the way to its step.
type verdict struct {
	why      string   // "selected", or "needed by …"
	decision Decision // what the plan says in the end
	reason   string

	dependsOn []string
	facts     *facts   // of what was edited, for the comparison of access
	remarks   *remarks // nil when there are none, as of most
}

// remarks are what is worth saying about an item.
type remarks struct {
	changes []string
	blocked []string

	access   []string     // ids of changes
	requires []Permission // of records, and what it widens
	asleep   []Asleep
}

// said returns what was remarked on the item.
func (it *item) said() remarks {
	if it.remarks == nil {
		return remarks{}
	}
	return *it.remarks
}

// saying returns the remarks on the item, to be added to.
func (it *item) saying() *remarks {
	if it.remarks == nil {
		it.remarks = &remarks{}
	}
	return it.remarks
}

// newItem returns the item of an asset. why is "selected", or "needed by …".
func newItem(a *asset, why string) *item { return &item{asset: a, verdict: &verdict{why: why}} }

// copying is what planning knows of a copy that an item makes.
type copying struct {
	newName         string
	originArchive   string // archive id that the origin states
	imported        string // digest that the origin states
	content         string // digest of what a dataset or file holds beside its record
	keepAs          Decision
	keepReason      string
	overwriteReason string // why a copy of a clone is overwritten
}

// copied returns what is known of the item's copy.
func (it *item) copied() copying {
	if it.copy == nil {
		return copying{}
	}
	return *it.copy
}

// asCopy returns what is known of the item's copy, to be changed.
func (it *item) asCopy() *copying {
	if it.copy == nil {
		it.copy = &copying{}
	}
	return it.copy
}

// saysOfAccess returns what the item's document says about access.
func (p *planner) saysOfAccess(it *item) facts {
	switch {
	case it.facts != nil:
		return *it.facts
	case it.asArchived:
		return p.src.saysOfAccess(it.asset)
	}
	return facts{}
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
	it.saying().blocked = addOnce(it.said().blocked, fmt.Sprintf(format, args...))
}

func (it *item) change(format string, args ...any) {
	it.saying().changes = addOnce(it.said().changes, fmt.Sprintf(format, args...))
}

func addOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// itemOf returns the item of the archive's asset with the key, or nil.
func (p *planner) itemOf(k key) *item {
	if a := p.src.assets.get(k); a != nil {
		return p.seats[a.seat]
	}
	return nil
}

// closure returns the picked assets and whatever they need, in the order of
// plans and by their seats. Each says why it is there.
func (x *index) closure(picked picks) (all, items []*item) {
	items = make([]*item, len(x.order))
	queue := make([]*item, 0, len(x.order))
	var pool itemPool
	for _, a := range x.order {
		if picked[a.seat] {
			it := pool.item(a, "selected")
			it.selected = true
			items[a.seat] = it
			queue = append(queue, it)
		}
	}
	lists := newSharedLists()
	var needs []key
	var ids []string
	for len(queue) > 0 {
		it := queue[0]
		queue = queue[1:]
		needs, ids = x.needs(it.asset, needs[:0]), ids[:0]
		for _, k := range needs {
			if a := x.assets.get(k); a != nil {
				ids = addOnce(ids, a.id)
				if items[a.seat] == nil {
					items[a.seat] = pool.item(a, "needed by "+it.label())
					queue = append(queue, items[a.seat])
				}
			}
		}
		it.dependsOn = lists.one(ids)
	}
	all = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it == nil })
	return slices.Clip(all), items
}

// needs returns what an asset cannot do without: its workspace, what its
// documents require, and reports that it leads to. It appends them to needs, which
// is empty.
func (x *index) needs(a *asset, needs []key) []key {
	if a.workspace == "" || a.kind == Workspace {
		return nil
	}
	needs = append(needs, key{Workspace, a.workspace, a.workspace})
	for _, r := range a.refs {
		kind, ok := kindOfRef(r.to.kind())
		if ok && kind != Workspace && (r.required || r.to.kind() == schema.RefReport) {
			k := key{kind, a.workspace, x.ids[r.id]}
			if k != a.key && !slices.Contains(needs, k) {
				needs = append(needs, k)
			}
		}
	}
	return needs
}
