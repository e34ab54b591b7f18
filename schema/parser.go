package schema

import (
	"fmt"
	"sync"
)

// A Parser parses documents in the memory of those that were released before
// them, of which it keeps some MiB at most. Who parses one document after another
// and releases each saves most allocations. Its zero value is ready; it is safe
// for concurrent use.
type Parser struct {
	nodes slabs[node]
	lists slabs[*node]
	texts slabs[string]

	few bool // slabs are to wait

	mu    sync.Mutex
	rooms []*room // that no document uses
}

// parsers are for the functions that need a document for a moment.
var parsers = sync.Pool{New: func() any { return &Parser{few: true} }}

// Parse is the function [Parse]. The document's memory returns to the Parser
// when it is released.
func (p *Parser) Parse(kind Kind, doc []byte) *Document {
	d := &Document{kind: kind}
	all, err := schemas()
	switch {
	case err != nil:
		d.fault = err
	case all.roots[kind] == nil:
		d.fault = fmt.Errorf("schema: unknown kind of document %q", string(kind))
	default:
		d.room = p.room()
		d.tree, d.fault = parse(kind, doc, &d.room.builder)
	}
	return d
}

// use calls do with a document that is gone afterwards.
func use(kind Kind, doc []byte, do func(*Document)) {
	p := parsers.Get().(*Parser)
	defer parsers.Put(p)
	d := p.Parse(kind, doc)
	defer d.Release()
	do(d)
}

// A room is the memory in which one document is read and walked.
type room struct {
	owner   *Parser
	builder builder
	walker  walker
}

// Bounds of a room that waits for another document.
const (
	spareRooms = 64   // in one Parser
	roomFinds  = 1024 // references, and definitions
)

func (p *Parser) room() *room {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.rooms); n > 0 {
		r := p.rooms[n-1]
		p.rooms = p.rooms[:n-1]
		return r
	}
	r := &room{owner: p}
	r.builder.nodes.from, r.builder.lists.from, r.builder.texts.from = &p.nodes, &p.lists, &p.texts
	return r
}

// release empties the room for another document.
func (r *room) release() {
	p := r.owner
	most := spareSlabs
	if p.few {
		most = fewSlabs
	}
	r.builder.release(most)
	w := &r.walker
	if cap(w.refs) > roomFinds || cap(w.defs) > roomFinds {
		*w = walker{}
	}
	clear(w.refs)
	clear(w.defs)
	clear(w.first)
	clear(w.path[:cap(w.path)])
	clear(w.nodes[:cap(w.nodes)])
	w.refs, w.defs = w.refs[:0], w.defs[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rooms) < spareRooms {
		p.rooms = append(p.rooms, r)
	}
}
