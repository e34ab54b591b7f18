package dirstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

var errEnded = errors.New("dirstore: the transaction has ended")

// tx is an import that stages its files.
type tx struct {
	store   *Store
	unlock  func()
	changes map[layout.Name]change
	below   map[string]int  // folders that staged entries need, and how many
	folders map[string]bool // folders that were checked
	staged  int             // files staged so far, which are named 1, 2, …
	syncs   errgroup.Group
	err     error // the first; no method but Rollback works after it
	// published is set when commit.json may be there: from then on the staged
	// files are not this transaction's to remove.
	published bool
	ended     bool
}

// change is what the transaction does to one entry: the staged file that
// replaces it, or none when it is deleted.
type change struct {
	staged *file
	id     string // of the staged file
}

// Begin implements [tenant.Target].
func (s *Store) Begin(ctx context.Context) (tenant.Tx, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.settleLocked(); err != nil {
		unlock()
		return nil, err
	}
	if err := s.root.Mkdir(staging, 0o700); err != nil {
		unlock()
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	t := &tx{store: s, unlock: unlock, changes: map[layout.Name]change{}, below: map[string]int{}, folders: map[string]bool{}}
	t.syncs.SetLimit(syncers)
	return t, nil
}

// enter starts a method: it refuses an ended or failed transaction.
func (t *tx) enter(ctx context.Context) error {
	switch {
	case t.ended:
		return errEnded
	case t.err != nil:
		return t.err
	}
	t.err = ctx.Err()
	return t.err
}

func (t *tx) fail(err error) error {
	t.err = err
	return err
}

func (t *tx) Put(ctx context.Context, name layout.Name, size int64, content io.Reader) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	path, err := tenant.EntryPath(name)
	if err != nil {
		return t.fail(fmt.Errorf("dirstore: %w", err))
	}
	replaced, err := t.checkPlace(path)
	if err != nil {
		return t.fail(err)
	}
	t.staged++
	id := strconv.Itoa(t.staged)
	staged, err := t.stage(ctx, name, id, size, content, replaced)
	if err != nil {
		return t.fail(fmt.Errorf("dirstore: put %s: %w", path, err))
	}
	t.forget(name, path)
	t.changes[name] = change{staged: staged, id: id}
	for _, dir := range ancestors(path) {
		t.below[dir]++
	}
	return nil
}

// stage writes content to a file in the staging folder. The file gets the
// permissions of the one that it will replace, where there is one.
func (t *tx) stage(ctx context.Context, name layout.Name, id string, size int64, content io.Reader, replaced fs.FileInfo) (*file, error) {
	path := placed{Staged: id}.stagedPath()
	f, err := t.store.root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	staged, err := fill(ctx, f, size, content, replaced)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// The file is synced beside what is written next; Commit waits for it.
	t.syncs.Go(func() error {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("dirstore: write %s: %w", name, err)
		}
		return nil
	})
	staged.root, staged.path, staged.name = t.store.root, path, name
	return staged, nil
}

func fill(ctx context.Context, f *os.File, size int64, content io.Reader, replaced fs.FileInfo) (*file, error) {
	if replaced != nil {
		if err := f.Chmod(replaced.Mode().Perm()); err != nil {
			return nil, err
		}
	}
	limited := content
	if size >= 0 {
		limited = io.LimitReader(content, size+1)
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), contextReader{ctx, limited})
	switch {
	case err != nil:
		return nil, err
	case size >= 0 && n < size:
		return nil, fmt.Errorf("the content has %d bytes, not the stated %d", n, size)
	case size >= 0 && n > size:
		return nil, fmt.Errorf("the content is longer than the stated %d bytes", size)
	}
	written, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &file{look: lookAt(written), digest: layout.Digest(h.Sum(nil))}, nil
}

// contextReader ends reading when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func (t *tx) Delete(ctx context.Context, name layout.Name) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	path, err := tenant.EntryPath(name)
	if err != nil {
		return t.fail(fmt.Errorf("dirstore: %w", err))
	}
	stands, err := t.checkPlace(path)
	if err != nil {
		return t.fail(err)
	}
	c, touched := t.changes[name]
	if touched && c.staged == nil || !touched && stands == nil {
		return t.fail(fmt.Errorf("dirstore: delete %s: %w", path, tenant.ErrNoEntry))
	}
	t.forget(name, path)
	if stands != nil {
		t.changes[name] = change{}
	}
	return nil
}

// forget drops what was staged for an entry.
func (t *tx) forget(name layout.Name, path string) {
	c, touched := t.changes[name]
	delete(t.changes, name)
	if !touched || c.staged == nil {
		return
	}
	for _, dir := range ancestors(path) {
		t.below[dir]--
	}
	// What cannot be removed now goes with the staging folder.
	_ = t.store.root.Remove(c.staged.path)
}

func (t *tx) Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		if err := t.enter(ctx); err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		found, err := t.store.walk(ctx)
		if err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		files := slices.DeleteFunc(found.files, func(f file) bool { _, touched := t.changes[f.name]; return touched })
		for _, c := range t.changes {
			if c.staged != nil {
				files = append(files, *c.staged)
			}
		}
		slices.SortFunc(files, func(a, b file) int { return layout.Compare(a.name, b.name) })
		t.store.yieldDigested(ctx, files, yield)
	}
}

func (t *tx) Commit(ctx context.Context, rec tenant.ImportRecord) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	c, err := t.prepare(rec)
	if err != nil {
		return t.fail(err)
	}
	if err := ctx.Err(); err != nil {
		return t.fail(err)
	}
	reached("staged")
	t.published = true
	if err := t.store.publish(c); err != nil {
		_, missing := t.store.root.Lstat(commitFile)
		t.published = !errors.Is(missing, fs.ErrNotExist)
		return t.fail(err)
	}
	reached("committed")
	err = t.store.carryOut(c)
	t.end()
	return err
}

// prepare makes the staged files durable and draws up the commitment.
func (t *tx) prepare(rec tenant.ImportRecord) (*commitment, error) {
	if err := rec.Check(); err != nil {
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	_, known, err := t.store.readJournal()
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(known, func(r record) bool { return r.ID == rec.ID }) {
		return nil, fmt.Errorf("dirstore: import %s has been committed before", rec.ID)
	}
	if err := t.syncs.Wait(); err != nil {
		return nil, err
	}
	c := &commitment{Format: 1, Import: recordOf(rec)}
	clear(t.folders)
	for name, change := range t.changes {
		path := name.String()
		if _, err := t.checkPlace(path); err != nil {
			return nil, err
		}
		if change.staged == nil {
			c.Removed = append(c.Removed, path)
		} else {
			c.Placed = append(c.Placed, placed{Path: path, Staged: change.id})
		}
	}
	return c, t.store.syncFolder(staging)
}

func (t *tx) Rollback() error {
	if t.ended {
		return nil
	}
	err := t.syncs.Wait()
	if !t.published {
		// An unsynced file that is thrown away is no loss.
		err = t.store.root.RemoveAll(staging)
	}
	t.end()
	if err != nil {
		return fmt.Errorf("dirstore: roll back: %w", err)
	}
	return nil
}

func (t *tx) end() {
	t.ended = true
	t.unlock()
}
