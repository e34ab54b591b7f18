package archive

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/internal/frame"
)

// An inFrame is a data frame on its way in. data stays valid while the number
// of its users is above zero.
type inFrame struct {
	index   int
	at      int64 // in the file
	length  int64 // in the file
	content int64 // bytes of tar that it stands for; -1 when not known
	data    []byte
	sum     uint64
	err     error // it has no data: a *FormatError
	done    chan struct{}
	users   atomic.Int32
	listing *listing // when this is the manifest's frame, but data holds only its header
	raw     []byte   // compressed, until it is decoded
	buffer  []byte   // that data lies in, to be used again
}

// Frames' memory is used again; there are two sizes.
var (
	smallBuffers = sync.Pool{New: func() any { b := make([]byte, 0, frame.Target); return &b }}
	largeBuffers = sync.Pool{New: func() any { b := make([]byte, 0, frame.MaxContent); return &b }}
)

func takeBuffer(size int64) []byte {
	switch {
	case size <= frame.Target:
		return *smallBuffers.Get().(*[]byte)
	case size <= frame.MaxContent:
		return *largeBuffers.Get().(*[]byte)
	}
	return nil
}

func giveBuffer(b []byte) {
	b = b[:0]
	switch cap(b) {
	case frame.Target:
		smallBuffers.Put(&b)
	case frame.MaxContent:
		largeBuffers.Put(&b)
	}
}

func (f *inFrame) retain() { f.users.Add(1) }

func (f *inFrame) release() {
	if f.users.Add(-1) == 0 && f.buffer != nil {
		giveBuffer(f.buffer)
		f.data, f.buffer = nil, nil
	}
}

// A frameReader reads frames ahead and decompresses them on goroutines. Its
// methods belong to one goroutine, which is the only one that touches the
// source.
type frameReader struct {
	ctx      context.Context
	src      source
	dec      *frame.Decoder
	ahead    int
	progress func(done, total int64)

	queue []*inFrame
	raws  [][]byte // free
	ended error    // io.EOF, errLost or an error of the reader
	rows  []frame.Row
	sums  []uint64
	bad   map[int]bool // frames that have a finding already
}

func newFrameReader(ctx context.Context, src source, opts Options) (*frameReader, error) {
	dec, err := frame.NewDecoder(opts.Workers)
	if err != nil {
		return nil, err
	}
	return &frameReader{ctx: ctx, src: src, dec: dec, ahead: opts.Workers + 1, progress: opts.Progress, bad: make(map[int]bool)}, nil
}

// next returns the next frame, which the caller releases. The error is io.EOF,
// errLost, or one of reading.
func (r *frameReader) next() (*inFrame, error) {
	for r.ended == nil && len(r.queue) < r.ahead {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		var buf []byte
		if n := len(r.raws); n > 0 {
			buf, r.raws = r.raws[n-1], r.raws[:n-1]
		}
		raw, err := r.src.next(buf)
		if err != nil {
			r.ended = err
			break
		}
		f := &inFrame{index: len(r.rows) + len(r.queue), at: raw.at, content: raw.content, length: raw.length, raw: raw.bytes, listing: raw.listing, err: raw.err, done: make(chan struct{})}
		f.users.Store(1)
		r.queue = append(r.queue, f)
		go f.decode(r.dec)
	}
	if len(r.queue) == 0 {
		return nil, r.ended
	}
	f := r.queue[0]
	r.queue = r.queue[1:]
	<-f.done
	if len(r.raws) <= r.ahead && cap(f.raw) <= 2*frame.MaxContent {
		r.raws = append(r.raws, f.raw)
	}
	f.raw = nil
	r.rows = append(r.rows, frame.Row{Compressed: uint32(f.length), Content: uint32(max(0, f.content))})
	r.sums = append(r.sums, f.sum)
	if f.err != nil {
		r.bad[f.index] = true
	}
	if r.progress != nil && r.ctx.Err() == nil {
		r.progress(f.at+f.length, r.src.total())
	}
	return f, nil
}

func (f *inFrame) decode(dec *frame.Decoder) {
	defer close(f.done)
	if f.err != nil {
		return
	}
	if f.listing != nil {
		f.data, f.sum = f.listing.header, f.listing.sum
		return
	}
	f.sum = frame.Sum(f.raw)
	f.buffer = takeBuffer(f.content)
	data, err := dec.Decode(f.buffer, f.raw, f.content)
	if err != nil {
		f.err = &FormatError{Code: CodeFrameDamaged, Offset: f.at, Region: InFile, Rule: ruleContent, Err: err}
		return
	}
	f.data = data
}

// lost reports whether reading stopped before the end of the data frames.
func (r *frameReader) lost() bool { return r.ended != nil && !errors.Is(r.ended, io.EOF) }

// checkTail reads what follows the data frames and compares it with them.
func (r *frameReader) checkTail(led *ledger) error {
	n := len(r.rows)
	at := int64(0)
	for _, row := range r.rows {
		at += int64(row.Compressed)
	}
	fixity, table, err := r.src.tail(n)
	if err != nil && !errors.Is(err, errLost) {
		return err
	}
	if fixity != nil {
		sums, err := frame.ParseFixity(fixity, n)
		if err != nil {
			led.inFile(CodeFixity, ruleFixity, at, "%w", err)
		}
		offset := int64(0)
		for i := range sums {
			if sums[i] != r.sums[i] && !r.bad[i] {
				led.inFile(CodeFrameSum, ruleFixity, offset, "frame %d is not as it was written: its bytes do not match their sum, though its content may", i)
			}
			offset += int64(r.rows[i].Compressed)
		}
	}
	if table != nil {
		r.checkTable(led, fixity, table, at+int64(len(fixity)))
	}
	if r.progress != nil && r.ctx.Err() == nil {
		r.progress(r.src.done(), r.src.total())
	}
	return nil
}

func (r *frameReader) checkTable(led *ledger, fixity, table []byte, at int64) {
	rows, err := frame.ParseTable(table)
	if err != nil {
		led.inFile(CodeSeekTable, ruleTable, at, "%w", err)
		return
	}
	want := append(r.rows[:len(r.rows):len(r.rows)], frame.Row{Compressed: uint32(len(fixity))})
	if len(rows) != len(want) {
		led.inFile(CodeSeekTable, ruleTableRows, at, "%w: %d rows for %d frames", frame.ErrTable, len(rows), len(want))
		return
	}
	for i := range rows {
		if rows[i] != want[i] && !r.bad[i] {
			led.inFile(CodeSeekTable, ruleTableRows, at, "%w: row %d says %d bytes that become %d, but the frame has %d that become %d",
				frame.ErrTable, i, rows[i].Compressed, rows[i].Content, want[i].Compressed, want[i].Content)
			return
		}
	}
}
