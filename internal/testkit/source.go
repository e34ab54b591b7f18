package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A Source is one state of a made-up tenant. It implements [tenant.Source].
// Unlike what that interface asks for, all of its methods are safe for
// concurrent use.
type Source struct {
	opts     Options // with defaults
	host     string  // the tenant's, without .example
	mutation Mutation
	closed   atomic.Bool
}

var _ tenant.Source = (*Source)(nil)

var errClosed = errors.New("testkit: the source is closed")

// New returns the first state of the tenant that opts describe.
func New(opts Options) (*Source, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Source{opts: opts, host: slug(opts.Tenant.Name)}
	if s.host == "" || len(s.host) > 63 {
		s.host = "tenant"
	}
	return s, nil
}

// Mutate returns another state of the same tenant, in which m happened to the
// first one. The two sources do not depend on one another.
func (s *Source) Mutate(m Mutation) (*Source, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	return &Source{opts: s.opts, host: s.host, mutation: m}, nil
}

// Options returns the options with all counts filled in.
func (s *Source) Options() Options { return s.opts }

// Tenant describes the tenant.
func (s *Source) Tenant(ctx context.Context) (tenant.Info, error) {
	if s.closed.Load() {
		return tenant.Info{}, errClosed
	}
	return s.opts.Tenant, ctx.Err()
}

// Close ends the source.
func (s *Source) Close() error {
	s.closed.Store(true)
	return nil
}

// Entries yields the selected entries. Listing makes no content, so sizes are
// known of uploaded files alone, and digests of none.
func (s *Source) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		wanted, err := s.selected(sel)
		if err == nil && s.closed.Load() {
			err = errClosed
		}
		if err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		for ws := range s.opts.Workspaces {
			if wanted != nil && !wanted[ws] {
				continue
			}
			for a := range s.workspaceAssets(ws) {
				if err := ctx.Err(); err != nil {
					yield(tenant.Entry{}, err)
					return
				}
				if e := s.entry(a); sel.Selects(e.Name) && !yield(e, nil) {
					return
				}
			}
		}
		if sel.Audit && s.opts.AuditEvents > 0 {
			yield(s.entry(asset{kind: layout.Audit}), nil)
		}
	}
}

// selected returns the workspaces that a selection names, or nil for all.
func (s *Source) selected(sel tenant.Selection) (map[int]bool, error) {
	if len(sel.Workspaces) == 0 {
		return nil, nil
	}
	wanted := make(map[int]bool, len(sel.Workspaces))
	for _, id := range sel.Workspaces {
		ws, ok := s.findWorkspace(id)
		if !ok {
			return nil, fmt.Errorf("testkit: workspace %+q: %w", id, tenant.ErrNoEntry)
		}
		wanted[ws] = true
	}
	return wanted, nil
}

// workspaceAssets yields everything in a workspace in canonical order.
func (s *Source) workspaceAssets(ws int) iter.Seq[asset] {
	return func(yield func(asset) bool) {
		if !yield(asset{kind: layout.Metadata, ws: ws}) {
			return
		}
		for _, kind := range [...]layout.Kind{layout.Model, layout.Report, layout.Alert, layout.File} {
			for a := range s.assets(kind, ws) {
				if !yield(a) {
					return
				}
				if kind == layout.Model && s.hasRows(a) {
					a.kind = layout.Rows
					if !yield(a) {
						return
					}
				}
			}
		}
	}
}

// entry describes the entry of an asset.
func (s *Source) entry(a asset) tenant.Entry {
	e := tenant.Entry{Name: layout.Name{Kind: a.kind}, Size: -1}
	if a.kind != layout.Audit {
		e.Name.Workspace, e.Name.Asset = s.workspaceID(a.ws), a.id
	}
	if a.kind == layout.File {
		e.Size = int64(s.fileTraits(a).size)
	}
	e.Open = func(ctx context.Context) (io.ReadCloser, error) {
		if s.closed.Load() {
			return nil, errClosed
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return s.open(ctx, a), nil
	}
	return e
}

// Entry returns the entry at name without a listing. The error wraps
// [tenant.ErrNoEntry] if this state of the tenant has none.
func (s *Source) Entry(name layout.Name) (tenant.Entry, error) {
	a, ok := s.find(name)
	if !ok {
		return tenant.Entry{}, fmt.Errorf("testkit: %s %s: %w", name.Kind, name.Asset, tenant.ErrNoEntry)
	}
	return s.entry(a), nil
}

func (s *Source) findWorkspace(id string) (ws int, ok bool) {
	if !layout.IsUUID(id) {
		return 0, false
	}
	ws, _ = slotOf(id, s.opts.Workspaces)
	return ws, ws < s.opts.Workspaces && s.workspaceID(ws) == id
}

func (s *Source) find(name layout.Name) (asset, bool) {
	if name == (layout.Name{Kind: layout.Audit}) {
		return asset{kind: layout.Audit}, s.opts.AuditEvents > 0
	}
	if name.Kind < layout.Metadata || name.Kind > layout.File {
		return asset{}, false
	}
	ws, ok := s.findWorkspace(name.Workspace)
	if name.Kind == layout.Metadata {
		return asset{kind: layout.Metadata, ws: ws}, ok && name.Asset == ""
	}
	count := 0
	if ok {
		count = s.count(name.Kind, ws)
	}
	if count == 0 || !layout.IsUUID(name.Asset) {
		return asset{}, false
	}
	slot, added := slotOf(name.Asset, count)
	if slot >= count {
		return asset{}, false
	}
	present, revision, more := s.state(name.Kind, ws, slot)
	if added {
		present, revision = more, 0
	}
	a := s.withID(asset{kind: name.Kind, ws: ws, slot: slot, added: added, revision: revision}, count)
	return a, present && a.id == name.Asset && (a.kind != layout.Rows || s.hasRows(a))
}

// open makes the content of an asset: documents at once, the rest as it is
// read.
func (s *Source) open(ctx context.Context, a asset) io.ReadCloser {
	switch a.kind {
	case layout.File:
		return &stream{ctx: ctx, source: s, fill: s.fileBlocks(a)}
	case layout.Audit:
		return &stream{ctx: ctx, source: s, fill: s.auditBlocks()}
	case layout.Rows:
		return &stream{ctx: ctx, source: s, fill: s.rowBlocks(a)}
	}
	b := buffers.Get().(*[]byte)
	*b = s.document(a, (*b)[:0])
	return &document{source: s, buffer: b, Reader: bytes.NewReader(*b)}
}

// document appends a document.
func (s *Source) document(a asset, b []byte) []byte {
	switch a.kind {
	case layout.Metadata:
		return s.metadata(a.ws, b)
	case layout.Model:
		return s.model(a, b)
	case layout.Report:
		return s.report(a, b)
	case layout.Alert:
		return s.alert(a, b)
	}
	panic("testkit: " + a.kind.String() + " is no document")
}

// buffers are for documents that are open.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

// A document is one that is open.
type document struct {
	*bytes.Reader
	source *Source
	buffer *[]byte
}

func (d *document) Read(p []byte) (int, error) {
	if d.buffer == nil || d.source.closed.Load() {
		return 0, errClosed
	}
	return d.Reader.Read(p)
}

// WriteTo hides that of the embedded reader behind the same check.
func (d *document) WriteTo(w io.Writer) (int64, error) {
	if d.buffer == nil || d.source.closed.Load() {
		return 0, errClosed
	}
	return d.Reader.WriteTo(w)
}

func (d *document) Close() error {
	if d.buffer != nil {
		d.Reader.Reset(nil)
		buffers.Put(d.buffer)
		d.buffer = nil
	}
	return nil
}

// A stream makes content block by block as it is read. fill returns the next
// block, valid until it is called again, and nothing at the end.
type stream struct {
	ctx    context.Context
	source *Source
	fill   func() []byte
	block  []byte
}

func (r *stream) Read(p []byte) (int, error) {
	if r.source.closed.Load() || r.fill == nil {
		return 0, errClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.block) == 0 {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if r.block = r.fill(); len(r.block) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, r.block)
	r.block = r.block[n:]
	return n, nil
}

func (r *stream) Close() error {
	r.fill = nil
	return nil
}
