package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// An Archive gives random access to the entries of a file or object. The
// manifest has been verified by [Open]; every byte of content is checked
// against it, and against the entry's own signature, before it is handed out.
//
// An Archive implements [fs.FS], [fs.ReadDirFS], [fs.StatFS] and
// [fs.ReadFileFS] over all files of the tar: entries, signatures and the
// manifest. It is safe for concurrent use. It holds nothing that must be
// closed; the underlying reader stays the caller's.
type Archive struct {
	opts      Options
	t         *fileTable
	proof     proof
	m         *manifest.Manifest
	text      []byte // of the manifest; nil if it is large: see manifestText
	textSize  int64
	header    []byte        // of the manifest in the tar
	signature []byte        // of the manifest; nil when unsigned
	times     []int64       // of the members in the last frames
	byPath    []int32       // indexes of the entries, sorted by path
	checked   []atomic.Bool // of each entry: header and signature are right
	frames    frameCache

	frameDigest layout.Digest // SHA-256 of the manifest's frame as it lies in the file
}

// Open reads the seek table and the manifest of the archive in r, which has
// size bytes, in at most three reads. It refuses what [Verify] would refuse
// about them, as a [*FormatError] or a [*SignatureError], or a
// [*manifest.VersionError] inside one. Content is verified when it is read.
func Open(ctx context.Context, r io.ReaderAt, size int64, opts Options) (*Archive, error) {
	opts, err := opts.checked()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("archive: open: %w", err)
	}
	if size < 0 {
		return nil, fmt.Errorf("archive: open: size %d", size)
	}
	a, fault, err := open(r, size, opts)
	if err != nil {
		return nil, fmt.Errorf("archive: open: %w", err)
	}
	if fault != nil {
		return nil, diagnose(r, size, opts, fault)
	}
	return a, nil
}

// diagnose replaces the error about a file whose end is not that of an archive
// by a better one, where its beginning tells: that it is none, or one of a
// later version.
func diagnose(r io.ReaderAt, size int64, opts Options, fault *Finding) error {
	switch fault.Code {
	case CodeVersion, CodeUnsigned, CodeUntrusted, CodeTooOld, CodeCritical:
		return fault.Err
	}
	led := &ledger{limit: 1}
	opts.Workers, opts.Progress = 1, nil
	frames, err := newFrameReader(context.Background(), newStreamSource(io.NewSectionReader(r, 0, size), size, opts, led), opts)
	if err != nil {
		return fault.Err
	}
	w := newWalk(frames, led, opts)
	_, err = w.next()
	w.stop()
	if err == nil && len(led.findings) > 0 && (led.findings[0].Code == CodeNotArchive || led.findings[0].Code == CodeVersion) {
		return led.findings[0].Err
	}
	return fault.Err
}

func open(r io.ReaderAt, size int64, opts Options) (a *Archive, fault *Finding, err error) {
	dec, err := frame.NewDecoder(opts.Workers)
	if err != nil {
		return nil, nil, err
	}
	t, fault, err := readTable(r, size)
	if fault != nil || err != nil {
		return nil, fault, err
	}
	a = &Archive{opts: opts, t: t, frames: frameCache{r: r, t: t, dec: dec}}
	if n := t.start[t.frames()]; n > opts.Limits.Tar {
		f := formatFinding(CodeLimit, ruleLimits, "", size, InFile, fmt.Errorf("%w: the tar has %d bytes, at most %d are allowed", ErrLimit, n, opts.Limits.Tar))
		return nil, &f, nil
	}
	last, fault, err := a.readLast()
	if fault != nil || err != nil {
		return nil, fault, err
	}
	n := t.frames()
	a.frameDigest = layout.DigestOf(last[:t.at[n-1]-t.at[n-2]])
	if fault = a.decodeLast(last); fault != nil {
		return nil, fault, nil
	}
	t.tail, t.fixity, t.table = nil, nil, nil
	a.proof = prove(a.text, a.signature, t.start[n-2], opts)
	a.m = a.proof.m
	a.letGo()
	if len(a.proof.faults) > 0 {
		if a.m != nil && a.signature == nil && a.place(false) == nil {
			a.proof.strip()
		}
		return nil, &a.proof.faults[0], nil
	}
	if fault := a.place(a.signature != nil); fault != nil {
		return nil, fault, nil
	}
	if fault := a.checkTimes(); fault != nil {
		return nil, fault, nil
	}
	a.checked = make([]atomic.Bool, len(a.m.Entries))
	a.byPath = make([]int32, len(a.m.Entries))
	for i := range a.byPath {
		a.byPath[i] = int32(i)
	}
	slices.SortFunc(a.byPath, func(i, j int32) int { return strings.Compare(a.m.Entries[i].Path, a.m.Entries[j].Path) })
	return a, nil, nil
}

// readLast reads the last two frames as they lie in the file: that of the
// manifest, and that of its signature and the end of the tar.
func (a *Archive) readLast() ([]byte, *Finding, error) {
	t, n := a.t, a.t.frames()
	if n < 2 {
		f := formatFinding(CodeNoManifest, ruleSequence, layout.ManifestPath, -1, InTar, errors.New("there is no manifest: the file has only one frame"))
		return nil, &f, nil
	}
	from, to := t.at[n-2], t.at[n]
	if t.start[n-1]-t.start[n-2] > ustar.BlockSize+ustar.Padded(a.opts.Limits.Manifest) {
		f := formatFinding(CodeLimit, ruleLimits, layout.ManifestPath, from, InFile, fmt.Errorf("%w: the manifest's frame has %d bytes, the limit for manifests is %d", ErrLimit, t.start[n-1]-t.start[n-2], a.opts.Limits.Manifest))
		return nil, &f, nil
	}
	if to-from > frame.Bound(ustar.BlockSize+ustar.Padded(a.opts.Limits.Manifest))+frame.Bound(frame.MaxContent) {
		f := formatFinding(CodeFrameTooLarge, ruleBlocks, "", from, InFile, fmt.Errorf("the last two frames take %d bytes", to-from))
		return nil, &f, nil
	}
	if from >= t.tailAt {
		return t.tail[from-t.tailAt : to-t.tailAt], nil, nil
	}
	b, err := readRange(a.frames.r, nil, from, to-from)
	return b, nil, err
}

// decodeLast decompresses what readLast has read, and takes it apart.
func (a *Archive) decodeLast(b []byte) *Finding {
	n := a.t.frames()
	length := a.t.at[n-1] - a.t.at[n-2]
	text, fault := a.frames.decode(n-2, b[:length], ustar.BlockSize+ustar.Padded(a.opts.Limits.Manifest), anew)
	if fault != nil {
		return fault
	}
	// The decoder keeps hold of what it reads: of a copy, not of the manifest's frame.
	end, fault := a.frames.decode(n-1, bytes.Clone(b[length:]), frame.MaxContent, anew)
	if fault != nil {
		return fault
	}
	return a.splitEnd(text, end)
}

// splitEnd takes the contents of the last two frames apart.
func (a *Archive) splitEnd(text, end []byte) *Finding {
	n := a.t.frames()
	refuse := func(code Code, rule string, offset int64, format string, args ...any) *Finding {
		f := formatFinding(code, rule, layout.ManifestPath, offset, InTar, fmt.Errorf(format, args...))
		return &f
	}
	content, err := a.soleMember(text, layout.ManifestPath)
	if err != nil {
		return refuse(CodeNoManifest, ruleSequence, a.t.start[n-2], "the last frame but one does not hold the manifest: %w", err)
	}
	a.text, a.header = content, bytes.Clone(text[:ustar.BlockSize])
	rest, ok := bytes.CutSuffix(end, make([]byte, ustar.End))
	if !ok {
		return refuse(CodeEnd, ruleEnd, a.t.start[n-1], "the last frame does not end with two zero blocks")
	}
	if len(rest) == 0 {
		return nil
	}
	if a.signature, err = a.soleMember(rest, layout.SignaturePath(layout.ManifestPath)); err != nil {
		return refuse(CodeEnd, ruleSequence, a.t.start[n-1], "the last frame does not hold the manifest's signature: %w", err)
	}
	return nil
}

// soleMember returns the content of the member at path that b holds and that
// nothing follows.
func (a *Archive) soleMember(b []byte, path string) ([]byte, error) {
	if len(b) < ustar.BlockSize {
		return nil, fmt.Errorf("%d bytes", len(b))
	}
	h, _, err := ustar.Parse(b[:ustar.BlockSize])
	switch {
	case err != nil:
		return nil, err
	case h.Type != ustar.TypeFile || h.Path != path:
		return nil, fmt.Errorf("it holds %.200q", h.Path)
	case int64(len(b)) != ustar.BlockSize+ustar.Padded(h.Size):
		return nil, fmt.Errorf("%d bytes for a member of %d", len(b), h.Size)
	}
	content := b[ustar.BlockSize : ustar.BlockSize+h.Size]
	if !isZero(b[ustar.BlockSize+h.Size:]) {
		return nil, errors.New("its padding is not zero")
	}
	a.times = append(a.times, h.Time)
	return content, nil
}

func isZero(b []byte) bool { return bytes.Count(b, []byte{0}) == len(b) }

// checkTimes compares the times of the last members with the manifest's, which
// was not known when they were read.
func (a *Archive) checkTimes() *Finding {
	for i, time := range a.times {
		if time != a.m.Created.Unix() {
			at := a.t.start[a.t.frames()-2+i]
			f := formatFinding(CodeHeader, ruleTime, layout.ManifestPath, at, InTar, fmt.Errorf("its time is %d, the archive's is %d", time, a.m.Created.Unix()))
			return &f
		}
	}
	return nil
}

// Manifest returns the verified manifest. The caller must not change it.
func (a *Archive) Manifest() *manifest.Manifest { return a.m }

// ManifestDigest returns the SHA-256 of manifest.json.
func (a *Archive) ManifestDigest() layout.Digest { return a.proof.digest }

// Verdict says what the policy makes of the signer; it is the zero value when
// the archive is unsigned.
func (a *Archive) Verdict() sign.Verdict { return a.proof.verdict }

// Signed reports whether the archive is signed.
func (a *Archive) Signed() bool { return a.signature != nil }

// Entry returns what the manifest says of the entry at path.
func (a *Archive) Entry(path string) (manifest.Entry, bool) {
	i := a.find(path)
	if i < 0 {
		return manifest.Entry{}, false
	}
	return a.m.Entries[i], true
}

// find returns the index of the entry at path, or -1.
func (a *Archive) find(path string) int {
	at, ok := slices.BinarySearchFunc(a.byPath, path, func(i int32, path string) int { return strings.Compare(a.m.Entries[i].Path, path) })
	if !ok {
		return -1
	}
	return int(a.byPath[at])
}
