package sqlstore

import (
	"context"
	"slices"
)

// Bounds of a batch.
const (
	batchBytes = 2 << 20 // of contents; at least chunkSize
	batchRows  = 5000
)

// batch stores documents many at a time: one statement takes all of them as
// arrays. COPY cannot: the server refuses it for tables with row-level
// security, and by way of a temporary table it is slower.
type batch struct {
	entries
	arena []byte          // contents, one after the other
	keys  map[string]bool // of the documents in the batch

	sortKeys, paths, kinds, digests    []string
	workspaces, assets, titles, owners []*string
	sizes                              []int64
	contents                           [][]byte
}

func (b *batch) add(ctx context.Context, r row) error {
	key := sortKey(r.name)
	if b.keys[key] || len(b.paths) == batchRows || len(b.arena)+len(r.content) > cap(b.arena) && len(b.paths) > 0 {
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	if b.arena == nil {
		b.arena, b.keys = make([]byte, 0, batchBytes), map[string]bool{}
	}
	var content []byte
	if r.content != nil {
		start := len(b.arena)
		b.arena = append(b.arena, r.content...)
		content = b.arena[start:len(b.arena):len(b.arena)]
	}
	b.keys[key] = true
	b.sortKeys = append(b.sortKeys, key)
	b.paths = append(b.paths, r.path)
	b.kinds = append(b.kinds, r.name.Kind.String())
	b.workspaces = append(b.workspaces, textOrNull(r.name.Workspace))
	b.assets = append(b.assets, textOrNull(r.name.Asset))
	b.titles = append(b.titles, textOrNull(r.title))
	b.owners = append(b.owners, textOrNull(r.owner))
	b.sizes = append(b.sizes, r.size)
	b.digests = append(b.digests, r.digest.String())
	b.contents = append(b.contents, content)
	return nil
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.paths) == 0 {
		return nil
	}
	err := b.removeAll(ctx)
	if err == nil {
		err = b.session.exec(ctx, `INSERT INTO documents (tenant_id, sort_key, path, kind, workspace_id, asset_id, name, owner, size, sha256, content)
			SELECT ?, * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::bytea[])`,
			b.tenant, b.sortKeys, b.paths, b.kinds, b.workspaces, b.assets, b.titles, b.owners, b.sizes, b.digests, b.contents)
	}
	b.arena = b.arena[:0]
	clear(b.keys)
	b.sortKeys, b.paths, b.kinds, b.digests = b.sortKeys[:0], b.paths[:0], b.kinds[:0], b.digests[:0]
	b.workspaces, b.assets, b.titles, b.owners = b.workspaces[:0], b.assets[:0], b.titles[:0], b.owners[:0]
	b.sizes, b.contents = b.sizes[:0], b.contents[:0]
	return err
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
