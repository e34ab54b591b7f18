package archive

import (
	"crypto/sha256"
	"errors"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// A listing is a manifest that was read before what it lists. When its place in
// the tar comes, its frame need not be read and decompressed once more.
type listing struct {
	m      *manifest.Manifest
	size   int64         // of its text
	digest layout.Digest // of its text
	header []byte        // the block of tar before its text
	sum    uint64        // of its frame's bytes
}

// errListing is about a tar whose members reach into the manifest's frame
// elsewhere than the manifest does: then the frame must be read.
var errListing = errors.New("the manifest is not by itself in its frame")

// listing returns the manifest of an open archive.
func (a *Archive) listing() *listing {
	return &listing{m: a.m, size: a.textSize, digest: a.proof.digest, header: a.header, sum: a.t.sums[a.t.frames()-2]}
}

// readListing reads the manifest of the file that t is the table of. It
// returns nil when something is wrong with the manifest: reading everything
// will tell what.
func readListing(r io.ReaderAt, t *fileTable, opts Options) (*listing, error) {
	dec, err := frame.NewDecoder(1)
	if err != nil {
		return nil, err
	}
	a := &Archive{opts: opts, t: t, frames: frameCache{r: r, t: t, dec: dec}}
	last, fault, err := a.readLast()
	if fault == nil && err == nil {
		fault = a.decodeLast(last)
	}
	if fault != nil || err != nil {
		return nil, err
	}
	a.proof.digest = layout.DigestOf(a.text)
	if a.m, err = manifest.Parse(a.text, opts.Limits.manifest()); err != nil {
		return nil, nil
	}
	a.letGo()
	return a.listing(), nil
}

// unchanged reports whether the manifest's frame is still, byte for byte, the
// one that the archive was opened with. t is the table as it is now.
func (a *Archive) unchanged(t *fileTable) (bool, error) {
	n := a.t.frames() - 2
	if t.frames()-2 != n || t.at[n] != a.t.at[n] || t.at[n+1] != a.t.at[n+1] || t.start[n+1]-t.start[n] != a.t.start[n+1]-a.t.start[n] {
		return false, nil
	}
	buf := takeBuffer(frame.MaxContent)
	defer giveBuffer(buf)
	sum := sha256.New()
	for at, end := t.at[n], t.at[n+1]; at < end; {
		b, err := readRange(a.frames.r, buf, at, min(end-at, frame.MaxContent))
		if err != nil {
			return false, err
		}
		sum.Write(b)
		at += int64(len(b))
	}
	return layout.Digest(sum.Sum(nil)) == a.frameDigest, nil
}
