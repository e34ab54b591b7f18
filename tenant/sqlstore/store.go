package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Store is one tenant in a database. It implements [tenant.Target] and
// [tenant.Journal], and is safe for concurrent use.
type Store struct {
	db *DB
	id string
}

// Close does nothing: the database stays open until [DB.Close].
func (s *Store) Close() error { return nil }

// Target returns the store itself.
func (s *Store) Target() tenant.Target { return s }

// Tenant implements [tenant.Target].
func (s *Store) Tenant(ctx context.Context) (tenant.Info, error) {
	sess, err := s.db.read(ctx, s.id)
	if err != nil {
		return tenant.Info{}, err
	}
	t, err := sess.tenant(ctx, s.id)
	return t, errors.Join(err, sess.rollback())
}

// Snapshot returns the tenant's present state: a read transaction, open until
// the snapshot is closed. Entries state their sizes and digests.
func (s *Store) Snapshot(ctx context.Context) (tenant.Source, error) {
	sess, err := s.db.read(ctx, s.id)
	if err != nil {
		return nil, err
	}
	t, err := sess.tenant(ctx, s.id)
	if err != nil {
		return nil, errors.Join(err, sess.rollback())
	}
	return s.snapshotOf(sess, t), nil
}

func (s *Store) snapshotOf(sess *session, t tenant.Info) *snapshot {
	e := entries{session: sess, tenant: s.id}
	return &snapshot{entries: e, described: t, reader: e.readAhead()}
}

// Inventory implements [tenant.Target]. Its entries can be opened later, too,
// for as long as their content is what was listed.
func (s *Store) Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		sess, err := s.db.read(ctx, s.id)
		if err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		// Contents may be asked for long after the listing.
		reader := newAhead(s.db.name, s.id, s.reading)
		for d, err := range (entries{session: sess, tenant: s.id}).measured(ctx, reader) {
			e := d.entry(func(ctx context.Context) (io.ReadCloser, error) { return s.open(ctx, d) })
			if !yield(e, err) || err != nil {
				break
			}
		}
		// Nothing was written, so nothing can be lost.
		_ = sess.rollback()
	}
}

// reading runs read in a transaction of its own.
func (s *Store) reading(ctx context.Context, read func(*session) error) error {
	sess, err := s.db.read(ctx, s.id)
	if err != nil {
		return err
	}
	return errors.Join(read(sess), sess.rollback())
}

// open reads a document that was listed earlier, in a transaction of its own
// or of those listed beside it.
func (s *Store) open(ctx context.Context, listed listed) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// A row's content never changes: replacing a document makes a new row.
	if content, err := listed.page.reader.content(ctx, listed); err != nil || content != nil {
		return content, err
	}
	sess, err := s.db.read(ctx, s.id)
	if err != nil {
		return nil, err
	}
	now, found, err := (entries{session: sess, tenant: s.id}).find(ctx, listed.name)
	if err == nil && found && now.schema != "" {
		content, err := sess.openRows(ctx, now.expecting(*listed.document))
		return content, errors.Join(err, sess.rollback())
	}
	if err == nil && (!found || now.digest != listed.digest || now.size != listed.size) {
		err = fmt.Errorf("sqlstore: %s: %w", listed.name, tenant.ErrChanged)
	}
	if err != nil {
		return nil, errors.Join(err, sess.rollback())
	}
	return &ownContent{content: newContent(ctx, sess, now), session: sess}, nil
}

// ownContent is content that ends its session when it is closed.
type ownContent struct {
	*content
	session *session
}

func (c *ownContent) Close() error { return errors.Join(c.content.Close(), c.session.rollback()) }

// Begin implements [tenant.Target]. In SQLite it waits for imports into any
// tenant of the database, in PostgreSQL for those into this one.
func (s *Store) Begin(ctx context.Context) (tenant.Tx, error) {
	sess, err := s.db.write(ctx, s.id)
	if err != nil {
		return nil, err
	}
	if _, err := sess.tenant(ctx, s.id); err != nil {
		return nil, errors.Join(err, sess.rollback())
	}
	e := entries{session: sess, tenant: s.id}
	e.pending = s.db.dialect.newLoader(e)
	return &tx{entries: e, store: s, reader: e.readAhead(), touched: map[string]bool{}}, nil
}

// Imports implements [tenant.Journal].
func (s *Store) Imports(ctx context.Context) ([]tenant.ImportRecord, error) {
	sess, err := s.db.read(ctx, s.id)
	if err != nil {
		return nil, err
	}
	var all []tenant.ImportRecord
	_, err = sess.query(ctx, func(scan scanFunc) error {
		var r tenant.ImportRecord
		var at string
		err := scan(&r.ID, &r.Archive, &r.ContentHash, &r.Plan, &at, &r.Summary, &r.Insurance, &r.InsuranceManifest, &r.Undoes)
		if err == nil {
			r.At, err = time.Parse(time.RFC3339Nano, at)
		}
		all = append(all, r)
		return err
	}, "SELECT id, archive_id, content_hash, plan, at, summary, insurance, insurance_manifest, undoes FROM imports WHERE tenant_id = ? ORDER BY seq", s.id)
	return all, errors.Join(err, sess.rollback())
}

// A snapshot is a read transaction.
type snapshot struct {
	entries
	described tenant.Info
	reader    *ahead
}

func (s *snapshot) Tenant(ctx context.Context) (tenant.Info, error) { return s.described, ctx.Err() }

func (s *snapshot) Entries(ctx context.Context, sel tenant.Selection) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		if err := s.check(ctx, sel); err != nil {
			yield(tenant.Entry{}, err)
			return
		}
		for d, err := range s.all(ctx, s.reader, sel.Selects) {
			if !yield(s.entry(d), err) || err != nil {
				return
			}
		}
	}
}

// check refuses a selection of workspaces that have no entries.
func (s *snapshot) check(ctx context.Context, sel tenant.Selection) error {
	for _, id := range sel.Workspaces {
		n := 0
		if layout.IsUUID(id) {
			var err error
			key := workspaceKey(id) + "/"
			n, err = s.session.query(ctx, func(scan scanFunc) error { return nil },
				"SELECT 1 FROM documents WHERE tenant_id = ? AND sort_key >= ? AND sort_key < ? LIMIT 1", s.tenant, key, after(key))
			if err != nil {
				return err
			}
		}
		if n == 0 {
			return fmt.Errorf("sqlstore: tenant %s: workspace %+q: %w", s.tenant, id, tenant.ErrNoEntry)
		}
	}
	return ctx.Err()
}

// export names the snapshot for [Store.join], so that several connections can
// read one state at once. The name holds while the snapshot is open.
func (s *snapshot) export(ctx context.Context) (name string, err error) {
	if s.session.db.dialect.joinRead == nil {
		return "", errors.ErrUnsupported
	}
	_, err = s.session.query(ctx, func(scan scanFunc) error { return scan(&name) }, "SELECT pg_export_snapshot()")
	return name, err
}

// join returns the state that a snapshot of the tenant sees, on a connection
// of its own.
func (s *Store) join(ctx context.Context, snapshot string) (*snapshot, error) {
	if s.db.dialect.joinRead == nil {
		return nil, errors.ErrUnsupported
	}
	sess, err := s.db.begin(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return s.db.dialect.joinRead(ctx, conn, s.id, snapshot)
	})
	if err != nil {
		return nil, err
	}
	t, err := sess.tenant(ctx, s.id)
	if err != nil {
		return nil, errors.Join(err, sess.rollback())
	}
	return s.snapshotOf(sess, t), nil
}

func (s *snapshot) Close() error { return s.session.rollback() }
