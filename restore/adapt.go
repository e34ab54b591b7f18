package restore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/docedit"
	"github.com/oneanalytics/oa-archive/schema"
)

// adaptation is a document, or a record of the metadata, on its way into the
// target.
type adaptation struct {
	p  *planner
	it *item // the step that it belongs to

	set     []docedit.Edit // scalars with new values
	drop    []string       // pointers of what goes, in document order
	lost    string         // why a record cannot arrive; a sentence
	changes []string
	blocked []string
	record  bool // a record: what it requires and lacks makes it lost, not blocked
	dropped bool // something was dropped
	asleep  []Asleep

	attached map[string]bool // connections that the target's asset uses already: see attachedTo
}

func (a *adaptation) change(format string, args ...any) {
	a.changes = addOnce(a.changes, a.p.sentence(fmt.Sprintf(format, args...)))
}

func (a *adaptation) block(format string, args ...any) {
	a.blocked = addOnce(a.blocked, fmt.Sprintf(format, args...))
}

// lack settles a reference that the target cannot resolve.
func (a *adaptation) lack(r schema.Reference, what string) {
	switch {
	case r.Subject:
		a.block("its rule of row security at %s applies to %s; without it somebody could see more: map it, or create it first", r.Pointer, what)
	case r.Required && a.record:
		if a.lost == "" {
			a.lost = what
		}
	case r.Required:
		a.block("refers at %s to %s", r.Pointer, what)
	default:
		a.dropped = true
		a.remove(r.Pointer)
		a.change("no longer refers at %s to %s", r.Pointer, what)
	}
}

// remove drops an optional reference with whatever exists only to hold it.
func (a *adaptation) remove(pointer string) {
	container, last := parent(pointer)
	_, holder := parent(container)
	switch {
	case last == "report" && holder == "drill_to", last == "id" && isIndex(holder):
		a.drop = addOnce(a.drop, container)
	default:
		a.drop = addOnce(a.drop, pointer)
	}
}

// resolve settles every reference of the document.
func (a *adaptation) resolve(refs []schema.Reference) {
	for _, r := range refs {
		switch {
		case r.To.InModel(), r.To == schema.RefSecret, r.To == schema.RefLink, r.To == schema.RefEmbed, r.To == schema.RefSavedQuery, r.To == schema.RefGrant:
		case r.To.IsPrincipal():
			a.principal(r)
		case r.To == schema.RefConnection:
			a.connection(r)
		case r.To == schema.RefFolder, r.To == schema.RefTag:
			if !a.p.hasPlace(a.it, r) {
				a.lack(r, fmt.Sprintf("%s %s, which does not exist", r.To, r.ID))
			}
		default:
			a.asset(r)
		}
	}
}

func (a *adaptation) principal(r schema.Reference) {
	k := principalKey{r.To, r.ID}
	name := a.p.personLabel(k)
	s, ok := a.p.people.standIn(k)
	switch {
	case !ok && a.fallbackOwner(r, k, name):
	case !ok:
		a.p.unresolved(string(r.To), r.ID, a.it.id, a.effect(r))
		if !r.Required && strings.HasSuffix(r.Pointer, "/owner") {
			a.set = append(a.set, docedit.Edit{Pointer: r.Pointer, Value: nil})
			if r.Pointer == "/owner" {
				a.change("arrives without its owner %s, who is not in the target", name)
			} else {
				a.change("loses the owner at %s: %s, who is not in the target", r.Pointer, name)
			}
			return
		}
		a.lack(r, name+", which is not in the target")
	case s.id != r.ID:
		a.set = append(a.set, docedit.Edit{Pointer: r.Pointer, Value: s.id})
		a.change("refers to %s of the target instead of %s", s.id, name)
	}
	if ok && a.p.people.otherRights(k, s) {
		a.p.warn("role %q of the target gives other rights than the archive's %q; the target's stays", s.id, r.ID)
	}
}

// effect says what becomes of a reference to somebody unresolved.
func (a *adaptation) effect(r schema.Reference) string {
	switch {
	case r.Subject:
		return "rules of row security that apply to it block their datasets"
	case r.Required:
		return "grants and memberships for it are not imported"
	case strings.HasSuffix(r.Pointer, "/owner"):
		return "what it owns arrives without an owner"
	}
	return "lists that name it lose it"
}

func (a *adaptation) connection(r schema.Reference) {
	differs := a.p.links.differs(a.it.workspace, a.it.targetWorkspace, r.ID)
	if differs && a.attached[r.ID] {
		a.p.warn("connection %q of the target leads elsewhere than the archive's; what uses it already keeps it", r.ID)
		return
	}
	l, ok := a.p.links.find(a.it.workspace, a.it.targetWorkspace, r.ID)
	if !ok {
		a.p.unresolved("connection", r.ID, a.it.id, "what uses it is blocked")
		if differs {
			a.block("needs connection %q, and that of the target leads elsewhere than the archive's: map it to the connection that is meant, or let missing connections be created", r.ID)
			return
		}
		a.block("needs connection %q, which is not in the target: map it, or create it first", r.ID)
		return
	}
	if l.name != r.ID {
		a.set = append(a.set, docedit.Edit{Pointer: r.Pointer, Value: l.name})
		a.change("uses connection %q instead of %q", l.name, r.ID)
	}
	if l.create {
		a.change("connection %q is created without its secret, which has to be entered again", l.name)
	}
	if differs {
		a.p.detaching[key{Workspace, a.it.workspace, r.ID}] = true
		a.p.warn("connection %q of the target leads elsewhere than the archive's: what is imported uses the archive's, as %q, unless %q is mapped", r.ID, l.name, r.ID)
	}
}

func (a *adaptation) asset(r schema.Reference) {
	kind, ok := kindOfRef(r.To)
	if !ok {
		return
	}
	k := key{kind, a.it.workspace, r.ID}
	if kind == Workspace {
		k.workspace = r.ID
		if r.ID != a.it.workspace {
			a.lack(r, fmt.Sprintf("workspace %s, which is not its own", r.ID))
			return
		}
	}
	if to := a.p.ids[r.ID]; to != "" && kind != Workspace && r.ID != a.it.id && !a.record {
		a.change("refers to the copy of %s (%.8s → %.8s)", a.p.assetName(k), k.id, to)
	}
	if why := a.p.lands(a.it, k); why != "" {
		a.lack(r, why)
	}
}

// lands returns "" if the asset k of the archive, or the target's own with
// that id, will be in the target workspace of it, and else a phrase that names
// it and says why not.
func (p *planner) lands(it *item, k key) string {
	if k.kind == Workspace {
		return ""
	}
	other := p.itemOf(k)
	if other != nil && other.policy != Skip || p.clone.copyOf(k.kind, k.id) != nil {
		return ""
	}
	if p.dst.assets.get(key{k.kind, it.targetWorkspace, k.id}) != nil {
		return ""
	}
	label := p.assetLabel(k)
	switch {
	case other != nil:
		return label + ", which is skipped and which the target does not have"
	case p.src.assets.get(k) != nil:
		return label + ", which is not selected and which the target does not have"
	}
	return label + ", which is neither in the archive nor in the target's workspace"
}

// hasPlace reports whether the folder or tag will be in the target.
func (p *planner) hasPlace(it *item, r schema.Reference) bool {
	sides := []*places{p.src.places[it.workspace], p.dst.places[it.targetWorkspace]}
	for _, side := range sides {
		if side == nil {
			continue
		}
		if _, ok := side.folders[r.ID]; ok && r.To == schema.RefFolder {
			return true
		}
		if side.tags[r.ID] && r.To == schema.RefTag {
			return true
		}
	}
	return false
}

// assetName names an asset whose id stands beside the name already.
func (p *planner) assetName(k key) string {
	if a := p.src.assets.get(k); a != nil && a.name != "" {
		return fmt.Sprintf("%s %q", a.kind, a.name)
	}
	return string(k.kind)
}

func (p *planner) assetLabel(k key) string {
	if a := p.src.assets.get(k); a != nil {
		return a.label()
	}
	return string(k.kind) + " " + k.id
}

func (p *planner) personLabel(k principalKey) string {
	name, email := p.people.describe(k)
	switch {
	case email != "":
		return fmt.Sprintf("%s %s (%s)", k.kind, k.id, email)
	case name != "":
		return fmt.Sprintf("%s %s (%q)", k.kind, k.id, name)
	}
	return fmt.Sprintf("%s %s", k.kind, k.id)
}

// apply makes the edits in a JSON text and rewrites the ids of copies.
func (a *adaptation) apply(doc []byte) ([]byte, error) {
	if !longWay && a.record && len(a.set) == 0 && len(a.drop) == 0 && len(a.p.ids) == 0 {
		return doc, nil
	}
	out, err := editJSON(doc, func(e *jsonEditor) error {
		for _, edit := range a.set {
			raw := json.RawMessage("null")
			if text, ok := edit.Value.(string); ok {
				raw = quote(text)
			}
			if err := e.set(edit.Pointer, raw); err != nil {
				return err
			}
		}
		for _, pointer := range slices.Backward(a.drop) {
			if err := e.deleteIfThere(pointer); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.p.rewrite(docedit.JSON, out)
}

// rewrite replaces the ids of what is copied.
func (p *planner) rewrite(f docedit.Format, doc []byte) ([]byte, error) {
	if len(p.ids) == 0 {
		return doc, nil
	}
	out, _, err := docedit.RewriteFunc(f, doc, func(id string) (string, bool) {
		to, ok := p.ids[id]
		return to, ok
	})
	return out, err
}

// recordPlace is where a record stands in the metadata.
type recordPlace struct {
	list  string
	index int
}

// groupByRecord sorts references of the metadata by the record that they
// stand in. Their pointers become relative to it.
func groupByRecord(refs []schema.Reference) map[recordPlace][]schema.Reference {
	groups := map[recordPlace][]schema.Reference{}
	for _, r := range refs {
		list, rest, ok := strings.Cut(strings.TrimPrefix(r.Pointer, "/"), "/")
		if !ok {
			continue
		}
		number, inner, ok := strings.Cut(rest, "/")
		index, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		r.Pointer = "/" + inner
		place := recordPlace{list, index}
		groups[place] = append(groups[place], r)
	}
	return groups
}
