package archive

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/order"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// A Writer writes one archive as a stream. It signs and compresses on several
// goroutines, but calls the underlying writer only from within its own methods.
// For the same options (id and time included) and entries it writes the same
// bytes, whatever the number of workers and whether or not sizes were known.
//
// A Writer is not safe for concurrent use. After the first error every method
// returns that error, and the output is no archive. End it with Close or Abort.
type Writer struct {
	opts    WriterOptions
	time    int64 // of every member, Unix seconds
	m       manifest.Manifest
	paths   order.Checker
	cut     frame.Cutter
	pos     int64 // in the tar, of the next member
	text    int64 // estimate of the manifest's length
	open    *outFrame
	frames  pipeline
	cur     *entryWriter
	held    []byte // memory for small entries of unknown size
	scratch []byte // for headers
	slabs   [][]manifest.Entry
	closed  bool
	err     error
}

var errClosed = errors.New("archive: the writer is closed")

// NewWriter starts an archive on w. It checks opts and writes nothing yet.
func NewWriter(w io.Writer, opts WriterOptions) (*Writer, error) {
	opts, err := opts.checked()
	if err != nil {
		return nil, err
	}
	enc, err := frame.NewEncoder(opts.Workers)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	aw := &Writer{opts: opts, time: opts.Created.Unix(), frames: pipeline{out: w, enc: enc, signer: opts.Signer, id: opts.ID, limit: opts.Workers + 1}}
	aw.cut.Emit = func(int64) { aw.flush() }
	aw.m = manifest.Manifest{
		ID: opts.ID, Created: opts.Created, Generator: opts.Generator,
		Kind: manifest.KindFull, Purpose: opts.Purpose, Sequence: opts.Sequence, Tenant: opts.Tenant, Extensions: opts.Extensions,
		Lineage: opts.Lineage, ContentHash: manifest.ContentHash(nil),
	}
	if opts.Residency != nil {
		if aw.m.Residency, err = opts.Residency.Marshal(); err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
	}
	aw.m.Format, aw.m.MinReader = aw.m.Versions()
	if opts.reserved != nil {
		aw.m.Residency = opts.reserved
	}
	if opts.Signer != nil {
		aw.m.SigningKey = opts.Signer.PublicKey().Fingerprint()
	}
	trial, err := aw.m.Marshal()
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	aw.text = int64(len(trial)) + 4096 // room for the coverage section
	aw.reserve(ustar.AppendGlobal(nil, hintOf(&aw.m), aw.time), 0)
	return aw, nil
}

// hintOf returns what the global header must say.
func hintOf(m *manifest.Manifest) ustar.Hint {
	return ustar.Hint{Created: manifest.FormatTime(m.Created), Format: m.Format.String(), ID: m.ID, Tenant: m.Tenant.ID}
}

// checked refuses options that contradict themselves and fills in the rest.
func (o WriterOptions) checked() (WriterOptions, error) {
	var err error
	if o.Limits, err = o.Limits.checked(); err != nil {
		return o, fmt.Errorf("archive: %w", err)
	}
	if o.Workers, err = workers(o.Workers); err != nil {
		return o, err
	}
	switch {
	case o.Signer == nil && !o.Unsigned:
		return o, errors.New("archive: no Signer given: give one, or set Unsigned to write an archive that readers refuse by default")
	case o.Signer != nil && o.Unsigned:
		return o, errors.New("archive: Signer and Unsigned contradict each other")
	}
	if o.ID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return o, fmt.Errorf("archive: make an id: %w", err)
		}
		o.ID = id.String()
	}
	if o.Created.IsZero() {
		o.Created = time.Now()
	}
	o.Created = o.Created.UTC().Truncate(time.Second)
	if o.Generator == "" {
		o.Generator = "oa-archive"
	}
	if o.Purpose == "" {
		o.Purpose = manifest.PurposeManual
	}
	return o, nil
}

// Create ends the entry before and starts the one that hdr describes. Paths
// must come in canonical order ([layout.Compare]). Bytes written to the result
// until the next Create or Close become its content; after that it refuses
// them. When hdr.Size is not -1, exactly so many bytes must be written.
func (w *Writer) Create(hdr Header) (io.Writer, error) {
	if w.closed {
		return nil, errClosed
	}
	if err := w.finish(); err != nil {
		return nil, err
	}
	if _, err := w.paths.Next(hdr.Path); err != nil {
		return nil, w.fail(fmt.Errorf("archive: create entry: %w (%s)", err, order.Rule(err)))
	}
	if hdr.Size < -1 {
		return nil, w.fail(fmt.Errorf("archive: entry %+q: size %d", hdr.Path, hdr.Size))
	}
	if w.count() >= w.opts.Limits.Entries {
		return nil, w.fail(fmt.Errorf("archive: entry %+q: %w: more than %d entries", hdr.Path, ErrLimit, w.opts.Limits.Entries))
	}
	w.cur = &entryWriter{w: w, e: w.newEntry(hdr.Path), size: hdr.Size}
	switch {
	case hdr.Size > frame.MaxSmall:
		w.cur.startLarge(hdr.Size)
	case hdr.Size >= 0:
		w.cur.startSmall(hdr.Size)
	default:
		w.cur.small = w.held
	}
	if w.err != nil {
		return nil, w.err
	}
	return w.cur, nil
}

// slab is the number of entries that are allocated together.
const slab = 1024

// newEntry returns an entry of the manifest that stays at its address, because
// workers fill it in.
func (w *Writer) newEntry(path string) *manifest.Entry {
	last := len(w.slabs) - 1
	if last < 0 || len(w.slabs[last]) == slab {
		w.slabs = append(w.slabs, make([]manifest.Entry, 0, slab))
		last++
	}
	w.slabs[last] = append(w.slabs[last], manifest.Entry{Path: path})
	return &w.slabs[last][len(w.slabs[last])-1]
}

func (w *Writer) count() int {
	if len(w.slabs) == 0 {
		return 0
	}
	return (len(w.slabs)-1)*slab + len(w.slabs[len(w.slabs)-1])
}

// SetRows has the manifest say what the current entry, one of rows, holds. It
// is called between the entry's Create and the next call of Create or Close.
// The Writer does not look whether it is true, and keeps s.
func (w *Writer) SetRows(s *manifest.RowStatistics) error {
	switch {
	case w.err != nil:
		return w.err
	case w.cur == nil:
		return errors.New("archive: statistics of rows, but no entry is open")
	}
	if err := s.Check(); err != nil {
		return fmt.Errorf("archive: entry %+q: statistics of rows: %w", w.cur.e.Path, err)
	}
	w.cur.e.Rows = s
	w.text += int64(64 + len(s.Schema) + 8*len(s.Nulls))
	return nil
}

// SetCoverage sets the coverage section of the manifest. Close adds to
// c.Included the counts by [manifest.CoverageKind]; giving other counts
// for them is an error there.
func (w *Writer) SetCoverage(c manifest.Coverage) { w.m.Coverage = c }

// finish ends the current entry, if any, and appends its signature.
func (w *Writer) finish() error {
	if w.err != nil || w.cur == nil {
		return w.err
	}
	cur := w.cur
	w.cur = nil
	if err := cur.finish(); err != nil {
		return w.fail(err)
	}
	e := cur.e
	w.text += int64(len(e.Path)) + 160 + 68*(e.Size/frame.MaxContent)
	switch {
	case w.text > w.opts.Limits.Manifest:
		return w.fail(fmt.Errorf("archive: entry %+q: %w: the manifest grows over %d bytes", e.Path, ErrLimit, w.opts.Limits.Manifest))
	case w.pos > w.opts.Limits.Tar:
		return w.fail(fmt.Errorf("archive: entry %+q: %w: the tar grows over %d bytes", e.Path, ErrLimit, w.opts.Limits.Tar))
	}
	if w.opts.Signer != nil {
		size := sign.SignatureSize(namespace(w.opts.ID, e.Path))
		w.scratch = ustar.AppendFile(w.scratch[:0], layout.SignaturePath(e.Path), int64(size), w.time)
		at := int64(len(w.scratch))
		from := w.reserve(w.scratch, ustar.Padded(int64(size)))
		w.open.content = append(w.open.content, make([]byte, ustar.Padded(int64(size)))...)
		w.open.signatures = append(w.open.signatures, signatureJob{entry: e, from: from + at, size: size, hashed: cur.hashed})
	}
	return w.err
}

// reserve appends the beginning of a small member to the open frame, after
// cutting it where the rule says so, and returns the member's place in the
// frame. The caller appends rest further bytes, padding included.
func (w *Writer) reserve(begin []byte, rest int64) (at int64) {
	w.cut.Small(int64(len(begin)) + rest)
	if w.open == nil {
		w.open = w.frames.newFrame(frame.Target)
	}
	at = int64(len(w.open.content))
	w.open.content = append(w.open.content, begin...)
	w.pos += int64(len(begin)) + rest
	return at
}

// flush hands the open frame to the workers.
func (w *Writer) flush() {
	f := w.open
	w.open = nil
	w.push(f)
}

func (w *Writer) push(f *outFrame) {
	if w.err == nil {
		if err := w.frames.push(f); err != nil {
			w.fail(err)
		}
	}
}

// fail records the first error and frees what the writer holds.
func (w *Writer) fail(err error) error {
	if w.err == nil {
		w.err = err
		w.frames.abandon()
	}
	return w.err
}

// Abort gives up: it waits for the workers and frees temporary files. What has
// been written is no archive, and every reader refuses it. After a successful
// Close it does nothing.
func (w *Writer) Abort() {
	if !w.closed {
		w.fail(ErrAborted)
		w.frames.abandon()
	}
}

// Close finishes the archive: it writes the manifest, its signature, the
// fixity frame and the seek table. It does not close the underlying writer.
// A second Close returns what the first returned.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	if err := w.finish(); err != nil {
		return err
	}
	w.cut.Cut()
	if w.err == nil {
		if err := w.frames.drain(); err != nil {
			w.fail(err)
		}
	}
	if w.err != nil {
		return w.err
	}
	if err := w.writeEnd(); err != nil {
		return w.fail(err)
	}
	w.closed = true
	return nil
}

// Manifest returns the manifest after a successful Close, else nil. The caller
// must not change it.
func (w *Writer) Manifest() *manifest.Manifest {
	if !w.closed {
		return nil
	}
	return &w.m
}

func (w *Writer) writeEnd() error {
	w.m.Entries = make([]manifest.Entry, 0, w.count())
	for i, s := range w.slabs {
		w.m.Entries = append(w.m.Entries, s...)
		w.slabs[i] = nil
	}
	w.m.ContentHash = manifest.ContentHash(w.m.Entries)
	included := manifest.Counts(w.m.Entries)
	maps.Copy(included, w.m.Coverage.Included)
	w.m.Coverage.Included = included
	// The header stands before the text, so that this need not be copied.
	member, err := w.m.AppendText(make([]byte, ustar.BlockSize))
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	text := member[ustar.BlockSize:]
	digest := layout.DigestOf(text)
	if int64(len(text)) > w.opts.Limits.Manifest {
		return fmt.Errorf("archive: %w: the manifest has %d bytes, at most %d are allowed", ErrLimit, len(text), w.opts.Limits.Manifest)
	}
	copy(member, ustar.AppendFile(nil, layout.ManifestPath, int64(len(text)), w.time))
	if err := w.frames.writeNow(ustar.Pad(member)); err != nil {
		return err
	}
	var end []byte
	if w.opts.Signer != nil {
		signature, err := w.frames.sign(layout.ManifestPath, digest)
		if err != nil {
			return err
		}
		end = ustar.AppendFile(nil, layout.SignaturePath(layout.ManifestPath), int64(len(signature)), w.time)
		end = ustar.Pad(append(end, signature...))
	}
	if err := w.frames.writeNow(append(end, make([]byte, ustar.End)...)); err != nil {
		return err
	}
	return w.frames.writeTables()
}
