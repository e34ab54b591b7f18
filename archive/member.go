package archive

import (
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/order"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// Sizes beyond which a member is not even read.
const (
	maxRecords   = 2048 // PAX records
	maxSignature = 4096
)

// member reads the header in block, which begins at start. It returns an
// entry, whose content follows, or nil after any other member.
func (w *walk) member(block []byte, start int64) (*observed, error) {
	h, lax, err := ustar.ParseLikely(block, w.entries.nextPath())
	if errors.Is(err, ustar.ErrZeroBlock) {
		return w.zero(start)
	}
	if err != nil {
		return nil, w.badHeader(h, lax, start, err)
	}
	w.afterGap = w.lostFrame || w.lostBlock
	w.lostFrame, w.lostBlock = false, false
	if start == 0 {
		if h.Type == ustar.TypeGlobal {
			return nil, w.global(h)
		}
		w.report(CodeGlobalHeader, ruleGlobal, "", 0, "the tar does not begin with the global header")
	}
	if w.time >= 0 && h.Time != w.time {
		w.report(CodeHeader, ruleTime, h.Path, start, "its time is %d, the archive's is %d", h.Time, w.time)
	}
	if w.pending != nil && h.Type != ustar.TypeFile {
		w.report(CodeHeader, ruleExtended, h.Path, start, "an extended header must be followed by its file")
		w.pending = nil
	}
	switch h.Type {
	case ustar.TypeGlobal:
		w.report(CodeGlobalHeader, ruleGlobal, "", start, "a second global header")
		w.irregular = true
		return nil, w.skip(ustar.Padded(h.Size))
	case ustar.TypeExtended:
		return nil, w.extended(h, start)
	}
	return w.file(h, start)
}

// badHeader reports a header that no archive has and looks for the next.
func (w *walk) badHeader(h ustar.Header, lax bool, start int64, err error) error {
	w.irregular = true
	w.last, w.pending = nil, nil
	switch {
	case w.lostFrame: // the middle of a large entry
		w.hole(start, w.pos)
		return w.skipFrame()
	case w.lostBlock:
		w.hole(start, w.pos)
		return nil
	}
	code, rule := CodeHeader, ruleHeader
	switch {
	case start == 0:
		code, rule = CodeGlobalHeader, ruleGlobal
	case errors.Is(err, ustar.ErrSplit):
		rule = ruleSplit
	}
	path := ""
	if lax {
		path = h.Path
	}
	w.report(code, rule, path, start, "%w", err)
	if !lax || h.Size > w.opts.Limits.Tar-w.pos {
		w.lostBlock = true
		w.hole(start, w.pos)
		return nil
	}
	from := w.pos
	defer func() { w.hole(min(start, from), w.pos) }()
	return w.skip(ustar.Padded(h.Size))
}

// skipFrame jumps over what is left of the current frame.
func (w *walk) skipFrame() error {
	if w.cur == nil || w.at >= w.cur.content {
		return nil
	}
	start := w.pos
	if _, _, err := w.piece(w.cur.content - w.at); err != nil {
		return err
	}
	w.hole(start, w.pos)
	return nil
}

// zero handles a block of zeros.
func (w *walk) zero(start int64) (*observed, error) {
	if w.lostFrame && w.manifestAt < 0 {
		w.hole(start, w.pos)
		return nil, w.skipFrame()
	}
	second, err := w.block()
	if err != nil || second == nil {
		if second == nil && err == nil {
			return nil, nil
		}
		w.report(CodeEnd, ruleEnd, "", start, "one zero block where two end the tar")
		return nil, w.ignoreEOF(err)
	}
	if _, _, err := ustar.Parse(second); !errors.Is(err, ustar.ErrZeroBlock) {
		w.report(CodeEnd, ruleEnd, "", start, "one zero block where two end the tar")
		w.irregular = true
		return w.member(second, start+ustar.BlockSize)
	}
	if w.manifestAt < 0 && len(w.holes) == 0 {
		w.report(CodeEnd, ruleEnd, "", start, "two zero blocks before the manifest: other programs stop here")
		w.irregular = true
		return nil, nil
	}
	return nil, w.end()
}

// ignoreEOF lets next find out by itself that there is nothing more.
func (w *walk) ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		w.ended = true
		return nil
	}
	return err
}

// global reads the global header, whose own header is h.
func (w *walk) global(h ustar.Header) error {
	bad := func(err error) {
		w.irregular = true
		w.led.add(formatFinding(CodeGlobalHeader, ruleGlobal, "", 0, InTar, err))
	}
	if h.Path != ustar.GlobalName || h.Size > maxRecords {
		bad(fmt.Errorf("the global header is called %.60q and has %d bytes", h.Path, h.Size))
		return w.skip(ustar.Padded(h.Size))
	}
	content, err := w.take("", h.Size)
	if err != nil || content == nil {
		return err
	}
	w.cut.Small(w.pos)
	hint, err := ustar.ParseGlobal(content)
	if err != nil {
		bad(err)
		return nil
	}
	return w.takeHint(hint, h.Time, bad)
}

// takeHint checks each record's form, so that what is reported is readable.
func (w *walk) takeHint(hint ustar.Hint, time int64, bad func(error)) error {
	format, err := manifest.ParseVersion(hint.Format)
	if err != nil {
		bad(err)
		return nil
	}
	if err := manifest.CheckVersion(format, manifest.Version{}); err != nil {
		w.led.add(formatFinding(CodeVersion, ruleVersionOfFrame, "", 0, InTar, err))
		w.ended, w.gaveUp = true, true
		return nil
	}
	created, err := manifest.ParseTime(hint.Created)
	if err == nil && created.Unix() != time {
		err = fmt.Errorf("it states %s, but its own header's time is %d", hint.Created, time)
	}
	if err := errors.Join(err, manifest.CheckID(hint.ID), manifest.CheckTenantID(hint.Tenant)); err != nil {
		bad(err)
		return nil
	}
	w.hint, w.time = &hint, time
	return nil
}

// extended reads an extended header.
func (w *walk) extended(h ustar.Header, start int64) error {
	w.last = nil
	if h.Path != ustar.ExtendedName || h.Size > maxRecords {
		w.report(CodeHeader, ruleExtended, "", start, "an extended header called %.60q of %d bytes", h.Path, h.Size)
		w.irregular = true
		return w.skip(ustar.Padded(h.Size))
	}
	content, err := w.take("", h.Size)
	if err != nil || content == nil {
		return err
	}
	size, err := ustar.ParseSize(content)
	if err != nil {
		w.report(CodeHeader, ruleExtended, "", start, "%w", err)
		w.irregular = true
		return nil
	}
	w.pending = &extended{offset: start, size: size}
	return nil
}

// file sorts the files into entries, signatures and the manifest.
func (w *walk) file(h ustar.Header, start int64) (*observed, error) {
	last := w.last
	w.last = nil
	if x := w.pending; x != nil {
		w.pending = nil
		if h.Size != 0 {
			w.report(CodeHeader, ruleExtended, h.Path, start, "the size stands in the header and in an extended header")
			w.irregular = true
		}
		start, h.Size = x.offset, x.size
	}
	if h.Size > w.opts.Limits.Tar-w.pos {
		w.report(CodeLimit, ruleLimits, h.Path, start, "%w: with its %d bytes the tar has more than %d", ErrLimit, h.Size, w.opts.Limits.Tar)
		w.ended, w.gaveUp = true, true
		return nil, nil
	}
	if target, ok := layout.SignedPath(h.Path); ok {
		return nil, w.signatureMember(h, start, target, last)
	}
	if h.Path == layout.ManifestPath {
		return nil, w.manifestMember(h, start)
	}
	return w.entryMember(h, start)
}

func (w *walk) entryMember(h ustar.Header, start int64) (*observed, error) {
	if w.entries.len() >= w.opts.Limits.Entries {
		w.report(CodeLimit, ruleLimits, h.Path, start, "%w: more than %d entries", ErrLimit, w.opts.Limits.Entries)
		w.ended, w.gaveUp = true, true
		return nil, nil
	}
	if w.manifestAt >= 0 {
		w.report(CodeOrder, ruleSequence, h.Path, start, "an entry after the manifest")
	} else if _, err := w.paths.Next(h.Path); err != nil {
		w.led.add(formatFinding(orderCode(err), order.Rule(err), h.Path, start, InTar, withoutPath(err)))
	}
	headers := w.pos - start
	if padded := ustar.Padded(h.Size); h.Size > frame.MaxSmall {
		w.cut.Large(headers, padded)
	} else {
		w.cut.Small(headers + padded)
	}
	o := w.entries.add(observed{path: h.Path, offset: start, size: h.Size})
	w.o, w.last, w.rest, w.hash = o, o, h.Size, contentHash{o: o}
	return o, nil
}

// withoutPath keeps the rule alone of a path's error, since the finding names
// the path.
func withoutPath(err error) error {
	var e *layout.PathError
	if errors.As(err, &e) {
		return fmt.Errorf("the path is not allowed: it %s", e.Rule)
	}
	return err
}

func orderCode(err error) Code {
	switch {
	case errors.Is(err, order.ErrDuplicate):
		return CodeDuplicate
	case errors.Is(err, order.ErrOrder):
		return CodeOrder
	case errors.Is(err, order.ErrConflict):
		return CodePathConflict
	}
	return CodePath
}

func (w *walk) manifestMember(h ustar.Header, start int64) error {
	switch {
	case w.manifestAt >= 0:
		w.report(CodeDuplicate, ruleSequence, h.Path, start, "a second manifest")
		w.irregular = true
		return w.skip(ustar.Padded(h.Size))
	case h.Size > w.opts.Limits.Manifest:
		w.manifestAt = start
		w.report(CodeLimit, ruleLimits, h.Path, start, "%w: the manifest has %d bytes, at most %d are allowed", ErrLimit, h.Size, w.opts.Limits.Manifest)
		w.irregular = true
		return w.skip(ustar.Padded(h.Size))
	}
	w.manifestAt = start
	w.cut.Alone(ustar.BlockSize + ustar.Padded(h.Size))
	if l := w.cur.listing; l != nil && w.at == ustar.BlockSize && h.Size == l.size {
		w.listing = l
		w.at, w.pos = w.cur.content, w.pos+w.cur.content-w.at
		return nil
	}
	var err error
	w.manifest, err = w.borrow(h.Path, h.Size)
	return err
}

// signatureMember reads a signature of target; last is the entry just before
// it, if any.
func (w *walk) signatureMember(h ustar.Header, start int64, target string, last *observed) error {
	ofManifest := target == layout.ManifestPath && w.manifestAt >= 0 && w.signature == nil
	switch {
	case h.Size > maxSignature:
		w.report(CodeSignatureForm, ruleSignatureForm, target, start, "a signature of %d bytes", h.Size)
		w.irregular = true
		return w.skip(ustar.Padded(h.Size))
	case !ofManifest && (last == nil || last.path != target):
		w.irregular = true
		if !w.afterGap { // else its entry may lie in the part that could not be read
			w.led.add(signatureFinding(CodeOrphan, rulePlacement, target, "", start, errors.New("a signature that does not follow the entry it names")))
		}
		return w.skip(ustar.Padded(h.Size))
	}
	text, err := w.take(h.Path, h.Size)
	if err != nil || text == nil {
		return err
	}
	if ofManifest {
		w.signature, w.endLength = text, w.pos-start
		return nil
	}
	w.cut.Small(w.pos - start)
	if last.damaged {
		last.signature = &checkedSignature{}
		return nil
	}
	id := ""
	if w.hint != nil {
		id = w.hint.ID
	}
	u, hashed := w.currentUnit(), w.hash.last
	u.signatures = append(u.signatures, func() {
		if hashed != u {
			<-hashed.hashed
		}
		last.signature = checkSignature(text, id, last.path, last.offset, last.digest)
	})
	return nil
}
