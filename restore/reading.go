package restore

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/internal/spread"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// reading is what one pass over the documents of an archive found out. It is
// never changed afterwards. A plan keeps its own, so that applying the plan in
// the same process need not read the archive again: what was found holds for
// every archive with the same manifest, because all documents were verified
// against it.
type reading struct {
	manifest    layout.Digest
	maxDocument int64
	index       *index
	selected    []string // the selectors that it was made for
}

// longWay turns off every shortcut of this file. Tests compare plans that were
// made either way.
var longWay = false

// serves reports whether the reading is that of the archive which p reads.
func (r *reading) serves(p *planner) bool {
	return r != nil && !p.manifestDigest.IsZero() && r.manifest == p.manifestDigest && r.maxDocument == p.maxDocument && slices.Equal(r.selected, p.opts.Select)
}

// findings are what a pass over an archive found about its documents, beside
// what the index knows of assets.
type findings struct {
	invalid map[string]error // by path: what validation said of documents that did not pass
	flawed  map[string]bool  // workspaces with problems between their documents, or that were not looked through
}

// aheadOf bounds how many documents are in memory at once.
const (
	aheadDocuments = 32
	aheadBytes     = 4 << 20
)

// learnArchive reads every document once: for names and references, for its
// own faults, and for those between the documents of a workspace. Faults are
// looked for only where writes says that the import may write the document as
// it is. Workspaces of no interest are not looked into.
func (x *index) learnArchive(ctx context.Context, read appendDocument, writes func(entry) bool, in interest) error {
	x.found = &findings{invalid: map[string]error{}, flawed: map[string]bool{}}
	ahead := turns{parser: &schema.Parser{}}
	for rest := x.order; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(a *asset) bool { return a.workspace != rest[0].workspace })
		if n < 0 {
			n = len(rest)
		}
		looks, err := x.looksInto(ctx, rest[:n], read.anew, in)
		if err == nil && looks {
			err = x.learnWorkspace(ctx, rest[:n], &ahead, read, writes)
		}
		if err != nil {
			return err
		}
		pack(rest[:n])
		rest = rest[n:]
	}
	x.packIDs()
	return nil
}

// appendDocument appends the content of a document to a buffer.
type appendDocument func(context.Context, entry, []byte) ([]byte, error)

// anew returns the content in memory of its own.
func (read appendDocument) anew(ctx context.Context, e entry) ([]byte, error) {
	return read(ctx, e, nil)
}

// turns are the documents that are read ahead. Their buffers and lists serve
// those of the next turns too.
type turns struct {
	parser    *schema.Parser
	documents []document // up to aheadDocuments
	bytes     int64      // of their texts
}

// keptText is the largest buffer that waits for another document, in bytes.
const keptText = 256 << 10

// next returns room for one document more.
func (t *turns) next() *document {
	if t.documents == nil {
		t.documents = make([]document, 0, aheadDocuments)
	}
	t.documents = t.documents[:len(t.documents)+1]
	return &t.documents[len(t.documents)-1]
}

// full reports whether no more documents are to be read before these had their
// turns.
func (t *turns) full() bool { return len(t.documents) == aheadDocuments || t.bytes >= aheadBytes }

// end forgets the documents.
func (t *turns) end() {
	for i := range t.documents {
		t.documents[i].end()
	}
	t.documents, t.bytes = t.documents[:0], 0
}

// document is one document of an archive, on its turn.
type document struct {
	asset  *asset
	entry  *entry // of the asset
	kind   schema.Kind
	text   []byte
	parsed *schema.Document
	check  bool  // whether it is validated
	fault  error // of validation

	refs    []schema.Reference
	unclear error // why there are no refs
}

// examine does what needs nothing but the document.
func (d *document) examine(parser *schema.Parser) {
	if d.kind == "" {
		return
	}
	d.parsed = parser.Parse(d.kind, d.text)
	if d.check {
		d.fault = d.parsed.Validate()
	}
	d.refs, d.unclear = d.parsed.AppendReferences(d.refs)
}

// end forgets the document, but for the memory that another can use.
func (d *document) end() {
	if d.parsed != nil {
		d.parsed.Release()
	}
	if cap(d.text) > keptText {
		d.text, d.refs = nil, nil
	}
	clear(d.refs)
	*d = document{text: d.text[:0], refs: d.refs[:0]}
}

// learnWorkspace reads the documents of one workspace, a few at a time.
func (x *index) learnWorkspace(ctx context.Context, assets []*asset, ahead *turns, read appendDocument, writes func(entry) bool) error {
	var failed error
	all := func(yield func(layout.Name, *schema.Document) bool) {
		flush := func() bool {
			defer ahead.end()
			batch := ahead.documents
			spread.Each(len(batch), func(i int) { batch[i].examine(ahead.parser) })
			for i := range batch {
				d := &batch[i]
				if failed = x.learnParsed(d); failed != nil || !yield(d.entry.name(), d.parsed) {
					return false
				}
			}
			return true
		}
		for _, a := range assets {
			for i := range a.entries {
				e := &a.entries[i]
				d := ahead.next()
				d.asset, d.entry, d.check = a, e, writes(*e)
				if kind, ok := schema.KindOf(e.kind); ok {
					d.kind = kind
					if d.text, failed = read(ctx, *e, d.text); failed != nil {
						failed = fmt.Errorf("entry %q: %w", e.path, failed)
						return
					}
				}
				ahead.bytes += int64(len(d.text))
				if ahead.full() && !flush() {
					return
				}
			}
		}
		flush()
	}
	if !slices.ContainsFunc(assets, func(a *asset) bool { return slices.ContainsFunc(a.entries, writes) }) {
		x.found.flawed[assets[0].workspace] = true
		all(func(layout.Name, *schema.Document) bool { return true })
		return failed
	}
	problems := schema.CheckDocuments(all)
	if slices.ContainsFunc(problems, func(p schema.Problem) bool { return !p.Warning }) {
		x.found.flawed[assets[0].workspace] = true
	}
	return failed
}

// learnParsed notes what one document says.
func (x *index) learnParsed(d *document) error {
	if d.kind == "" {
		return nil
	}
	if err := x.learnDocument(d.asset, *d.entry, d); err != nil {
		return fmt.Errorf("entry %q: %w", d.entry.path, err)
	}
	if d.fault != nil {
		x.found.invalid[d.entry.path] = d.fault
	}
	d.entry.unchecked = !d.check
	d.entry.keyed = d.kind == schema.KindAlert && bytes.Contains(d.text, []byte("secret_slot"))
	return nil
}

// arrivesAsIs reports whether the document e of the item needs no edit at all:
// nothing is copied, and everything that it refers to has the same id in the
// target. It is a question to the index, so that the documents of a tenant
// that goes back to where it came from are not read for every step of an
// import. The step is told what the edit would have said.
func (p *planner) arrivesAsIs(it *item, e entry) bool {
	if longWay || len(p.ids) > 0 || it.policy == Fork || it.kind == Workspace {
		return false
	}
	if it.kind == Alert && (!p.same || e.keyed) {
		return false
	}
	for _, r := range it.refs {
		if r.within && !p.leadsToTheSame(it, p.src.bare(r)) {
			return false
		}
	}
	a := &adaptation{p: p, it: it}
	for _, r := range it.refs {
		if r.within {
			a.resolve([]schema.Reference{p.src.bare(r)})
		}
	}
	if len(a.set) > 0 || len(a.drop) > 0 || len(a.blocked) > 0 {
		return false
	}
	a.hand(it)
	return true
}

// leadsToTheSame reports whether what r refers to has the same id in the
// target.
func (p *planner) leadsToTheSame(it *item, r schema.Reference) bool {
	switch {
	case r.To.IsPrincipal():
		s, ok := p.people.standIn(principalKey{r.To, r.ID})
		return r.To == schema.RefLink || r.To == schema.RefEmbed || ok && s.id == r.ID
	case r.To == schema.RefConnection:
		l, ok := p.links.find(it.workspace, it.targetWorkspace, r.ID)
		return ok && l.name == r.ID
	case r.To == schema.RefFolder, r.To == schema.RefTag:
		return p.hasPlace(it, r)
	case r.To == schema.RefWorkspace:
		return r.ID == it.workspace
	}
	kind, ok := kindOfRef(r.To)
	return !ok || p.lands(it, key{kind, it.workspace, r.ID}) == ""
}

// leavesAsArchived reports whether the workspace of the target will hold the
// documents of the archive's, and no other, so that what the first pass found
// about them holds for the target too. The metadata may differ in what no
// other document can tell.
func (p *planner) leavesAsArchived(ws *item, names []layout.Name, written map[layout.Name]*item) (bool, error) {
	if longWay || ws.targetID != ws.id || p.src.found.flawed[ws.id] {
		return false, nil
	}
	metadata := false // another text
	documents := 0
	for _, name := range names {
		ours := p.src.digestOf(name)
		if ours.IsZero() {
			return false, nil
		}
		if _, is := schema.KindOf(name.Kind); !is {
			continue
		}
		documents++
		switch after, err := p.digestAfter(name, written[name]); {
		case err != nil:
			return false, err
		case after == ours:
		case name.Kind == layout.Metadata && written[name] != nil:
			metadata = true
		default:
			return false, nil
		}
	}
	for _, a := range p.src.assetsOf(ws.id) {
		for _, e := range a.entries {
			if e.isDocument() {
				documents--
			}
		}
	}
	return documents == 0 && (!metadata || ws.sameTies), nil
}

// digestAfter returns the digest of an entry of the target after the import.
func (p *planner) digestAfter(name layout.Name, it *item) (layout.Digest, error) {
	if it == nil {
		return p.dst.digestOf(name), nil
	}
	path := name.String()
	for _, o := range it.outcomes {
		if o.target == path && o.result != nil {
			return *o.result, nil
		}
	}
	return layout.Digest{}, fmt.Errorf("%q is not written by its step", path)
}
