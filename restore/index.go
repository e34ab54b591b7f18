package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// key identifies an asset on one side.
type key struct {
	kind      Kind
	workspace string
	id        string
}

// asset is what a plan remembers of one asset: never its content.
type asset struct {
	key
	name    string
	entries []entry     // in canonical order
	refs    []reference // what its documents refer to; only of the archive's assets

	// What the archive's document says about access.
	rules *[]access.Rule // shared by those with the same; nil without any
	owner uint32         // see index.ids; 0 without one

	seat uint32 // place in the index's order
	next *asset // in the same bucket of the index's table
}

// entry is one entry of an asset. There are many, so that its name is read off its
// path when somebody asks.
type entry struct {
	path   string // that layout.Parse has read
	size   int64
	digest layout.Digest
	open   func(context.Context) (io.ReadCloser, error) // of the target's entries
	kind   layout.Kind

	// What reading the archive found out.
	unchecked bool // the document was not validated
	keyed     bool // the alert mentions a key which no archive has
}

// reference is something that an asset refers to, no matter where and how
// often. There are many, so it holds what planning asks for and nothing else.
type reference struct {
	id                uint32 // see index.ids
	to                refKind
	required, subject bool // somewhere
	within            bool // in the asset's own document, not only in its record
}

// bare returns the reference without a place.
func (x *index) bare(r reference) schema.Reference {
	return schema.Reference{To: r.to.kind(), ID: x.ids[r.id], Required: r.required, Subject: r.subject}
}

// name returns the entry's path, parsed.
func (e entry) name() layout.Name {
	name, _ := layout.Parse(e.path) // it was parsed before
	return name
}

// isDocument reports whether the entry is validated and edited as a whole.
func (e entry) isDocument() bool {
	_, ok := schema.KindOf(e.kind)
	return ok
}

// index is one side of an import, the archive or the target, in memory.
type index struct {
	assets assetTable
	order  []*asset // canonical
	byID   byID     // once it is sorted
	people *directory
	links  *connections
	places map[string]*places // by workspace
	found  *findings          // of archives
	shared atomic.Bool        // with planners to come
	ids    []string           // that references name; the first is empty
	texts  map[string]uint32  // where each stands in ids; while documents are read
	rules  sharedRules        // while documents are read
	pool   assetPool
}

// places are the ids by which documents of one workspace refer to its order.
type places struct {
	folders map[string]string // id → id of the parent, or ""
	tags    map[string]bool
	queries []string          // saved queries
	names   map[string]string // of folders and tags
}

func newIndex() *index {
	return &index{
		assets: newAssetTable(), people: newDirectory(), links: newConnections(),
		places: map[string]*places{}, ids: []string{""}, texts: map[string]uint32{"": 0}, rules: sharedRules{},
	}
}

// keyOf returns the asset that the entry at n belongs to.
func keyOf(n layout.Name) key {
	switch n.Kind {
	case layout.Metadata:
		return key{Workspace, n.Workspace, n.Workspace}
	case layout.Model, layout.Rows:
		return key{Dataset, n.Workspace, n.Asset}
	case layout.Report:
		return key{Report, n.Workspace, n.Asset}
	case layout.Alert:
		return key{Alert, n.Workspace, n.Asset}
	case layout.File:
		return key{File, n.Workspace, n.Asset}
	case layout.Audit:
		return key{Audit, "", "audit"}
	}
	return key{Extension, "", n.String()}
}

// add files an entry under its asset. Its path must be valid.
func (x *index) add(e entry) *asset {
	name := e.name() // whose texts are parts of the path
	e.kind = name.Kind
	k := keyOf(name)
	a := x.assets.get(k)
	if a == nil {
		a = x.pool.asset()
		a.key = k
		if k.kind == Audit || k.kind == Extension {
			a.name = e.path
		}
		x.assets.put(a)
		x.order = append(x.order, a)
	}
	if a.entries == nil {
		a.entries = x.pool.entry()
	}
	a.entries = append(a.entries, e)
	return a
}

// digestOf returns the digest of the entry called name, zero when there is
// none.
func (x *index) digestOf(name layout.Name) layout.Digest {
	a := x.assets.get(keyOf(name))
	if a == nil {
		return layout.Digest{}
	}
	e, _ := a.entryOf(name.Kind)
	return e.digest
}

// currently returns the digest of the entry called name, nil when there is none.
func (x *index) currently(name layout.Name) *layout.Digest {
	if a := x.assets.get(keyOf(name)); a != nil {
		for i := range a.entries {
			if e := &a.entries[i]; e.kind == name.Kind {
				return &e.digest
			}
		}
	}
	return nil
}

// pathOf returns the path of the entry called name, "" when there is none.
func (x *index) pathOf(name layout.Name) string {
	if a := x.assets.get(keyOf(name)); a != nil {
		if e, ok := a.entryOf(name.Kind); ok && e.name() == name {
			return e.path
		}
	}
	return ""
}

// has reports whether there is an entry called name.
func (x *index) has(name layout.Name) bool { return !x.digestOf(name).IsZero() }

// entryOf returns the entry of the given kind.
func (a *asset) entryOf(k layout.Kind) (entry, bool) {
	for _, e := range a.entries {
		if e.kind == k {
			return e, true
		}
	}
	return entry{}, false
}

// readDocument returns the content of a document of the side being indexed.
type readDocument func(context.Context, entry) ([]byte, error)

// learn reads the metadata of every workspace of the target.
func (x *index) learn(ctx context.Context, read readDocument) error {
	for _, a := range x.order {
		for _, e := range a.entries {
			if e.kind != layout.Metadata {
				continue
			}
			doc, err := read(ctx, e)
			if err == nil {
				_, err = x.learnMetadata(a, doc)
			}
			if err != nil {
				return fmt.Errorf("entry %q: %w", e.path, err)
			}
		}
	}
	return nil
}

// learnMetadata notes what a workspace's metadata says.
func (x *index) learnMetadata(a *asset, doc []byte) (*records, error) {
	recs, err := parseRecords(doc)
	if err != nil {
		return nil, err
	}
	x.nameWorkspace(a, recs)
	x.learnRecords(a.workspace, recs)
	return recs, nil
}

// learnRecords notes who and what the records of a workspace declare.
func (x *index) learnRecords(workspace string, recs *records) {
	x.people.learn(workspace, recs)
	x.links.learn(workspace, recs)
	x.learnPlaces(workspace, recs)
}

// learnDocument notes what a document of the archive says.
func (x *index) learnDocument(a *asset, e entry, d *document) error {
	if d.unclear != nil {
		return d.unclear
	}
	if e.kind == layout.Metadata {
		recs, err := x.learnMetadata(a, d.text)
		if err != nil {
			return err
		}
		x.learnRecordReferences(a.workspace, d.refs, recs)
		return nil
	}
	if e.kind == layout.Report || e.kind == layout.Alert {
		a.name = d.parsed.Name()
	}
	x.refer(a, d.refs, e.kind)
	a.rules = x.rules.one(d.parsed.RowRules())
	for _, r := range d.refs {
		if r.Pointer == "/owner" {
			a.owner = x.share(r.ID)
		}
	}
	return nil
}

// learnPlaces notes the folders, tags and saved queries of a workspace.
func (x *index) learnPlaces(workspace string, recs *records) {
	p := &places{folders: map[string]string{}, tags: map[string]bool{}, names: map[string]string{}}
	for _, rec := range recs.lists["folders"] {
		var folder struct{ Parent string }
		_ = json.Unmarshal(rec.raw, &folder) // null and absent parents stay ""
		p.folders[rec.key], p.names[rec.key] = folder.Parent, rec.name
	}
	for _, rec := range recs.lists["tags"] {
		p.tags[rec.key], p.names[rec.key] = true, rec.name
	}
	for _, rec := range recs.lists["saved_queries"] {
		p.queries = append(p.queries, rec.key)
	}
	x.places[workspace] = p
}

// learnRecordReferences gives datasets and files the references that stand in
// their records.
func (x *index) learnRecordReferences(workspace string, refs []schema.Reference, recs *records) {
	byRecord := groupByRecord(refs)
	for _, l := range assetLists {
		for _, rec := range recs.lists[l.list] {
			if a := x.assets.get(key{l.kind, workspace, rec.key}); a != nil {
				x.refer(a, byRecord[recordPlace{l.list, rec.index}], layout.Metadata)
			}
		}
	}
}

// assetLists are the lists of the metadata that hold records of assets.
var assetLists = []struct {
	list string
	kind Kind
}{{"datasets", Dataset}, {"files", File}}

// nameWorkspace takes the names of a workspace, its datasets and its files from
// their records.
func (x *index) nameWorkspace(a *asset, recs *records) {
	a.name = recs.workspaceName
	for _, l := range assetLists {
		for _, r := range recs.lists[l.list] {
			if of := x.assets.get(key{l.kind, a.workspace, r.key}); of != nil {
				of.name = r.name
			}
		}
	}
}

// refer adds references of one of the asset's documents to things outside it,
// each once.
func (x *index) refer(a *asset, refs []schema.Reference, document layout.Kind) {
	type target struct {
		to refKind
		id uint32
	}
	places := map[target]int{}
	for i, r := range a.refs {
		places[target{r.to, r.id}] = i
	}
	for _, r := range refs {
		if r.To.InModel() || r.To == schema.RefSecret {
			continue
		}
		t := target{refKindOf(r.To), x.share(r.ID)}
		i, ok := places[t]
		if !ok {
			i = len(a.refs)
			places[t] = i
			a.refs = append(a.refs, reference{to: t.to, id: t.id})
		}
		ref := &a.refs[i]
		ref.within = ref.within || document != layout.Metadata
		ref.required = ref.required || r.Required
		ref.subject = ref.subject || r.Subject
	}
	a.refs = slices.Clone(a.refs) // without room for more
}

// share returns where the id stands in ids.
func (x *index) share(id string) uint32 {
	at, ok := x.texts[id]
	if !ok {
		at = uint32(len(x.ids))
		x.ids = append(x.ids, id)
		x.texts[id] = at
	}
	return at
}

// saysOfAccess returns what the asset's document says about access.
func (x *index) saysOfAccess(a *asset) facts {
	f := facts{owner: x.ids[a.owner]}
	if a.rules != nil {
		f.rules = *a.rules
	}
	return f
}

// sort puts the assets in the order of plans, by the canonical order of their
// first entries, and gives them their seats.
func (x *index) sort() {
	slices.SortFunc(x.order, func(a, b *asset) int {
		return layout.Compare(a.entries[0].name(), b.entries[0].name())
	})
	for i, a := range x.order {
		a.seat = uint32(i)
	}
	x.byID = newByID(x.order)
}

// kindOfRef returns the kind of asset that references of kind r name.
func kindOfRef(r schema.RefKind) (Kind, bool) {
	switch r {
	case schema.RefWorkspace:
		return Workspace, true
	case schema.RefDataset:
		return Dataset, true
	case schema.RefReport:
		return Report, true
	case schema.RefAlert:
		return Alert, true
	case schema.RefFile:
		return File, true
	}
	return "", false
}

// label names an asset for people.
func (a *asset) label() string {
	if a.name == "" || a.name == a.id {
		return string(a.kind) + " " + a.id
	}
	return fmt.Sprintf("%s %q (%s)", a.kind, a.name, a.id)
}
