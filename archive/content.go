package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// checkEntry compares the headers of entry i with what they must be, and
// verifies its signature over the digest in the manifest. It does so once.
func (a *Archive) checkEntry(i int) error {
	if a.checked[i].Load() {
		return nil
	}
	e := &a.m.Entries[i]
	if err := a.tar(e.Offset, ustar.Length(e.Size), func(got []byte) error { return a.checkHeaders(e, got) }); err != nil {
		return err
	}
	if a.signature != nil {
		text, err := a.entrySignature(e)
		if err != nil {
			return err
		}
		s := checkSignature(text, a.m.ID, e.Path, e.Offset, e.SHA256)
		if s.fault != nil {
			return s.fault.Err
		}
		if s.fingerprint != a.m.SigningKey {
			return signatureFinding(CodeOtherKey, ruleOneSigner, e.Path, s.fingerprint, e.Offset, fmt.Errorf("the entry is signed by key %s, the archive by %s", s.fingerprint, a.m.SigningKey)).Err
		}
	}
	a.checked[i].Store(true)
	return nil
}

// checkHeaders compares the headers of e with what they must be.
func (a *Archive) checkHeaders(e *manifest.Entry, got []byte) error {
	var room [3 * ustar.BlockSize]byte
	if bytes.Equal(got, ustar.AppendFile(room[:0], e.Path, e.Size, a.m.Created.Unix())) {
		return nil
	}
	return a.headerFault(e, got)
}

// headerFault says why got is not the header of e.
func (a *Archive) headerFault(e *manifest.Entry, got []byte) error {
	refuse := func(code Code, rule, format string, args ...any) error {
		return formatFinding(code, rule, e.Path, e.Offset, InTar, fmt.Errorf(format, args...)).Err
	}
	h, _, err := ustar.Parse(got[len(got)-ustar.BlockSize:])
	switch {
	case errors.Is(err, ustar.ErrZeroBlock):
		return refuse(CodeMissing, rulePresent, "the manifest lists the entry, but there are zeros in its place")
	case err != nil:
		return refuse(CodeHeader, ruleHeader, "%w", err)
	case h.Path != e.Path:
		return refuse(CodeMissing, rulePresent, "the manifest lists the entry, but in its place lies %+q", h.Path)
	case h.Time != a.m.Created.Unix():
		return refuse(CodeHeader, ruleTime, "its time is %d, the archive's is %d", h.Time, a.m.Created.Unix())
	case h.Size != e.Size:
		return refuse(CodeSize, ruleSize, "the entry has %d bytes, the manifest says %d", h.Size, e.Size)
	}
	return refuse(CodeHeader, ruleExtended, "its extended header is not as it must be")
}

// entrySignature reads the signature that follows e.
func (a *Archive) entrySignature(e *manifest.Entry) (text []byte, err error) {
	length := signatureLength(a.m.ID, e.Path)
	size := int64(sign.SignatureSize(namespace(a.m.ID, e.Path)))
	err = a.tar(e.Offset+ustar.Length(e.Size)+ustar.Padded(e.Size), length, func(b []byte) error {
		header := ustar.AppendFile(nil, layout.SignaturePath(e.Path), size, a.m.Created.Unix())
		if !bytes.Equal(b[:len(header)], header) || !isZero(b[ustar.BlockSize+size:]) {
			return signatureFinding(CodeNoSignature, ruleSignedAll, e.Path, "", e.Offset, errors.New("the entry's signature is not where it must be")).Err
		}
		text = bytes.Clone(b[ustar.BlockSize : ustar.BlockSize+size])
		return nil
	})
	return text, err
}

// tar calls use with length bytes of the tar at offset, which lie in one frame.
// They are not to be used afterwards.
func (a *Archive) tar(offset, length int64, use func([]byte) error) error {
	i := a.t.frameAt(offset)
	f, err := a.frames.get(i)
	if err != nil {
		return err
	}
	defer a.frames.release(f)
	at := offset - a.t.start[i]
	return use(f.data[at : at+length])
}

// A held is content that lies in a frame, until it is released.
type held struct {
	content []byte
	frame   *cachedFrame
}

// release ends the use of h; of none, it does nothing.
func (a *Archive) release(h held) {
	if h.frame != nil {
		a.frames.release(h.frame)
	}
}

// small returns the verified content of the small entry i.
func (a *Archive) small(i int) (held, error) {
	if err := a.checkEntry(i); err != nil {
		return held{}, err
	}
	e := &a.m.Entries[i]
	index := a.t.frameAt(e.Offset)
	at := e.Offset - a.t.start[index] + ustar.Length(e.Size)
	return a.verified(i, index, at, e.Size, ustar.Padded(e.Size), e.SHA256)
}

// chunk returns the verified chunk k of the large entry i.
func (a *Archive) chunk(i int, k int64) (held, error) {
	if err := a.checkEntry(i); err != nil {
		return held{}, err
	}
	e := &a.m.Entries[i]
	index := a.t.frameAt(e.Offset) + 1 + int(k)
	size := min(frame.MaxContent, e.Size-k*frame.MaxContent)
	return a.verified(i, index, 0, size, a.t.start[index+1]-a.t.start[index], e.Chunks[k])
}

// verified returns size bytes of content of entry i, which stand at a place of
// the frame with the given number; padding follows them up to padded bytes.
func (a *Archive) verified(i, index int, at, size, padded int64, want layout.Digest) (held, error) {
	f, err := a.frames.get(index)
	if err != nil {
		return held{}, err
	}
	content, padding := f.data[at:at+size], f.data[at+size:at+padded]
	if err := f.verify(i, func() error { return a.checkContent(&a.m.Entries[i], want, content, padding) }); err != nil {
		a.frames.release(f)
		return held{}, err
	}
	return held{content, f}, nil
}

// checkContent compares content with its digest and padding with zeros.
func (a *Archive) checkContent(e *manifest.Entry, want layout.Digest, content, padding []byte) error {
	if got := layout.DigestOf(content); got != want {
		return formatFinding(CodeDigest, ruleDigest, e.Path, e.Offset, InTar, fmt.Errorf("its content was changed: the SHA-256 is %s, the manifest says %s", got, want)).Err
	}
	if !isZero(padding) {
		return formatFinding(CodePadding, rulePadding, e.Path, e.Offset, InTar, errors.New("the padding after the content is not zero")).Err
	}
	return nil
}

// verify calls check unless the content of entry i in this frame has been
// verified before.
func (f *cachedFrame) verify(i int, check func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.verified[i] {
		return nil
	}
	if err := check(); err != nil {
		return err
	}
	f.verified[i] = true
	return nil
}

// ReadDocument returns the content of the entry at path, verified whole. The
// caller owns it. Errors wrap [ErrNoEntry] when there is no such entry and
// [ErrLimit] when it has more than limit bytes; limit 0 means
// [Limits.Document].
func (a *Archive) ReadDocument(ctx context.Context, path string, limit int64) ([]byte, error) {
	return a.AppendDocument(ctx, nil, path, limit)
}

// AppendDocument is [Archive.ReadDocument], but appends the content to dst,
// growing it at most once. With an error it returns nil.
func (a *Archive) AppendDocument(ctx context.Context, dst []byte, path string, limit int64) ([]byte, error) {
	i := a.find(path)
	if i < 0 {
		return nil, fmt.Errorf("archive: entry %+q: %w", path, ErrNoEntry)
	}
	if limit <= 0 {
		limit = a.opts.Limits.Document
	}
	e := &a.m.Entries[i]
	if e.Size > limit {
		return nil, fmt.Errorf("archive: entry %+q: %w: %d bytes, at most %d are wanted", path, ErrLimit, e.Size, limit)
	}
	content := slices.Grow(dst, int(e.Size))
	if content == nil {
		content = []byte{}
	}
	r := a.newContent(ctx, i)
	defer r.drop()
	for {
		piece, err := r.next()
		if errors.Is(err, io.EOF) {
			return content, nil
		}
		if err != nil {
			return nil, err
		}
		content = append(content, piece...)
	}
}

// OpenEntry returns the content of the entry at path as a stream that hands
// out verified bytes only. It ends with an error, not with [io.EOF], when the
// content as a whole is not what the manifest says. When ctx ends, reading
// fails. Several streams may be read at once. The error wraps [ErrNoEntry]
// when there is no such entry.
func (a *Archive) OpenEntry(ctx context.Context, path string) (io.ReadCloser, error) {
	i := a.find(path)
	if i < 0 {
		return nil, fmt.Errorf("archive: entry %+q: %w", path, ErrNoEntry)
	}
	return a.newContent(ctx, i), nil
}

// ReaderAt gives random access to the content of the entry at path. Each read
// touches, and verifies, only the 4 MiB chunks that it needs. It is safe for
// concurrent use. The error wraps [ErrNoEntry] when there is no such entry.
func (a *Archive) ReaderAt(path string) (*io.SectionReader, error) {
	i := a.find(path)
	if i < 0 {
		return nil, fmt.Errorf("archive: entry %+q: %w", path, ErrNoEntry)
	}
	return io.NewSectionReader(entryAt{a, i}, 0, a.m.Entries[i].Size), nil
}

// entryAt is the content of one entry.
type entryAt struct {
	a *Archive
	i int
}

// ReadAt implements [io.ReaderAt].
func (r entryAt) ReadAt(p []byte, offset int64) (n int, err error) {
	size := r.a.m.Entries[r.i].Size
	if offset < 0 {
		return 0, fmt.Errorf("archive: entry %+q: negative offset", r.a.m.Entries[r.i].Path)
	}
	for n < len(p) {
		if offset >= size {
			return n, io.EOF
		}
		piece, err := r.a.piece(r.i, offset)
		if err != nil {
			return n, err
		}
		got := copy(p[n:], piece.content)
		r.a.release(piece)
		n, offset = n+got, offset+int64(got)
	}
	return n, nil
}

// piece returns verified content of entry i from offset, which lies within it,
// to the end of the chunk.
func (a *Archive) piece(i int, offset int64) (held, error) {
	var h held
	var err error
	if a.m.Entries[i].Size <= frame.MaxSmall {
		h, err = a.small(i)
	} else {
		h, err = a.chunk(i, offset/frame.MaxContent)
		offset %= frame.MaxContent
	}
	if err != nil {
		return held{}, err
	}
	h.content = h.content[offset:]
	return h, nil
}
