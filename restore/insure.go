package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/whose"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// InsuranceRef names an insurance archive. Its JSON is part of [Result].
type InsuranceRef struct {
	Location   string `json:"location"`              // where it was written
	Archive    string `json:"archive"`               // its id
	Manifest   string `json:"manifest"`              // SHA-256 of its manifest
	SigningKey string `json:"signing_key,omitempty"` // fingerprint; absent when it is unsigned
	Entries    int    `json:"entries"`               // of the target in it
	Bytes      int64  `json:"bytes"`                 // of these
}

// insuring is one insurance archive being written.
type insuring struct {
	*Insurance
	record *InsuranceRecord
	plan   listing
	name   string

	keep map[string]layout.Digest // entries that the archive must hold, besides metadata
	near map[string]bool          // workspaces whose metadata it holds
	held []manifest.Entry         // what it holds of the target
	own  []ownEntry               // extensions that are still to be written
}

// ownEntry is an extension that says what the archive is.
type ownEntry struct {
	name    layout.Name
	size    int64
	content listing
}

// write writes the archive from what v holds, opens it again and verifies
// every byte. After an error nothing is left.
func (w *insuring) write(ctx context.Context, v view, info tenant.Info, opts archive.WriterOptions) (*InsuranceRef, error) {
	if err := w.prepare(); err != nil {
		return nil, err
	}
	opts.Tenant, opts.Residency = whose.Manifest(info)
	opts.Purpose, opts.Signer, opts.Unsigned = manifest.PurposeInsurance, w.Signer, w.Signer == nil
	opts.Generator, opts.Workers = w.Generator, w.Workers
	out, err := w.Place.Create(ctx, w.name)
	if err != nil {
		return nil, err
	}
	err = w.fill(ctx, v, out, opts)
	if err == nil {
		err = out.Commit(ctx)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return nil, err
	}
	ref, err := w.verify(ctx)
	if err != nil {
		return nil, errors.Join(err, w.remove(ctx))
	}
	return ref, nil
}

// remove deletes the archive of an import that did not happen.
func (w *insuring) remove(ctx context.Context) error {
	return w.Place.Remove(context.WithoutCancel(ctx), w.name)
}

func (w *insuring) prepare() error {
	w.keep, w.near = map[string]layout.Digest{}, map[string]bool{}
	for _, c := range w.record.Entries {
		if c.Before == "" {
			continue
		}
		name, err := layout.Parse(c.Path)
		if err != nil {
			return err
		}
		if w.keep[c.Path], err = layout.ParseDigest(c.Before); err != nil {
			return err
		}
		w.near[name.Workspace] = true
	}
	for path, content := range map[string]listing{InsuranceRecordPath: w.record.listing(), InsurancePlanPath: w.plan} {
		name, err := layout.Parse(path)
		if err != nil {
			return err
		}
		size, err := content.size()
		if err != nil {
			return err
		}
		w.own = append(w.own, ownEntry{name, size, content})
	}
	if layout.Compare(w.own[0].name, w.own[1].name) > 0 {
		w.own[0], w.own[1] = w.own[1], w.own[0]
	}
	return nil
}

// fill writes the archive's entries in canonical order.
func (w *insuring) fill(ctx context.Context, v view, to io.Writer, opts archive.WriterOptions) error {
	out, err := archive.NewWriter(to, opts)
	if err != nil {
		return err
	}
	defer out.Abort()
	missing := len(w.keep)
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return err
		}
		if err := w.writeOwn(out, func(n layout.Name) bool { return layout.Compare(n, e.Name) < 0 }); err != nil {
			return err
		}
		path, err := tenant.EntryPath(e.Name)
		if err != nil {
			return err
		}
		want, replaced := w.keep[path]
		if replaced && want != e.Digest {
			return fmt.Errorf("entry %q: %w", path, tenant.ErrChanged)
		}
		if !replaced && (e.Name.Kind != layout.Metadata || !w.near[e.Name.Workspace]) {
			continue
		}
		if err := copyEntry(ctx, out, path, e); err != nil {
			return fmt.Errorf("entry %q: %w", path, err)
		}
		w.held = append(w.held, manifest.Entry{Path: path, Size: e.Size, SHA256: e.Digest})
		if replaced {
			missing--
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d entries that are to be replaced are gone: %w", missing, tenant.ErrChanged)
	}
	if err := w.writeOwn(out, func(layout.Name) bool { return true }); err != nil {
		return err
	}
	return out.Close()
}

// writeOwn writes the extensions whose turn it is.
func (w *insuring) writeOwn(out *archive.Writer, due func(layout.Name) bool) error {
	for len(w.own) > 0 && due(w.own[0].name) {
		doc := w.own[0]
		w.own = w.own[1:]
		to, err := out.Create(archive.Header{Path: doc.name.String(), Size: doc.size})
		if err == nil {
			err = doc.content(to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyEntry(ctx context.Context, out *archive.Writer, path string, e tenant.Entry) error {
	r, err := e.Open(ctx)
	if err != nil {
		return err
	}
	to, err := out.Create(archive.Header{Path: path, Size: e.Size})
	if err == nil {
		_, err = io.Copy(to, r)
	}
	return cmp.Or(err, r.Close())
}

// verify opens the archive that was written, checks every byte of it, and
// holds it against what the target was seen to hold.
func (w *insuring) verify(ctx context.Context) (ref *InsuranceRef, err error) {
	r, err := w.Place.Open(ctx, w.name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	a, err := archive.Open(ctx, r, r.Size(), archive.Options{
		AllowUnsigned: w.Signer == nil, Workers: w.Workers, Limits: archive.Limits{Manifest: archive.MaxManifest, Entries: 1 << 30},
	})
	if err != nil {
		return nil, err
	}
	if err := verifyArchive(ctx, a); err != nil {
		return nil, err
	}
	m := a.Manifest()
	ref = &InsuranceRef{
		Location: w.Place.Location(w.name), Archive: m.ID, Manifest: layout.Digest(a.ManifestDigest()).String(),
		SigningKey: m.SigningKey, Entries: len(w.held),
	}
	for _, held := range w.held {
		if e, ok := a.Entry(held.Path); !ok || e.SHA256 != held.SHA256 || e.Size != held.Size {
			return nil, fmt.Errorf("entry %q did not arrive as the target has it", held.Path)
		}
		ref.Bytes += held.Size
	}
	return ref, nil
}
