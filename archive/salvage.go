package archive

import (
	"context"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// SalvageOptions say what [Salvage] may take from a damaged archive.
// AllowUnsigned takes entries of an unsigned archive, which only digests or
// checksums speak for. NotOlderThan needs a manifest that is proven. Content is
// not used.
type SalvageOptions struct {
	Options
	// ArchiveID says which archive is meant when a file holds parts of several;
	// empty means the only one.
	ArchiveID string
}

// A Proof says what shows that an entry is as its archive had it.
type Proof string

// The proofs, the strongest first.
const (
	// ProofSignature: its own signature verifies for its path and archive; if
	// the manifest is proven too, it lists the digest.
	ProofSignature Proof = "signature"
	// ProofManifest: the signed manifest lists its digest; its own signature
	// is lost.
	ProofManifest Proof = "manifest"
	// ProofDigest: the manifest of an unsigned archive lists its digest.
	ProofDigest Proof = "digest"
	// ProofChecksum: of an unsigned archive without a manifest, the file is
	// sound from its beginning up to the entry's end.
	ProofChecksum Proof = "checksum"
)

// A Loss says why an entry cannot be saved.
type Loss string

// The reasons.
const (
	LossDamaged   Loss = "damaged"   // its bytes are in a damaged part
	LossMissing   Loss = "missing"   // its bytes are not in the file
	LossChanged   Loss = "changed"   // something else stands under its path
	LossUnproven  Loss = "unproven"  // it is there, but nothing proves it
	LossAmbiguous Loss = "ambiguous" // several different contents are proven
	LossConflict  Loss = "conflict"  // its path is a folder of another entry
)

// Explain says in words what the loss is.
func (l Loss) Explain() string {
	switch l {
	case LossDamaged:
		return "it lies in a damaged part of the file"
	case LossMissing:
		return "its bytes are not in the file"
	case LossChanged:
		return "something else stands in its place"
	case LossUnproven:
		return "it is there, but what proved it is lost"
	case LossAmbiguous:
		return "there are several different contents of it, all proven"
	case LossConflict:
		return "its path is a folder of another entry"
	}
	return string(l)
}

// A SavedEntry is an entry that can be saved.
type SavedEntry struct {
	Path   string
	Size   int64 // of the content
	SHA256 layout.Digest
	Proof  Proof
	Range  Range // of the file, the frames that hold its content
	r      *remnant
	rows   *manifest.RowStatistics
}

// A LostEntry is an entry that was in the archive and cannot be saved.
type LostEntry struct {
	Path   string
	Size   int64 // of the content, as stated
	Reason Loss
	// Claimed: only a manifest that nothing proves says that it was there.
	Claimed bool
	// Range is the damage that it lies in; of a missing entry an empty one, the
	// place where it would be.
	Range Range
}

// A Foreign counts the entries of another archive in the file.
type Foreign struct {
	ArchiveID string
	Entries   int
}

// ManifestState says what became of a manifest.
type ManifestState string

// The states.
const (
	ManifestProven   ManifestState = "proven"   // signed, by the key that signed the entries
	ManifestUnsigned ManifestState = "unsigned" // of an unsigned archive
	ManifestUnproven ManifestState = "unproven" // it can be read, but its signature is lost
	ManifestLost     ManifestState = "lost"
)

// Remains are what is left of an archive. [Remains.Write] makes an archive of
// them. The file must stay open until then. Remains are not safe for
// concurrent use, and their lists are not the caller's to change.
type Remains struct {
	ArchiveID  string
	Tenant     manifest.Tenant // of an archive without proven manifest, at most the id, as the file claims it
	Signed     bool
	SigningKey string       // fingerprint
	Verdict    sign.Verdict // on the key

	State    ManifestState
	Manifest *manifest.Manifest // when State is proven or unsigned
	Digest   layout.Digest      // of Manifest

	Saved    []SavedEntry // in canonical order
	Lost     []LostEntry  // in canonical order; all there are only if Listed
	Unlisted []string     // paths of whole entries that the manifest does not list
	Foreign  []Foreign    // by id
	Stranded []string     // ids of workspaces that were saved in part, but without their metadata

	Damage     []Range // of the file: neither sound frames nor the tables at its end
	Unsearched []Range // of Damage: what was not looked at, because too much in it looks like an archive
	Unreadable []Range // that the disk did not give
	TablesLost bool    // the seek table at the end is not there

	scan *scan
}

// Listed reports whether Lost names all that is lost: the manifest says what
// there was.
func (r *Remains) Listed() bool { return r.Manifest != nil }

// Complete reports whether everything that the archive held can be saved.
func (r *Remains) Complete() bool { return r.Listed() && len(r.Lost) == 0 }

// Salvage finds what is left of the archive in r, which has size bytes and may
// have been cut short, overwritten in part, or have lost or gained bytes
// anywhere. Of a signed archive it takes only what a signature proves to be of
// this archive and under its path.
//
// Damage is lost by the frame: all entries that share a damaged frame, at most
// 1 MiB of them, and the whole of a larger entry, unless only its header is
// damaged and the manifest is proven, which lists its pieces. Frames are found by the seek
// table, where it holds, and by what they begin with. The work is linear in the
// size of the file. Memory is that of a few frames and of the manifest, and a
// small cost for each entry. Where r returns errors, up to 64 MiB in all, it is
// taken for damaged.
//
// It is an error, [ErrIntact], if the archive is accepted as it is by [Verify];
// one that wraps [ErrAmbiguous] if the file holds parts of several archives; a
// [*FormatError] or [*SignatureError] if the archive is not what opts demand;
// and [ErrNothingSalvaged] if nothing can be saved, together with the remains, unless
// not even that archive can be named.
func Salvage(ctx context.Context, r io.ReaderAt, size int64, opts SalvageOptions) (*Remains, error) {
	var err error
	if opts.Options, err = opts.Options.checked(); err != nil {
		return nil, err
	}
	if opts.ArchiveID != "" {
		if err := manifest.CheckID(opts.ArchiveID); err != nil {
			return nil, fmt.Errorf("archive: salvage: %w", err)
		}
	}
	if size < 0 {
		return nil, fmt.Errorf("archive: salvage: size %d", size)
	}
	remains, err := salvage(ctx, r, size, opts)
	if err != nil {
		return remains, salvageError(err)
	}
	if len(remains.Saved) == 0 {
		return remains, ErrNothingSalvaged
	}
	return remains, nil
}

func salvage(ctx context.Context, r io.ReaderAt, size int64, opts SalvageOptions) (*Remains, error) {
	frames, err := newFrameFinder(&window{ctx: ctx, r: r, size: size}, opts.Limits)
	if err != nil {
		return nil, err
	}
	s := newScan(frames, opts.Limits)
	if err := s.run(opts.Progress); err != nil {
		return nil, err
	}
	who, err := s.identify(opts)
	if err != nil {
		return nil, err
	}
	if who.proven != nil {
		if err := s.adopt(who.proven); err != nil {
			return nil, err
		}
	}
	remains := s.remains(who)
	if len(remains.Damage) == 0 && !remains.TablesLost && remains.Complete() {
		accept := opts.Options
		accept.Progress, accept.Content = nil, nil
		report, err := Verify(ctx, r, size, accept)
		if err != nil {
			return nil, err
		}
		if report.OK() {
			return nil, ErrIntact
		}
	}
	return remains, nil
}

// remains judges what the scan has found.
func (s *scan) remains(who *identity) *Remains {
	r := &Remains{
		ArchiveID: who.id, Signed: !who.unsigned, Verdict: who.verdict, State: ManifestLost,
		Damage: mergeRanges(s.gaps), Unsearched: mergeRanges(s.frames.skipped), Unreadable: mergeRanges(s.frames.win.unreadable),
		TablesLost: s.frames.table == nil, scan: s,
	}
	if r.Signed {
		r.SigningKey = who.key.Fingerprint()
	}
	switch {
	case who.proven != nil:
		r.Manifest, r.Digest, r.Tenant = who.proven, who.digest, who.proven.Tenant
		r.State = ManifestProven
		if who.unsigned {
			r.State = ManifestUnsigned
		}
	case who.claimed != nil:
		r.State, r.Tenant.ID = ManifestUnproven, who.claimed.Tenant.ID
	case who.hint != nil && manifest.CheckTenantID(who.hint.Tenant) == nil:
		r.Tenant.ID = who.hint.Tenant
	}
	j := &salvageJudge{scan: s, who: who, out: r}
	j.judge()
	return r
}

// stranded lists the workspaces that entries were saved of, but no metadata.
// In canonical order a workspace's metadata is its first entry.
func stranded(saved []SavedEntry) []string {
	var ids []string
	last := ""
	for _, e := range saved {
		name, err := layout.Parse(e.Path)
		if err != nil || name.Workspace == last {
			continue
		}
		if last = name.Workspace; last != "" && name.Kind != layout.Metadata {
			ids = append(ids, last)
		}
	}
	return ids
}
