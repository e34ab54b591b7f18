package sqlstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// tx is an import: a write transaction.
type tx struct {
	entries
	store   *Store
	reader  *ahead
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
		for d, err := range t.measured(ctx, t.reader) {
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
	if name.Kind == layout.Rows && t.session.db.dialect.rows != nil {
		if err := t.putRows(ctx, name, path, size, content); err != nil {
			return t.fail(fmt.Errorf("sqlstore: put %s: %w", path, err))
		}
		t.touch(name)
		return nil
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

// remove deletes what is stored at a name.
func (e entries) remove(ctx context.Context, name layout.Name) (existed bool, err error) {
	n, err := e.session.affect(ctx, "DELETE FROM documents WHERE tenant_id = ? AND sort_key = ?", e.tenant, sortKey(name))
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
	if err := t.flush(ctx); err != nil {
		return t.fail(err)
	}
	existed, err := t.remove(ctx, name)
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
	if err := t.flush(ctx); err != nil {
		return t.fail(err)
	}
	if err := t.remember(ctx, rec); err != nil {
		return t.fail(err)
	}
	for workspace := range t.touched {
		if err := ctx.Err(); err != nil {
			return t.fail(err)
		}
		if err := t.describeAssets(ctx, workspace); err != nil {
			return t.fail(err)
		}
	}
	if err := t.session.sweepRows(ctx); err != nil {
		return t.fail(err)
	}
	reached("before commit")
	if err := t.session.commit(ctx); err != nil {
		if err = t.settle(ctx, rec, err); err != nil {
			return t.fail(err)
		}
	}
	t.err = errEnded
	return nil
}

// reached is called at the steps of a commit; tests die there.
var reached = func(step string) {}

// committed looks an import up in the journal.
func (e entries) committed(ctx context.Context, id string) (bool, error) {
	n, err := e.session.query(ctx, func(scanFunc) error { return nil },
		"SELECT 1 FROM imports WHERE tenant_id = ? AND id = ?", e.tenant, id)
	return n > 0, err
}

func (t *tx) remember(ctx context.Context, rec tenant.ImportRecord) error {
	for member, text := range map[string]string{"archive": rec.Archive, "content hash": rec.ContentHash, "plan": rec.Plan, "summary": rec.Summary} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fmt.Errorf("sqlstore: import %s: its %s %+.80q is not text: it holds NUL or is not UTF-8", rec.ID, member, text)
		}
	}
	before, err := t.committed(ctx, rec.ID)
	if err != nil {
		return err
	}
	if before {
		return fmt.Errorf("sqlstore: import %s has been committed before", rec.ID)
	}
	return t.session.exec(ctx, "INSERT INTO imports (tenant_id, id, archive_id, content_hash, plan, at, summary) VALUES (?, ?, ?, ?, ?, ?, ?)",
		t.tenant, rec.ID, rec.Archive, rec.ContentHash, rec.Plan, rec.At.UTC().Format(time.RFC3339Nano), rec.Summary)
}

// settle finds out what became of a commit whose answer was lost: when the
// tenant's lock can be taken, the transaction has ended, and the journal
// tells. It returns nil if the import was committed.
func (t *tx) settle(ctx context.Context, rec tenant.ImportRecord, lost error) error {
	var failed *commitError
	if !errors.As(lost, &failed) || !t.session.db.dialect.unsettled(failed.err) {
		return lost
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	s, err := t.session.db.write(ctx, t.tenant)
	if err != nil {
		return fmt.Errorf("%w; whether import %s was committed is not known, the tenant's journal will tell: %w", lost, rec.ID, err)
	}
	committed, err := entries{session: s, tenant: t.tenant}.committed(ctx, rec.ID)
	err = errors.Join(err, s.rollback())
	switch {
	case committed:
		return nil
	case err != nil:
		return fmt.Errorf("%w; whether import %s was committed is not known, the tenant's journal will tell: %w", lost, rec.ID, err)
	}
	return fmt.Errorf("%w; the import was not committed", lost)
}

// settling bounds how long the fate of a commit is looked for.
const settling = 20 * time.Second

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
		r := u.row()
		r.content = buf[:n:n]
		r.title, r.owner = describe(u.name, buf[:n])
		return u.tx.pending.add(u.ctx, r)
	}
	// The size and digest are known at the end only.
	if err := u.tx.pending.add(u.ctx, u.row()); err != nil {
		return err
	}
	if err := u.tx.flush(u.ctx); err != nil {
		return err
	}
	id, err := u.tx.id(u.ctx, u.name)
	if err != nil {
		return err
	}
	for seq := 0; n > 0; seq++ {
		if err := u.ctx.Err(); err != nil {
			return err
		}
		piece := buf[:min(n, chunkSize)]
		u.add(piece)
		if err := u.tx.session.exec(u.ctx, "INSERT INTO chunks (document_id, seq, content) VALUES (?, ?, ?)", id, seq, piece); err != nil {
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
	return u.tx.session.exec(u.ctx, "UPDATE documents SET size = ?, sha256 = ? WHERE id = ?", u.size, layout.Digest(u.hash.Sum(nil)).String(), id)
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

// row is the document without its content, as far as it has been read.
func (u *upload) row() row {
	return row{name: u.name, path: u.path, size: u.size, digest: layout.Digest(u.hash.Sum(nil))}
}

// id returns the id of the row that was just stored at a name.
func (e entries) id(ctx context.Context, name layout.Name) (id int64, err error) {
	n, err := e.session.query(ctx, func(scan scanFunc) error { return scan(&id) },
		"SELECT id FROM documents WHERE tenant_id = ? AND sort_key = ?", e.tenant, sortKey(name))
	if err == nil && n != 1 {
		err = errors.New("the stored row is not found again")
	}
	return id, err
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
