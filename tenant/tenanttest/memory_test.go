package tenanttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// memory is a right implementation in maps, into which a test puts one fault.
type memory struct {
	tenant  tenant.Info
	entries map[layout.Name][]byte
	journal []tenant.ImportRecord
	lock    chan struct{}
	fault   string
}

func openMemory(fault string) OpenFunc {
	return func(tb testing.TB, t tenant.Info) Subject {
		return &memory{tenant: t, entries: map[layout.Name][]byte{}, lock: make(chan struct{}, 1), fault: fault}
	}
}

func (m *memory) Target() tenant.Target { return m }

func (m *memory) Tenant(context.Context) (tenant.Info, error) {
	if m.fault == "tenant forgotten" {
		return tenant.Info{ID: m.tenant.ID}, nil
	}
	return m.tenant, nil
}

func (m *memory) Imports(context.Context) ([]tenant.ImportRecord, error) {
	if m.fault == "journal forgets" && len(m.journal) > 1 {
		return m.journal[1:], nil
	}
	return slices.Clone(m.journal), nil
}

func (m *memory) Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error] {
	return m.list(ctx, m.entries, everything, nil)
}

func (m *memory) Snapshot(ctx context.Context) (tenant.Source, error) {
	return &memorySource{memory: m, entries: maps.Clone(m.entries)}, ctx.Err()
}

// list yields the entries, spoiled as the fault says.
func (m *memory) list(ctx context.Context, entries map[layout.Name][]byte, sel tenant.Selection, closed *bool) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		if closed != nil && *closed {
			yield(tenant.Entry{}, errors.New("closed"))
			return
		}
		names := slices.SortedFunc(maps.Keys(entries), layout.Compare)
		for _, id := range sel.Workspaces {
			known := slices.ContainsFunc(names, func(n layout.Name) bool { return n.Workspace == id && id != "" })
			if !known && m.fault != "unknown workspace is empty" {
				yield(tenant.Entry{}, fmt.Errorf("workspace %q: %w", id, tenant.ErrNoEntry))
				return
			}
		}
		names = m.misorder(names)
		for _, n := range names {
			if !sel.Selects(n) && (m.fault != "selection ignored" || n.Kind != layout.Rows) {
				continue
			}
			if err := ctx.Err(); err != nil && m.fault != "listing ignores context" {
				yield(tenant.Entry{}, err)
				return
			}
			if !yield(m.entry(n, entries[n], closed), nil) {
				return
			}
		}
	}
}

func (m *memory) misorder(names []layout.Name) []layout.Name {
	switch {
	case m.fault == "order by path":
		slices.SortFunc(names, func(a, b layout.Name) int { return cmpString(a.String(), b.String()) })
	case m.fault == "order reversed":
		slices.Reverse(names)
	case m.fault == "last entry missing" && len(names) > 1:
		return names[:len(names)-1]
	case m.fault == "entry yielded twice" && len(names) > 1:
		return append(names, names[len(names)-1])
	case m.fault == "page lost" && len(names) > 1000:
		return slices.Delete(names, 999, 1000)
	}
	return names
}

func cmpString(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func (m *memory) entry(n layout.Name, content []byte, closed *bool) tenant.Entry {
	e := tenant.Entry{Name: n, Size: int64(len(content)), Digest: layout.DigestOf(content)}
	switch m.fault {
	case "digest wrong":
		e.Digest[3] ^= 1
	case "digest withheld":
		e.Digest = layout.Digest{}
	case "size wrong":
		e.Size++
	case "newlines normalised":
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	case "mark dropped":
		content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	case "tail lost":
		content = content[:min(len(content), 4<<20)]
	}
	e.Open = func(ctx context.Context) (io.ReadCloser, error) {
		if m.fault == "mixture" || m.fault == "mixture later" {
			content = m.entries[n]
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if closed != nil && *closed && m.fault != "closing forgotten" {
			return nil, errors.New("closed")
		}
		return io.NopCloser(bytes.NewReader(content)), nil
	}
	return e
}

type memorySource struct {
	*memory
	entries map[layout.Name][]byte
	closed  bool
}

func (s *memorySource) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	if s.fault == "snapshot moves on" {
		return s.list(ctx, s.memory.entries, sel, &s.closed)
	}
	return s.list(ctx, s.entries, sel, &s.closed)
}

func (s *memorySource) Close() error { s.closed = true; return nil }

func (m *memory) Begin(ctx context.Context) (tenant.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if m.fault == "no lock" {
		return &memoryTx{m: m, entries: maps.Clone(m.entries)}, nil
	}
	select {
	case m.lock <- struct{}{}:
		return m.begun(), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", tenant.ErrLocked, ctx.Err())
	}
}

func (m *memory) begun() *memoryTx {
	if m.fault == "dirty rollback" || m.fault == "uncommitted visible" {
		return &memoryTx{m: m, entries: m.entries, before: maps.Clone(m.entries)}
	}
	return &memoryTx{m: m, entries: maps.Clone(m.entries)}
}

type memoryTx struct {
	m       *memory
	entries map[layout.Name][]byte
	before  map[layout.Name][]byte
	err     error
	ended   bool
}

func (tx *memoryTx) Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error] {
	if tx.m.fault == "stale inventory" {
		return tx.m.Inventory(ctx)
	}
	return tx.m.list(ctx, tx.entries, everything, nil)
}

func (tx *memoryTx) Put(ctx context.Context, name layout.Name, size int64, content io.Reader) error {
	if tx.ended {
		return errors.New("ended")
	}
	if tx.m.fault != "any name" {
		if _, err := tenant.EntryPath(name); err != nil {
			return tx.fail(err)
		}
	} else if name.Workspace != "" || name.Kind == layout.Manifest {
		return nil
	}
	var b bytes.Buffer
	for buf := make([]byte, 1<<20); ; {
		if err := ctx.Err(); err != nil && tx.m.fault != "writing ignores context" {
			return tx.fail(err)
		} else if err != nil {
			break
		}
		n, err := content.Read(buf)
		b.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil && (tx.m.fault == "reader's error swallowed" || tx.m.fault == "unexpected end swallowed" && err == io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return tx.fail(err)
		}
	}
	short, long := int64(b.Len()) < size, size >= 0 && int64(b.Len()) > size
	if short && tx.m.fault != "short content accepted" || long && tx.m.fault != "long content accepted" {
		return tx.fail(errors.New("wrong size"))
	}
	tx.entries[name] = b.Bytes()
	return nil
}

func (tx *memoryTx) fail(err error) error { tx.err = err; return err }

func (tx *memoryTx) Delete(ctx context.Context, name layout.Name) error {
	if tx.ended {
		return errors.New("ended")
	}
	if err := ctx.Err(); err != nil {
		return tx.fail(err)
	}
	if _, ok := tx.entries[name]; !ok && tx.m.fault != "deleting nothing" {
		return tx.fail(tenant.ErrNoEntry)
	}
	if tx.m.fault != "deletes nothing" {
		delete(tx.entries, name)
	}
	return nil
}

func (tx *memoryTx) Commit(ctx context.Context, rec tenant.ImportRecord) error {
	switch fault := tx.m.fault; {
	case tx.ended && fault != "commit after rollback":
		return errors.New("ended")
	case tx.err != nil && fault != "errors forgotten":
		return tx.err
	case ctx.Err() != nil:
		return ctx.Err()
	case rec.Check() != nil && fault != "any record":
		return rec.Check()
	case fault != "imports repeated" && slices.ContainsFunc(tx.m.journal, func(r tenant.ImportRecord) bool { return r.ID == rec.ID }):
		return errors.New("known import")
	}
	if tx.m.fault != "commit does nothing" {
		tx.m.entries = tx.entries
	}
	tx.m.journal = append(tx.m.journal, rec)
	tx.end()
	return nil
}

func (tx *memoryTx) Rollback() error {
	if tx.m.fault == "uncommitted visible" && !tx.ended {
		tx.m.entries = tx.before
	}
	tx.end()
	return nil
}

func (tx *memoryTx) end() {
	if !tx.ended && tx.m.fault != "no lock" {
		<-tx.m.lock
	}
	tx.ended = true
}
