package restore

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// listArchive indexes the entries of the archive, without their content.
func (p *planner) listArchive() error {
	for _, e := range p.manifest.Entries {
		if _, err := layout.Parse(e.Path); err != nil {
			return err
		}
		p.src.add(entry{path: e.Path, size: e.Size, digest: e.SHA256})
	}
	p.src.sort()
	return nil
}

// readArchive reads the documents of the archive.
func (p *planner) readArchive(ctx context.Context) error {
	// What is not written need not be valid. What a selection writes shows only
	// once this is done, so its documents are validated when they are settled.
	return p.src.learnArchive(ctx, p.appendSource, func(e entry) bool {
		return longWay || len(p.opts.Select) == 0 && p.dst.digestOf(e.name()) != e.digest
	}, newInterest(p.opts.Select))
}

func (p *planner) readInventory(ctx context.Context, target view) error {
	var listed []held
	for e, err := range target.Inventory(ctx) {
		if err != nil {
			return err
		}
		path := p.src.pathOf(e.Name) // mostly the same, and kept once
		if path == "" {
			if path, err = tenant.EntryPath(e.Name); err != nil {
				return err
			}
		}
		p.dst.add(entry{path: path, size: e.Size, digest: e.Digest, open: e.Open})
		listed = append(listed, held{path: path, digest: e.Digest})
	}
	p.fingerprint, p.inventory = newState(listed).hash(), len(listed)
	p.dst.sort()
	return p.dst.learn(ctx, p.readTarget)
}

func (p *planner) readSource(ctx context.Context, e entry) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.archive.ReadDocument(ctx, e.path, p.maxDocument)
}

// appendSource is readSource into a buffer.
func (p *planner) appendSource(ctx context.Context, e entry, buffer []byte) ([]byte, error) {
	a, ok := p.archive.(interface {
		AppendDocument(ctx context.Context, dst []byte, path string, limit int64) ([]byte, error)
	})
	if !ok {
		return p.readSource(ctx, e)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return a.AppendDocument(ctx, buffer, e.path, p.maxDocument)
}

func (p *planner) readTarget(ctx context.Context, e entry) (doc []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, r.Close()) }()
	doc, err = io.ReadAll(io.LimitReader(r, p.maxDocument+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(doc)) > p.maxDocument:
		return nil, fmt.Errorf("the document has more than %d bytes, which is the limit", p.maxDocument)
	case layout.DigestOf(doc) != e.digest:
		return nil, fmt.Errorf("%w: its SHA-256 is not the one that the inventory states", tenant.ErrChanged)
	}
	return doc, nil
}
