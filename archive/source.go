package archive

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
)

// A rawFrame is one data frame as it lies in the file.
type rawFrame struct {
	at      int64    // in the file
	length  int64    // in the file
	bytes   []byte   // compressed
	content int64    // that it states; -1 when not known
	listing *listing // what it is known to hold, instead of its bytes
	err     error    // its form is wrong
}

// A source yields the data frames of a file in order, then what follows them.
type source interface {
	// next reads a frame into buf, if that is large enough. The error is
	// io.EOF after the last frame, errLost when reading cannot go on (then a
	// finding says why), or the underlying reader's.
	next(buf []byte) (rawFrame, error)
	// tail reads what follows the n data frames. Errors as with next.
	tail(n int) (fixity, table []byte, err error)
	// done returns the bytes of the file read so far, total their number or -1.
	done() int64
	total() int64
}

// errLost stops a source whose place in the file is lost.
var errLost = errors.New("cannot read on")

// frameLimits allows one frame, the manifest's, to be larger than the others.
type frameLimits struct {
	manifest int64 // Limits.Manifest
	seen     bool  // the large one has been
}

func (l *frameLimits) next() int64 {
	if l.seen {
		return frame.MaxContent
	}
	return max(frame.MaxContent, ustar.BlockSize+ustar.Padded(l.manifest))
}

func (l *frameLimits) add(content int64) {
	if content > frame.MaxContent {
		l.seen = true
	}
}

// frameFault turns an error of package frame into a finding.
func frameFault(at, content int64, limits *frameLimits, err error) Finding {
	code, rule := CodeFrameDamaged, ruleContent
	switch {
	case errors.Is(err, frame.ErrTruncated):
		code, rule = CodeTruncated, ruleFile
	case errors.Is(err, frame.ErrNotCanonical):
		code, rule = CodeFrameHeader, ruleFrame
	case errors.Is(err, frame.ErrTooLarge):
		code, rule = CodeFrameTooLarge, ruleFrameSize
		switch {
		case limits.seen:
		case content > frame.MaxManifest:
			rule = ruleManifestMax
		default: // the format allows it, the reader does not
			code, rule = CodeLimit, ruleLimits
			err = fmt.Errorf("%w: %w", ErrLimit, err)
		}
	}
	if errors.Is(err, frame.ErrBlocks) {
		rule = ruleBlocks
	}
	return formatFinding(code, rule, "", at, InFile, err)
}

// A streamSource reads a file from front to back.
type streamSource struct {
	s      *frame.Splitter
	limits frameLimits
	led    *ledger
	size   int64 // -1 when not known
	first  bool
}

func newStreamSource(r io.Reader, size int64, opts Options, led *ledger) *streamSource {
	return &streamSource{s: frame.NewSplitter(r), limits: frameLimits{manifest: opts.Limits.Manifest}, led: led, size: size, first: true}
}

func (s *streamSource) done() int64  { return s.s.Offset() }
func (s *streamSource) total() int64 { return s.size }

func (s *streamSource) next(buf []byte) (rawFrame, error) {
	at := s.s.Offset()
	magic, err := s.peek("the file ends where a frame should begin: part of it is missing")
	if err != nil {
		return rawFrame{}, err
	}
	first := s.first
	s.first = false
	switch {
	case magic == frame.Magic:
	case first:
		s.led.inFile(CodeNotArchive, ruleFile, at, "%w: it does not begin with a zstd frame", ErrNotArchive)
		return rawFrame{}, errLost
	case magic == frame.MagicFixity:
		return rawFrame{}, io.EOF
	default:
		s.led.inFile(CodeFrameOrder, ruleFile, at, "neither a frame with content nor the fixity frame: magic number %#08x", magic)
		return rawFrame{}, errLost
	}
	limit := s.limits.next()
	b, content, err := s.s.Next(buf, limit)
	if err != nil {
		if !isFrameError(err) {
			return rawFrame{}, err
		}
		s.led.add(frameFault(at, content, &s.limits, err))
		return rawFrame{}, errLost
	}
	s.limits.add(content)
	return rawFrame{at: at, length: int64(len(b)), bytes: b, content: content}, nil
}

func isFrameError(err error) bool {
	return errors.Is(err, frame.ErrTruncated) || errors.Is(err, frame.ErrNotCanonical) || errors.Is(err, frame.ErrTooLarge) || errors.Is(err, frame.ErrDamaged)
}

// peek returns the next magic number; at the end of the file it finds text.
func (s *streamSource) peek(text string) (uint32, error) {
	magic, err := s.s.Peek()
	if err == nil {
		return magic, nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, frame.ErrTruncated) {
		code := CodeTruncated
		cause := errors.New(text)
		if s.first {
			code, cause = CodeNotArchive, fmt.Errorf("%w: it is empty", ErrNotArchive)
			if !errors.Is(err, io.EOF) {
				cause = fmt.Errorf("%w: it has only a few bytes", ErrNotArchive)
			}
		}
		s.led.add(formatFinding(code, ruleFile, "", s.s.Offset(), InFile, cause))
		return 0, errLost
	}
	return 0, err
}

func (s *streamSource) tail(n int) (fixity, table []byte, err error) {
	if fixity, err = s.skippable(frame.FixityLength(n), CodeFixity, ruleFixity); err != nil {
		return nil, nil, err
	}
	at := s.s.Offset()
	magic, err := s.peek("the file ends where the seek table should begin")
	if err != nil {
		return nil, nil, err
	}
	if magic != frame.MagicTable {
		s.led.inFile(CodeSeekTable, ruleTable, at, "%w: magic number %#08x where it should begin", frame.ErrTable, magic)
		return nil, nil, errLost
	}
	if table, err = s.skippable(frame.TableLength(n+1), CodeSeekTable, ruleTable); err != nil {
		return nil, nil, err
	}
	at = s.s.Offset()
	if _, err := s.s.Peek(); !errors.Is(err, io.EOF) {
		if err != nil && !errors.Is(err, frame.ErrTruncated) {
			return nil, nil, err
		}
		s.led.inFile(CodeTrailing, ruleFile, at, "the file goes on after the seek table")
		return fixity, table, errLost
	}
	return fixity, table, nil
}

func (s *streamSource) skippable(limit int64, code Code, rule string) ([]byte, error) {
	at := s.s.Offset()
	b, err := s.s.Skippable(limit)
	switch {
	case err == nil:
		return b, nil
	case errors.Is(err, frame.ErrTruncated):
		s.led.inFile(CodeTruncated, ruleFile, at, "%w", err)
		return nil, errLost
	case errors.Is(err, frame.ErrTooLarge):
		s.led.inFile(code, rule, at, "%w", err)
		return nil, errLost
	}
	return nil, err
}

// A tableSource reads the frames that a seek table lists. Damage of one frame
// does not keep it from reading the next.
type tableSource struct {
	ctx     context.Context
	r       io.ReaderAt
	t       *fileTable
	i       int // next frame
	limits  frameLimits
	listing *listing // what the last frame but one holds, if that is known
}

func (s *tableSource) done() int64 {
	if s.i >= s.t.frames() {
		return s.t.size
	}
	return s.t.at[s.i]
}

func (s *tableSource) total() int64 { return s.t.size }

func (s *tableSource) next(buf []byte) (rawFrame, error) {
	if s.i >= s.t.frames() {
		return rawFrame{}, io.EOF
	}
	i := s.i
	s.i++
	raw := rawFrame{at: s.t.at[i], content: s.t.start[i+1] - s.t.start[i]}
	length := s.t.at[i+1] - raw.at
	raw.length = length
	limit := s.limits.next()
	if length > frame.Bound(limit) {
		fault := frameFault(raw.at, raw.content, &s.limits, fmt.Errorf("%w: %d bytes", frame.ErrTooLarge, length))
		raw.err = fault.Err
		return raw, nil
	}
	if s.listing != nil && i == s.t.frames()-2 && raw.content <= limit {
		s.limits.add(raw.content)
		raw.listing = s.listing
		return raw, nil
	}
	b, err := readRange(s.r, buf, raw.at, length)
	if err != nil {
		return raw, err
	}
	content, err := frame.Check(b, limit)
	if err == nil {
		s.limits.add(content)
		raw.bytes, raw.content = b, content
		return raw, nil
	}
	if s.lies(i, limit) {
		return raw, errTableLies
	}
	if len(b) >= 4 && binary.LittleEndian.Uint32(b) != frame.Magic {
		f := formatFinding(CodeFrameOrder, ruleFile, "", raw.at, InFile, fmt.Errorf("not a frame with content: magic number %#08x", binary.LittleEndian.Uint32(b)))
		raw.err = f.Err
		return raw, nil
	}
	if errors.Is(err, frame.ErrTruncated) { // it only ends early within its row
		err = fmt.Errorf("%w: %d bytes are too few for it", frame.ErrDamaged, length)
	}
	raw.err = frameFault(raw.at, content, &s.limits, err).Err
	s.limits.add(content)
	return raw, nil
}

// errTableLies stops reading by a seek table that says something else than the
// frames do.
var errTableLies = errors.New("the seek table is wrong")

// lies reports whether a sound frame, the one that the fixity frame's sum is
// of, begins where the table says, but has another length.
func (s *tableSource) lies(i int, limit int64) bool {
	at := s.t.at[i]
	b, _, err := frame.NewSplitter(io.NewSectionReader(s.r, at, s.t.size-at)).Next(nil, limit)
	return err == nil && frame.Sum(b) == s.t.sums[i]
}

func (s *tableSource) tail(int) (fixity, table []byte, err error) { return s.t.fixity, s.t.table, nil }

// readRange reads length bytes at offset, growing buf as they arrive.
func readRange(r io.ReaderAt, buf []byte, offset, length int64) ([]byte, error) {
	if int64(cap(buf)) < length {
		buf = make([]byte, length)
	}
	buf = buf[:length]
	n, err := r.ReadAt(buf, offset)
	if int64(n) == length {
		return buf, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, fmt.Errorf("archive: read %d bytes at offset %d: %w", length, offset, err)
}
