package seal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"filippo.io/age"
)

const (
	headSize  = 4 << 10 // read first; most headers are smaller
	maxChunks = 64      // read from the file at once
)

// A Reader gives random access to the archive in an encrypted file. It is safe
// for concurrent use. Bytes are handed out once their chunk is authenticated.
type Reader struct {
	src io.ReaderAt
	*payload
	cache chunks
}

// Open opens the encrypted file of size bytes for random access, with the first
// of the identities that fits. It authenticates the header and the last chunk,
// and thereby the length of the archive: two reads and about 130 KiB, for most
// files. src must not change while the Reader is in use.
//
// Errors: a [*LockedError] when no identity fits, [ErrDamaged], [ErrTooCostly],
// those of identities and of src, and ctx's cause when it ends while identities
// are tried. Armored files are not for random access: see [NewReader].
func Open(ctx context.Context, src io.ReaderAt, size int64, identities ...age.Identity) (*Reader, error) {
	r := &Reader{src: src}
	err := r.openHeader(ctx, size, identities)
	if err == nil {
		err = r.openEnd(size)
	}
	if err != nil {
		return nil, named(err)
	}
	return r, nil
}

// openHeader reads the header and the nonce, in one piece if it can.
func (r *Reader) openHeader(ctx context.Context, size int64, identities []age.Identity) error {
	head := make([]byte, min(size, headSize))
	if err := readFull(r.src, head, 0, "it ends within its header"); err != nil {
		return err
	}
	rest := io.NewSectionReader(r.src, int64(len(head)), size-int64(len(head)))
	h, err := readHeader(io.MultiReader(bytes.NewReader(head), rest))
	if err != nil {
		return err
	}
	key, err := h.unlock(ctx, identities)
	if err != nil {
		return err
	}
	begin := int64(len(h.text)) + nonceSize
	nonceFrom := r.src
	if begin <= int64(len(head)) {
		nonceFrom = bytes.NewReader(head)
	}
	r.payload, err = newPayload(nonceFrom, begin, key)
	return err
}

// openEnd authenticates the last chunk, and reads and keeps as much of the end
// as an archive's reader asks for first.
func (r *Reader) openEnd(size int64) error {
	if err := r.measure(size); err != nil {
		return err
	}
	last := r.last()
	first := max(0, last-1)
	sealed := make([]byte, size-r.place(first))
	if err := readFull(r.src, sealed, r.place(first), errAnotherEnd.Error()); err != nil {
		return err
	}
	content, err := r.open(nil, sealed[(last-first)*sealedSize:], last, true)
	if err != nil {
		return damaged(errAnotherEnd)
	}
	r.cache.put(last, content)
	if first == last {
		return nil
	}
	content, err = r.open(nil, sealed[:sealedSize], first, false)
	if err == nil {
		r.cache.put(first, content)
	}
	return nil // whoever reads it will be told
}

// Size returns the number of bytes of the archive.
func (r *Reader) Size() int64 { return r.size }

// ReadAt implements [io.ReaderAt]. What p asks for is read from the file in one
// piece, of 4 MiB at most, up to the borders of chunks; chunks that were read
// last are kept.
func (r *Reader) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("seal: negative offset %d", off)
	}
	for n < len(p) && off < r.size {
		var got int
		if got, err = r.readSome(p[n:], off); err != nil {
			return n, err
		}
		n += got
		off += int64(got)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readSome reads as much of p as a chunk that is kept has, or one piece of the
// file.
func (r *Reader) readSome(p []byte, off int64) (n int, err error) {
	first := off / chunkSize
	if content := r.cache.get(first); content != nil {
		return copy(p, content[off-first*chunkSize:]), nil
	}
	last := min(off+int64(len(p))-1, r.size-1) / chunkSize
	last = min(last, first+maxChunks-1)
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	length := r.place(last) + r.length(last) + overhead - r.place(first)
	if int64(cap(*buf)) < length {
		*buf = make([]byte, length)
	}
	sealed := (*buf)[:length]
	if err := readFull(r.src, sealed, r.place(first), "it has become shorter"); err != nil {
		return 0, err
	}
	for i := first; i <= last; i++ {
		chunk := sealed[:r.length(i)+overhead]
		sealed = sealed[len(chunk):]
		// Whoever reads a little, or reads on, will ask for the same chunk again.
		keep := i == last || last-first < 2
		if !keep && off == i*chunkSize { // then p takes all of it
			if _, err := r.open(p[n:n:n+chunkSize], chunk, i, false); err != nil {
				return n, err
			}
			n += chunkSize
			off += chunkSize
			continue
		}
		content, err := r.open(make([]byte, 0, chunkSize), chunk, i, i == r.last())
		if err != nil {
			return n, err
		}
		if keep {
			r.cache.put(i, content)
		}
		got := copy(p[n:], content[off-i*chunkSize:])
		n += got
		off += int64(got)
	}
	return n, nil
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// chunks keeps the content of the chunks that were used last.
type chunks struct {
	mu   sync.Mutex
	kept []chunk // the one that was used last comes last
}

type chunk struct {
	index   int64
	content []byte
}

// keptChunks is enough for a reader that goes to and fro between an archive's
// end and a few of its entries.
const keptChunks = 8

func (c *chunks) get(index int64) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, k := range c.kept {
		if k.index == index {
			copy(c.kept[i:], c.kept[i+1:])
			c.kept[len(c.kept)-1] = k
			return k.content
		}
	}
	return nil
}

func (c *chunks) put(index int64, content []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) == keptChunks {
		copy(c.kept, c.kept[1:])
		c.kept = c.kept[:keptChunks-1]
	}
	c.kept = append(c.kept, chunk{index, content})
}
