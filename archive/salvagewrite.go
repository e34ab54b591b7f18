package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// Write makes an archive of what was saved, of the purpose
// [manifest.PurposeRecovered], with an id, a time and signatures of its own:
// whoever signs it vouches for it. Its manifest says what archive it was made
// from and what is missing (docs/spec/manifest.md, M-21). The tenant, the
// statistics of rows, and what services added to the manifest are taken over
// where the manifest was proven; opts.Tenant is used where the file does not
// even claim a tenant. Opts.Purpose must be empty; Extensions, Residency,
// Lineage and Sequence must not be set.
//
// Every content is read and checked again. Write calls w as a [Writer] does;
// after an error the output is no archive.
func (r *Remains) Write(ctx context.Context, w io.Writer, opts WriterOptions) (*manifest.Manifest, error) {
	opts, err := r.writerOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("archive: recover: %w", err)
	}
	r.scan.frames.win.ctx = ctx
	aw, err := NewWriter(w, opts)
	if err != nil {
		return nil, err
	}
	if err := r.write(ctx, aw); err != nil {
		aw.Abort()
		return nil, salvageError(err)
	}
	return aw.Manifest(), nil
}

// salvageError adds the context to errors that have none.
func salvageError(err error) error {
	var format *FormatError
	var signature *SignatureError
	var ambiguous *AmbiguousError
	if errors.As(err, &format) || errors.As(err, &signature) || errors.As(err, &ambiguous) || errors.Is(err, ErrIntact) || errors.Is(err, ErrNothingSalvaged) {
		return err
	}
	return fmt.Errorf("archive: salvage: %w", err)
}

func (r *Remains) write(ctx context.Context, aw *Writer) error {
	for i := range r.Saved {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := &r.Saved[i]
		ew, err := aw.Create(Header{Path: e.Path, Size: e.Size})
		if err != nil {
			return err
		}
		if e.rows != nil {
			if err := aw.SetRows(e.rows); err != nil {
				return err
			}
		}
		if err := r.scan.content(e.r, func(piece []byte) error { _, err := ew.Write(piece); return err }); err != nil {
			return fmt.Errorf("entry %+q: %w", e.Path, err)
		}
	}
	aw.SetCoverage(r.coverage())
	return aw.Close()
}

func (r *Remains) writerOptions(opts WriterOptions) (WriterOptions, error) {
	switch {
	case opts.Purpose != "" || opts.Extensions != nil || opts.Residency != nil || opts.Lineage != nil || opts.Sequence != 0:
		return opts, errors.New("purpose, sequence, extensions, residency and lineage are taken from the damaged archive")
	case opts.ID == r.ArchiveID:
		return opts, errors.New("a recovered archive needs an id of its own")
	}
	if r.Tenant.ID != "" {
		opts.Tenant = r.Tenant
	}
	if opts.Tenant.ID == "" {
		return opts, ErrNoTenantID
	}
	opts.Purpose = manifest.PurposeRecovered
	about := &manifest.Recovered{Archive: r.ArchiveID, SigningKey: r.SigningKey, Complete: r.Complete()}
	if m := r.Manifest; m != nil {
		about.Manifest, about.ContentHash = r.Digest, m.ContentHash
		about.From = m.Extensions.Get(manifest.RecoveredExtension)
		for _, e := range m.Extensions {
			if e.Name != manifest.RecoveredExtension {
				opts.Extensions = append(opts.Extensions, e)
			}
		}
		opts.Lineage = m.Lineage
		var err error
		if opts.Residency, err = m.DataResidency(); err != nil {
			return opts, err
		}
		if opts.Residency == nil {
			opts.reserved = m.Residency
		}
	}
	for _, l := range r.Lost {
		if len(about.Lost) == manifest.MaxLost {
			about.MoreLost++
			continue
		}
		about.Lost = append(about.Lost, manifest.LostEntry{Path: l.Path, Reason: l.Reason.Explain()})
	}
	value, err := about.Marshal()
	if err != nil {
		return opts, err
	}
	opts.Extensions = append(opts.Extensions, manifest.Member{Name: manifest.RecoveredExtension, Value: value})
	return opts, nil
}

// ErrNoTenantID: neither the file nor the caller says whose archive it is.
var ErrNoTenantID = errors.New("the part of the file that names the tenant is lost: say whose archive it is")

// coverage says what is missing, by kind, beside what the archive said itself.
func (r *Remains) coverage() manifest.Coverage {
	var c manifest.Coverage
	if r.Manifest != nil {
		c.Excluded = r.Manifest.Coverage.Excluded
		c.Unsupported = append(c.Unsupported, r.Manifest.Coverage.Unsupported...)
	}
	counts := make(map[string]int64)
	for _, l := range r.Lost {
		if name, err := layout.Parse(l.Path); err == nil {
			counts[manifest.CoverageKind(name.Kind)]++
		}
	}
	kinds := make(map[string]bool)
	for kind := range counts {
		kinds[kind] = true
	}
	for _, kind := range sortedKeys(kinds) {
		c.Unsupported = append(c.Unsupported, manifest.Omission{Kind: kind, Count: counts[kind], Reason: "lost in the damage of archive " + r.ArchiveID})
	}
	if !r.Listed() {
		c.Unsupported = append(c.Unsupported, manifest.Omission{Kind: "unknown", Reason: "the list of what archive " + r.ArchiveID + " held is lost: there may have been more"})
	}
	return c
}
