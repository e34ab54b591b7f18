package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// metadata is the metadata of one workspace on its way into the target: the
// archive's records as they would arrive, and the target's as they are.
type metadata struct {
	p  *planner
	ws *item

	source []byte // the archive's document
	ours   *records
	there  []byte   // the target's document; nil when it has none
	theirs *records // nil when there is none

	arriving map[string][]arrival // by list, one for each record of ours
	recordOf map[*item]*arrival   // of datasets and files
	byKey    map[string]map[string]record
}

// arrival is a record of the archive as it would arrive.
type arrival struct {
	record // as the archive has it
	refs   []schema.Reference
	to     string // its key in the target
	text   []byte // its text in the target
	lost   string // why it cannot arrive; "" if it can
	known  bool   // the target has a record of its own, in text, which stays
	asset  *item  // of datasets and files, and of grants on an item; may be nil
	notes  []string
}

// openMetadata reads both documents of the item's workspace and adapts every
// record of the archive's. It does not yet choose among them.
func (p *planner) openMetadata(ctx context.Context, ws *item) (*metadata, error) {
	m := &metadata{p: p, ws: ws, arriving: map[string][]arrival{}, byKey: map[string]map[string]record{}, recordOf: map[*item]*arrival{}}
	e, ok := ws.entryOf(layout.Metadata)
	if !ok {
		return nil, fmt.Errorf("workspace %s has no metadata", ws.id)
	}
	var err error
	if m.source, err = p.readSource(ctx, e); err != nil {
		return nil, err
	}
	if m.ours, err = parseRecords(m.source); err != nil {
		return nil, err
	}
	if there := p.dst.assets.get(key{Workspace, ws.targetID, ws.targetID}); there != nil {
		if m.there, err = p.readTarget(ctx, there.entries[0]); err != nil {
			return nil, err
		}
		if m.theirs, err = parseRecords(m.there); err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
	}
	for _, list := range recordLists {
		m.byKey[list] = m.theirs.byKey(list)
	}
	if err := m.digestCopies(ctx); err != nil {
		return nil, err
	}
	refs, err := p.referencesOf(schema.KindMetadata, m.source)
	if err != nil {
		return nil, err
	}
	byRecord := groupByRecord(refs)
	for _, list := range recordLists {
		for _, rec := range m.ours.lists[list] {
			a, err := m.adapt(list, rec, byRecord[recordPlace{list, rec.index}])
			if err != nil {
				return nil, fmt.Errorf("%s %q: %w", list, rec.key, err)
			}
			m.arriving[list] = append(m.arriving[list], a)
		}
	}
	for _, l := range assetLists {
		for i := range m.arriving[l.list] {
			if a := &m.arriving[l.list][i]; a.asset != nil {
				m.recordOf[a.asset] = a
			}
		}
	}
	return m, nil
}

// adapt makes of one record of the archive what would arrive.
func (m *metadata) adapt(list string, rec record, refs []schema.Reference) (arrival, error) {
	a := arrival{record: rec, refs: refs, to: rec.key, text: rec.raw}
	switch list {
	case "users", "teams", "roles":
		return m.adaptPrincipal(list, a)
	case "connections":
		m.adaptConnection(&a)
		return a, nil
	case "datasets", "files":
		a.asset = m.p.itemOf(key{assetKind(list), m.ws.workspace, rec.key})
	case "grants":
		a.asset = m.granted(refs)
	}
	err := m.adaptRecord(list, &a)
	return a, err
}

func assetKind(list string) Kind {
	for _, l := range assetLists {
		if l.list == list {
			return l.kind
		}
	}
	return ""
}

// granted returns the item that a grant is for.
func (m *metadata) granted(refs []schema.Reference) *item {
	for _, r := range refs {
		if kind, ok := kindOfRef(r.To); ok {
			k := key{kind, m.ws.workspace, r.ID}
			if kind == Workspace {
				k.workspace = r.ID
			}
			return m.p.itemOf(k)
		}
	}
	return nil
}

// adaptRecord settles the references of a record, rewrites its ids, and marks
// copies.
func (m *metadata) adaptRecord(list string, a *arrival) error {
	owner := a.asset
	if owner == nil || list == "grants" {
		owner = m.ws
	}
	ad := &adaptation{p: m.p, it: owner, record: true}
	if !m.unused(list, a) {
		ad.resolve(a.refs)
	}
	text, err := ad.apply(a.raw)
	if err != nil {
		owner.block("%s %q cannot be edited as the import needs: %v", singular(list), a.record.label(), err)
		return nil
	}
	a.lost, a.text = ad.lost, text
	a.notes = nil
	for _, note := range append(ad.changes, ad.blocked...) {
		a.notes = append(a.notes, fmt.Sprintf("%s %q: %s", singular(list), a.record.label(), note))
	}
	if isAssetList(list) {
		if err := m.schedule(a, ad); err != nil {
			return err
		}
		ad.hand(owner)
		a.notes = nil
		if ad.lost != "" {
			owner.block("its record refers to %s", ad.lost)
		}
		if a.asset != nil && a.asset.policy == Fork {
			a.text, err = editJSON(a.text, func(e *jsonEditor) error { return m.p.markCopy(e, a.asset, "") })
			if err != nil {
				return err
			}
		}
	}
	if list == "grants" {
		if err := m.keepPassword(a); err != nil {
			return err
		}
		if err := m.closeDoor(a); err != nil {
			return err
		}
	}
	a.to, err = a.identityOf(list, a.text)
	return err
}

func isAssetList(list string) bool { return list == "datasets" || list == "files" }

// unused reports whether the record will not arrive whatever it refers to, so
// that what it refers to need not be looked for.
func (m *metadata) unused(list string, a *arrival) bool {
	switch list {
	case "datasets", "files":
		return a.asset == nil || !a.asset.imports()
	case "grants":
		return !m.brings(a)
	case "members", "saved_queries":
		return m.merges() || m.ws.policy == Fork && list == "members"
	}
	return false
}

// merges reports whether the target's document is the one that is edited.
func (m *metadata) merges() bool {
	return m.ws.policy == Merge || m.ws.policy == Skip || m.ws.update
}

// brings reports whether the import brings a grant: those of assets that keep
// their identity. Copies arrive private.
func (m *metadata) brings(a *arrival) bool {
	if a.asset == nil {
		return false
	}
	switch a.asset.policy {
	case Create, Overwrite:
		return true
	case Ask:
		return !m.merges() // who asked for nothing gets no grants put back
	}
	return false
}

// adaptPrincipal chooses between the archive's record of somebody and the
// target's, which stays: an import admits nobody again who was locked out.
func (m *metadata) adaptPrincipal(list string, a arrival) (arrival, error) {
	k := principalKey{principalKind(list), a.key}
	s, ok := m.p.people.standIn(k)
	if !ok {
		a.lost = m.p.personLabel(k) + ", which is not in the target"
		return a, nil
	}
	a.to = s.id
	own, here := m.byKey[list][s.id]
	elsewhere := m.p.dst.people.byKey[principalKey{k.kind, s.id}]
	switch {
	case s.create:
		a.text = m.p.people.arriving(m.p.src.people.byKey[k])
		if m.p.same {
			a.text = a.raw
		}
	case list == "roles" && m.p.same && here:
		return a, nil
	case here:
		a.text, a.known = own.raw, true
	case elsewhere != nil:
		a.text, a.known = elsewhere.raw, true
	}
	if a.known && m.p.same && !sameJSON(a.text, a.raw) {
		a.notes = append(a.notes, fmt.Sprintf("%s stays as the target has it, which differs from the archive", m.p.personLabel(k)))
	}
	if !s.create || list != "teams" {
		return a, nil
	}
	ad := &adaptation{p: m.p, it: m.ws, record: true}
	ad.resolve(a.refs)
	text, err := ad.apply(a.text)
	a.text, a.notes = text, ad.changes
	return a, err
}

func principalKind(list string) schema.RefKind {
	for _, l := range principalLists {
		if l.list == list {
			return l.kind
		}
	}
	return ""
}

// adaptConnection prefers the target's descriptor to the archive's.
func (m *metadata) adaptConnection(a *arrival) {
	l, ok := m.p.links.find(m.ws.workspace, m.ws.targetWorkspace, a.key)
	if !ok {
		a.lost = fmt.Sprintf("connection %q, which is not in the target", a.key)
		return
	}
	if m.p.links.differs(m.ws.workspace, m.ws.targetWorkspace, a.key) {
		// The target's stays. What uses the archive's declares it: see declare.
		a.known, a.text = true, m.p.dst.links.find(m.ws.targetWorkspace, a.key)
		return
	}
	a.to, a.known = l.name, !l.create
	if own, here := m.byKey["connections"][l.name]; here {
		a.text = own.raw
	} else if !sameJSON(a.text, l.raw) {
		a.text = l.raw
	}
}

// closeDoor closes a link or embed, unless the target has the very same open.
func (m *metadata) closeDoor(a *arrival) error {
	if !slices.ContainsFunc(a.refs, func(r schema.Reference) bool { return r.To == schema.RefLink || r.To == schema.RefEmbed }) {
		return nil
	}
	if own, ok := m.byKey["grants"][a.to]; ok && sameJSON(own.raw, a.text) {
		return nil
	}
	var grant struct{ State string }
	if err := json.Unmarshal(a.text, &grant); err != nil {
		return err
	}
	if grant.State == "closed" {
		return nil
	}
	a.notes = append(a.notes, fmt.Sprintf("grant %s is a public link or embed: it arrives closed", a.key))
	var err error
	a.text, err = editJSON(a.text, func(e *jsonEditor) error { return e.set("/state", quote("closed")) })
	return err
}

// sameRecord reports whether the target has the item's record as it would
// arrive. Assets without records have nothing to differ in.
func (m *metadata) sameRecord(it *item) bool {
	a := m.recordOf[it]
	if a == nil {
		return true
	}
	own, ok := m.byKey[listOfKind(it.kind)][a.to]
	return ok && sameJSON(own.raw, a.text)
}

// rawSameRecord reports whether the target has the very record that the
// archive has.
func (m *metadata) rawSameRecord(it *item) bool {
	a := m.recordOf[it]
	if a == nil {
		return true
	}
	own, ok := m.byKey[listOfKind(it.kind)][a.key]
	return ok && sameJSON(own.raw, a.raw)
}

// readapt adapts the item's record again, after its origin was settled.
func (m *metadata) readapt(it *item) error {
	a := m.recordOf[it]
	if a == nil {
		return nil
	}
	return m.adaptRecord(listOfKind(it.kind), a)
}

// digestCopies computes what the origins of copied datasets and files say of
// their contents. That depends on which assets are copied, so it has to wait
// until that is settled.
func (m *metadata) digestCopies(ctx context.Context) error {
	if !m.p.settling {
		return nil
	}
	for _, l := range assetLists {
		for _, rec := range m.ours.lists[l.list] {
			it := m.p.itemOf(key{l.kind, m.ws.workspace, rec.key})
			if it == nil || it.policy != Fork || it.copied().content != "" {
				continue
			}
			var err error
			if it.asCopy().content, err = m.p.contentDigest(ctx, it); err != nil {
				return fmt.Errorf("%s: %w", it.label(), err)
			}
		}
	}
	return nil
}

// listOfKind returns the list that holds the records of a kind of assets.
func listOfKind(kind Kind) string {
	for _, l := range assetLists {
		if l.kind == kind {
			return l.list
		}
	}
	return ""
}
