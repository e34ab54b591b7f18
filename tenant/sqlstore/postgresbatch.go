package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Bounds of a batch.
const (
	batchBytes = 2 << 20 // of contents; at least chunkSize
	batchRows  = 5000
)

// batch stores documents many at a time: one statement takes all of them as
// arrays, and their contents as one, which it cuts up. COPY cannot: the server
// refuses it for tables with row-level security, and by way of a temporary
// table it is slower.
type batch struct {
	entries
	arena []byte          // contents, one after the other
	keys  map[string]bool // of the documents in the batch

	rows     []row // without their contents
	sortKeys []string
	places   []span // of the contents in arena
	params   params // of the statement, for the next one too
}

// A span is where a content stands. There is none when from is negative.
type span struct{ from, length int } // from counts from 1, as SQL does

func (b *batch) add(ctx context.Context, r row) error {
	key := sortKey(r.name)
	if b.keys[key] || len(b.rows) == batchRows || len(b.arena)+len(r.content) > cap(b.arena) && len(b.rows) > 0 {
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	if b.arena == nil {
		b.arena, b.keys = make([]byte, 0, batchBytes), map[string]bool{}
	}
	place := span{from: -1}
	if r.content != nil {
		place = span{len(b.arena) + 1, len(r.content)}
		b.arena = append(b.arena, r.content...)
		r.content = nil
	}
	b.keys[key] = true
	b.rows, b.sortKeys, b.places = append(b.rows, r), append(b.sortKeys, key), append(b.places, place)
	return nil
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.rows) == 0 {
		return nil
	}
	err := b.removeAll(ctx)
	if err == nil {
		err = b.insert(ctx)
	}
	b.arena = b.arena[:0]
	clear(b.keys)
	b.rows, b.sortKeys, b.places = b.rows[:0], b.sortKeys[:0], b.places[:0]
	return err
}

// insert stores the batch. It writes the statement's parameters itself: the
// driver would copy the contents several times over.
func (b *batch) insert(ctx context.Context) error {
	const query = `INSERT INTO documents (tenant_id, sort_key, path, kind, workspace_id, asset_id, name, owner, size, sha256, content)
		SELECT $1, sort_key, path, kind, workspace_id, asset_id, name, owner, size, sha256, substring($13 FROM place::int FOR length::int)
		FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		AS d (sort_key, path, kind, workspace_id, asset_id, name, owner, size, sha256, place, length)`
	n, p := len(b.rows), &b.params
	p.reset()
	p.add(pgtype.TextOID, []byte(b.tenant))
	p.texts(n, false, func(i int) string { return b.sortKeys[i] })
	p.texts(n, false, func(i int) string { return b.rows[i].path })
	p.texts(n, false, func(i int) string { return b.rows[i].name.Kind.String() })
	p.texts(n, true, func(i int) string { return b.rows[i].name.Workspace })
	p.texts(n, true, func(i int) string { return b.rows[i].name.Asset })
	p.texts(n, true, func(i int) string { return b.rows[i].title })
	p.texts(n, true, func(i int) string { return b.rows[i].owner })
	p.numbers(n, func(i int) int64 { return b.rows[i].size })
	p.texts(n, false, func(i int) string { return b.rows[i].digest.String() })
	p.numbers(n, func(i int) int64 { return int64(b.places[i].from) })
	p.numbers(n, func(i int) int64 { return int64(b.places[i].length) })
	p.add(pgtype.ByteaOID, b.arena) // last: the driver's buffer grows to it at once
	return b.session.work(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return beneath(conn, func(c *pgconn.PgConn) error {
			return c.ExecParams(ctx, query, p.values, p.types, p.formats, nil).Read().Err
		})
	})
}

// removeAll deletes what is stored at the names of the batch. That is nothing
// most of the time, so it looks first, key by key: LATERAL with LIMIT leaves the
// planner no choice, who would go through all of the tenant's rows instead.
func (b *batch) removeAll(ctx context.Context) error {
	var ids []int64
	_, err := b.session.query(ctx, func(scan scanFunc) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT d.id FROM unnest(?::text[]) AS k (sort_key),
		LATERAL (SELECT id FROM documents WHERE tenant_id = ? AND sort_key = k.sort_key LIMIT 1) AS d`, b.sortKeys, b.tenant)
	if err != nil || len(ids) == 0 {
		return err
	}
	return b.session.exec(ctx, "DELETE FROM documents WHERE tenant_id = ? AND sort_key >= ? AND sort_key <= ? AND id = ANY (?)",
		b.tenant, slices.Min(b.sortKeys), slices.Max(b.sortKeys), ids)
}

func (b *batch) caption(ctx context.Context, captions []caption) error {
	keys, titles, owners := make([]string, len(captions)), make([]*string, len(captions)), make([]*string, len(captions))
	for i, c := range captions {
		keys[i], titles[i], owners[i] = c.key, textOrNull(c.title), textOrNull(c.owner)
	}
	if err := b.flush(ctx); err != nil {
		return err
	}
	return b.session.exec(ctx, `UPDATE documents d SET name = v.name, owner = v.owner
		FROM unnest(?::text[], ?::text[], ?::text[]) AS v (sort_key, name, owner)
		WHERE d.tenant_id = ? AND d.sort_key = v.sort_key`, keys, titles, owners, b.tenant)
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
