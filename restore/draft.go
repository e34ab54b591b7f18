package restore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// DraftMapping writes out the mapping that an import with these options goes
// by: an entry for everybody and everything of the archive, with its target
// where one was found and blank where nothing was. The notes say how it was
// found, or name candidates. Nothing is changed.
//
// An import with the draft in place of opts.Mapping does what one with opts
// does. Errors are those of [MakePlan].
func DraftMapping(ctx context.Context, a *archive.Archive, target tenant.Target, opts Options) (*mapping.Map, map[mapping.Place]mapping.Note, error) {
	p, err := newPlanner(ctx, a, target, opts)
	if err != nil {
		return nil, nil, err
	}
	m, notes := p.draft()
	return m, notes, nil
}

// draft is a mapping that is written out.
type draft struct {
	p     *planner
	m     *mapping.Map
	notes map[mapping.Place]mapping.Note
}

func (p *planner) draft() (*mapping.Map, map[mapping.Place]mapping.Note) {
	m := p.opts.Mapping
	m.Archive, m.Target = p.manifest.Tenant.ID, p.target.ID
	d := &draft{p: p, m: &m, notes: map[mapping.Place]mapping.Note{}}
	for _, k := range mapping.Kinds() {
		s := m.Section(k)
		entries := make(map[string]mapping.Entry, len(s.Entries))
		for key, e := range s.Entries {
			entries[key] = e
		}
		s.Entries = entries
	}
	for _, who := range p.src.people.order {
		d.principal(who)
	}
	for _, name := range sortedKeys(p.src.links.first) {
		d.connection(name)
	}
	for _, ws := range p.src.order {
		if ws.kind == Workspace {
			d.workspace(ws)
		}
	}
	return d.m, d.notes
}

// put writes an entry unless the mapping has one, and its note.
func (d *draft) put(k mapping.Kind, key string, e mapping.Entry, name, how string) {
	s := d.m.Section(k)
	if s.Entries[key].Blank() {
		s.Entries[key] = e
	} else {
		how = "as mapped"
	}
	d.notes[mapping.Place{Kind: k, Key: key}] = mapping.Note{Name: name, How: how}
}

func (d *draft) principal(who *principal) {
	k, kind := who.key(), mappingKinds[who.kind]
	s, ok := d.p.people.standIn(k)
	_, fallback := d.p.people.ownerFor(k)
	switch how := d.p.people.how[k]; {
	case ok && s.create && who.kind == schema.RefUser && !d.p.same:
		d.put(kind, k.id, mapping.Entry{To: string(mapping.Create)}, who.label(), how+": comes from the archive, as invited")
	case ok && s.create:
		d.put(kind, k.id, mapping.Entry{To: string(mapping.Create)}, who.label(), how+": comes from the archive")
	case ok:
		d.put(kind, k.id, mapping.To(s.id), who.label(), how)
	case fallback:
		d.put(kind, k.id, mapping.Entry{To: string(mapping.Fallback)}, who.label(), "not in the target: the fallback owns what it owned")
	default:
		d.put(kind, k.id, mapping.Entry{}, who.label(), openNote(d.candidates(who)))
	}
}

// label is how people know a principal.
func (p *principal) label() string {
	if p.email != "" {
		return strings.TrimSpace(p.name + " <" + p.email + ">")
	}
	return p.name
}

func openNote(candidates []string) string {
	if len(candidates) == 0 {
		return "open"
	}
	return "open; candidates: " + strings.Join(candidates, ", ")
}

// shownCandidates is how many candidates a note names.
const shownCandidates = 5

// candidates names those of the target who resemble somebody, and for whom
// nobody stands yet: by address, by what is before its @, or by name.
func (d *draft) candidates(who *principal) []string {
	type scored struct {
		*principal
		score int
	}
	var all []scored
	for _, c := range d.p.dst.people.order {
		if _, taken := d.p.people.taken[c.key()]; taken || c.kind != who.kind {
			continue
		}
		if score := resemblance(who, c); score > 0 {
			all = append(all, scored{c, score})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Or(b.score-a.score, cmp.Compare(a.id, b.id)) })
	var names []string
	for _, c := range all[:min(len(all), shownCandidates)] {
		names = append(names, fmt.Sprintf("%s (%s)", c.id, c.label()))
	}
	return names
}

// resemblance is 0 for two who have nothing in common.
func resemblance(a, b *principal) int {
	score := 0
	if a.email != "" && a.email == b.email || a.externalID != "" && a.externalID == b.externalID {
		score += 8
	}
	if a.id == b.id {
		score += 2
	}
	localA, _, okA := strings.Cut(a.email, "@")
	localB, _, okB := strings.Cut(b.email, "@")
	if okA && okB && localA == localB {
		score += 4
	}
	words := strings.Fields(strings.ToLower(b.name))
	for _, w := range strings.Fields(strings.ToLower(a.name)) {
		if len(w) > 1 && slices.Contains(words, w) {
			score += 2
		}
	}
	return score
}

func (d *draft) connection(name string) {
	workspace := ""
	for _, ws := range sortedKeys(d.p.src.links.byWorkspace) {
		if d.p.src.links.byWorkspace[ws][name] != nil {
			workspace = ws
			break
		}
	}
	raw := d.p.src.links.find(workspace, name)
	l, ok := d.p.links.find(workspace, workspace, name)
	switch {
	case ok && l.create:
		d.put(mapping.Connections, name, mapping.Entry{To: string(mapping.Create)}, typeOf(raw), "not in the target: comes from the archive, without its secret")
	case ok:
		how := "by name"
		if d.p.links.differs(workspace, workspace, name) {
			how += ", but it leads elsewhere"
		}
		d.put(mapping.Connections, name, mapping.To(l.name), typeOf(raw), how)
	default:
		var candidates []string
		for _, other := range sortedKeys(d.p.dst.links.first) {
			if typeOf(d.p.dst.links.first[other]) == typeOf(raw) && len(candidates) < shownCandidates {
				candidates = append(candidates, other)
			}
		}
		d.put(mapping.Connections, name, mapping.Entry{}, typeOf(raw), openNote(candidates))
	}
}

func (d *draft) workspace(ws *asset) {
	to, ok := d.p.landing.workspaces[ws.id]
	if ok {
		d.put(mapping.Workspaces, ws.id, mapping.To(to), ws.name, d.p.landing.how[ws.id])
		return
	}
	d.put(mapping.Workspaces, ws.id, mapping.Entry{To: string(mapping.Create)}, ws.name, "not in the target")
}
