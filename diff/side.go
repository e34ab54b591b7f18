package diff

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// asset identifies what is compared.
type asset struct{ kind, workspace, id string }

// assetOf returns the asset that an entry belongs to.
func assetOf(n layout.Name) asset {
	switch n.Kind {
	case layout.Metadata:
		return asset{"workspace", n.Workspace, n.Workspace}
	case layout.Model, layout.Rows:
		return asset{"dataset", n.Workspace, n.Asset}
	case layout.Audit:
		return asset{"audit", "", ""}
	case layout.Extension:
		return asset{"extension", "", n.String()}
	}
	return asset{n.Kind.String(), n.Workspace, n.Asset}
}

// side is one of the two states, read in order.
type side struct {
	tenant tenant.Info
	max    int64
	next   func() (tenant.Entry, error, bool)
	stop   func()

	entry   tenant.Entry // the next one
	ok      bool
	listed  []manifest.Entry
	bytes   int64
	records map[asset]record // of the workspace at hand

	metadata map[string]any // of the workspace at hand; nil when it is not strict JSON
}

// record is what a workspace's metadata says of an asset.
type record struct {
	name  string
	value any
}

// differs reports whether two records differ as JSON values.
func (r record) differs(other record) bool { return !equal(r.value, other.value) }

func (s *side) open(ctx context.Context, src tenant.Source, opts Options) error {
	info, err := src.Tenant(ctx)
	if err != nil {
		return fmt.Errorf("describe the tenant: %w", err)
	}
	s.tenant, s.max = info, opts.MaxDocument
	s.next, s.stop = iter.Pull2(src.Entries(ctx, opts.Selection))
	if err := s.advance(); err != nil {
		s.stop()
		return err
	}
	return nil
}

func (s *side) advance() error {
	last, had := s.entry, s.ok
	entry, err, ok := s.next()
	if ok && err != nil {
		return fmt.Errorf("list the entries: %w", err)
	}
	if ok && had && layout.Compare(last.Name, entry.Name) >= 0 {
		return errOrder
	}
	s.entry, s.ok = entry, ok
	return nil
}

// take returns the entries of the asset, if they come next, with size and
// digest.
func (s *side) take(ctx context.Context, k asset) ([]tenant.Entry, error) {
	var group []tenant.Entry
	for s.ok && assetOf(s.entry.Name) == k {
		e := s.entry
		path, err := tenant.EntryPath(e.Name)
		if err != nil {
			return nil, err
		}
		if err := s.complete(ctx, &e); err != nil {
			return nil, fmt.Errorf("entry %q: %w", path, err)
		}
		if e.Name.Kind == layout.Metadata {
			if err := s.learn(ctx, e); err != nil {
				return nil, fmt.Errorf("entry %q: %w", path, err)
			}
		}
		s.listed = append(s.listed, manifest.Entry{Path: path, Size: e.Size, SHA256: e.Digest})
		s.bytes += e.Size
		group = append(group, e)
		if err := s.advance(); err != nil {
			return nil, err
		}
	}
	return group, nil
}

// complete reads an entry whose size or digest is not known.
func (s *side) complete(ctx context.Context, e *tenant.Entry) error {
	if e.Size >= 0 && !e.Digest.IsZero() {
		return ctx.Err()
	}
	r, err := e.Open(ctx)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, contextReader{ctx, r})
	if err = cmp.Or(err, r.Close()); err != nil {
		return err
	}
	e.Size, e.Digest = n, layout.Digest(sum.Sum(nil))
	return nil
}

// learn takes the records of datasets and files from a workspace's metadata,
// and the workspace's name. A document that is too large or not readable
// teaches nothing.
func (s *side) learn(ctx context.Context, e tenant.Entry) error {
	s.records, s.metadata = map[asset]record{}, nil
	doc, err := s.read(ctx, e)
	if err != nil || doc == nil {
		return err
	}
	var m map[string]any
	if parsed, ok := parse(layout.Metadata, doc); ok {
		m, _ = parsed.(map[string]any)
		s.metadata = m
	} else if json.Unmarshal(doc, &m) != nil {
		return nil
	}
	ws := e.Name.Workspace
	workspace, _ := m["workspace"].(map[string]any)
	name, _ := workspace["name"].(string)
	s.records[asset{"workspace", ws, ws}] = record{name: name}
	for kind, member := range map[string]string{"dataset": "datasets", "file": "files"} {
		list, _ := m[member].([]any)
		for _, element := range list {
			fields, ok := element.(map[string]any)
			if !ok {
				continue
			}
			id, _ := fields["id"].(string)
			name, _ := fields["name"].(string)
			s.records[asset{kind, ws, id}] = record{name: name, value: fields}
		}
	}
	// Names alone make no workspace differ: its entry does.
	return nil
}

// nameOf returns what people call the asset, or "".
func (s *side) nameOf(ctx context.Context, k asset, entries []tenant.Entry) (string, error) {
	if len(entries) == 0 {
		return "", nil
	}
	switch k.kind {
	case "report", "alert":
		doc, err := s.read(ctx, entries[0])
		if err != nil {
			return "", fmt.Errorf("entry %q: %w", entries[0].Name.String(), err)
		}
		var named struct{ Name string }
		if json.Unmarshal(doc, &named) != nil {
			return "", nil
		}
		return named.Name, nil
	}
	return s.records[k].name, nil
}

// read returns a document, or nil when it is larger than the limit.
func (s *side) read(ctx context.Context, e tenant.Entry) (doc []byte, err error) {
	r, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, r.Close()) }()
	doc, err = io.ReadAll(io.LimitReader(contextReader{ctx, r}, s.max+1))
	if err != nil || int64(len(doc)) > s.max {
		return nil, err
	}
	return doc, nil
}

func (s *side) summary() Side {
	return Side{Tenant: s.tenant, ContentHash: manifest.ContentHash(s.listed), Entries: len(s.listed), Bytes: s.bytes}
}

// contextReader stops a copy when its context ends.
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
