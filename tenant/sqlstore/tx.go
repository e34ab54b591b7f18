package sqlstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// tx is an import: a write transaction.
type tx struct {
	entries
	touched map[string]bool // workspaces whose names and owners are looked up again
	buf     []byte          // of chunkSize+1 bytes, once there is content
	err     error           // the first; no method but Rollback works after it
}

// enter starts a method: it refuses a failed transaction.
func (t *tx) enter(ctx context.Context) error {
	if t.err == nil {
		t.err = ctx.Err()
	}
	return t.err
}

func (t *tx) fail(err error) error {
	t.err = err
	return err
}

func (t *tx) Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		if err := t.enter(ctx); err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		for d, err := range t.all(ctx) {
			if !yield(t.entry(d), err) || err != nil {
				return
			}
		}
	}
}

func (t *tx) Put(ctx context.Context, name layout.Name, size int64, content io.Reader) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	path, err := tenant.EntryPath(name)
	if err != nil {
		return t.fail(fmt.Errorf("sqlstore: %w", err))
	}
	if _, err := t.remove(name); err != nil {
		return t.fail(err)
	}
	if size >= 0 {
		content = io.LimitReader(content, size+1)
	}
	if t.buf == nil {
		t.buf = make([]byte, chunkSize+1)
	}
	w := &upload{tx: t, ctx: ctx, name: name, path: path, r: content, hash: sha256.New()}
	if err := w.run(); err != nil {
		return t.fail(fmt.Errorf("sqlstore: put %s: %w", path, err))
	}
	if size >= 0 && w.size < size {
		return t.fail(fmt.Errorf("sqlstore: put %s: the content has %d bytes, not the stated %d", path, w.size, size))
	}
	if size >= 0 && w.size > size {
		return t.fail(fmt.Errorf("sqlstore: put %s: the content is longer than the stated %d bytes", path, size))
	}
	t.touch(name)
	return nil
}

// touch remembers that what a workspace's metadata says about its datasets
// and files has to be copied beside them again.
func (t *tx) touch(name layout.Name) {
	switch name.Kind {
	case layout.Metadata, layout.Model, layout.Rows, layout.File:
		t.touched[name.Workspace] = true
	}
}

func (t *tx) remove(name layout.Name) (existed bool, err error) {
	n, err := t.session.affect("DELETE FROM documents WHERE tenant_id = ? AND sort_key = ?", t.tenant, sortKey(name))
	return n > 0, err
}

func (t *tx) Delete(ctx context.Context, name layout.Name) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	path, err := tenant.EntryPath(name)
	if err != nil {
		return t.fail(fmt.Errorf("sqlstore: %w", err))
	}
	existed, err := t.remove(name)
	if err != nil {
		return t.fail(err)
	}
	if !existed {
		return t.fail(fmt.Errorf("sqlstore: delete %s: %w", path, tenant.ErrNoEntry))
	}
	t.touch(name)
	return nil
}

func (t *tx) Commit(ctx context.Context, rec tenant.ImportRecord) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	if err := rec.Check(); err != nil {
		return t.fail(fmt.Errorf("sqlstore: %w", err))
	}
	if err := t.remember(rec); err != nil {
		return t.fail(err)
	}
	for workspace := range t.touched {
		if err := ctx.Err(); err != nil {
			return t.fail(err)
		}
		if err := t.describeAssets(workspace); err != nil {
			return t.fail(err)
		}
	}
	reached("before commit")
	if err := t.session.commit(); err != nil {
		return t.fail(err)
	}
	t.err = errEnded
	return nil
}

// reached is called at the steps of a commit; tests die there.
var reached = func(step string) {}

func (t *tx) remember(rec tenant.ImportRecord) error {
	n, err := t.session.query(func(scanFunc) error { return nil },
		"SELECT 1 FROM imports WHERE tenant_id = ? AND id = ?", t.tenant, rec.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("sqlstore: import %s has been committed before", rec.ID)
	}
	return t.session.exec("INSERT INTO imports (tenant_id, id, archive_id, content_hash, plan, at, summary) VALUES (?, ?, ?, ?, ?, ?, ?)",
		t.tenant, rec.ID, rec.Archive, rec.ContentHash, rec.Plan, rec.At.UTC().Format(time.RFC3339Nano), rec.Summary)
}

func (t *tx) Rollback() error {
	if err := t.session.rollback(); err != nil {
		return fmt.Errorf("sqlstore: roll back: %w", err)
	}
	if t.err == nil {
		t.err = errEnded
	}
	return nil
}

// upload stores one content.
type upload struct {
	tx   *tx
	ctx  context.Context
	name layout.Name
	path string
	r    io.Reader
	hash hash.Hash
	size int64
}

func (u *upload) run() error {
	buf := u.tx.buf
	n, end, err := u.fill(buf, 0)
	if err != nil {
		return err
	}
	if end && n <= chunkSize {
		u.add(buf[:n])
		name, owner := describe(u.name, buf[:n])
		return u.insert(buf[:n:n], name, owner)
	}
	if err := u.insert(nil, "", ""); err != nil {
		return err
	}
	id, found, err := u.id()
	if err != nil || !found {
		return errors.Join(err, errors.New("the stored row is not found again"))
	}
	for seq := 0; n > 0; seq++ {
		if err := u.ctx.Err(); err != nil {
			return err
		}
		piece := buf[:min(n, chunkSize)]
		u.add(piece)
		if err := u.tx.session.exec("INSERT INTO chunks (document_id, seq, content) VALUES (?, ?, ?)", id, seq, piece); err != nil {
			return err
		}
		// One byte more than a piece was read, to know whether the content goes on.
		n = copy(buf, buf[len(piece):n])
		if !end {
			if n, end, err = u.fill(buf, n); err != nil {
				return err
			}
		}
	}
	return u.tx.session.exec("UPDATE documents SET size = ?, sha256 = ? WHERE id = ?", u.size, layout.Digest(u.hash.Sum(nil)).String(), id)
}

func (u *upload) add(piece []byte) {
	u.hash.Write(piece)
	u.size += int64(len(piece))
}

// fill reads into buf, which holds n bytes already, until it is full or the
// content ends. Unlike io.ReadFull it does not confuse a reader's own
// io.ErrUnexpectedEOF with the end.
func (u *upload) fill(buf []byte, n int) (total int, end bool, err error) {
	for n < len(buf) {
		if err := u.ctx.Err(); err != nil {
			return n, false, err
		}
		m, err := u.r.Read(buf[n:])
		n += m
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// insert adds the row of the document; content is nil when chunks follow.
func (u *upload) insert(content []byte, name, owner string) error {
	var stored any
	if content != nil {
		stored = content
	}
	return u.tx.session.exec(`INSERT INTO documents (tenant_id, sort_key, path, kind, workspace_id, asset_id, name, owner, size, sha256, content)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.tx.tenant, sortKey(u.name), u.path, u.name.Kind.String(), orNull(u.name.Workspace), orNull(u.name.Asset), orNull(name), orNull(owner),
		u.size, layout.Digest(u.hash.Sum(nil)).String(), stored)
}

func (u *upload) id() (id int64, found bool, err error) {
	n, err := u.tx.session.query(func(scan scanFunc) error { return scan(&id) },
		"SELECT id FROM documents WHERE tenant_id = ? AND sort_key = ?", u.tx.tenant, sortKey(u.name))
	return id, n == 1, err
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
