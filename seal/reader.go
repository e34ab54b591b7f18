package seal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"filippo.io/age"
)

const (
	chunkSize  = 64 << 10              // of content (age specification, "Payload")
	sealedSize = chunkSize + 16        // of the same in the file
	nonceSize  = 16                    // of what follows the header
	headSize   = 4 << 10               // read first; most headers are smaller
	maxExtent  = 64 * int64(chunkSize) // of content, read from the file at once
)

// A Reader gives random access to the archive in an encrypted file. It is safe
// for concurrent use. Bytes are handed out once their chunk is authenticated.
type Reader struct {
	src   *extents
	plain io.ReaderAt // of package age
	begin int64       // of the chunks in the file
	size  int64       // of the archive
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
	r := &Reader{src: &extents{src: src}}
	if err := r.open(ctx, size, identities); err != nil {
		return nil, named(err)
	}
	return r, nil
}

func (r *Reader) open(ctx context.Context, size int64, identities []age.Identity) error {
	release, err := r.src.hold(0, min(size, headSize)) // read twice
	if err != nil {
		return unread(err)
	}
	defer release()
	h, err := readHeader(io.NewSectionReader(r.src, 0, size))
	if err != nil {
		return err
	}
	key, err := h.unlock(ctx, identities)
	if err != nil {
		return err
	}
	r.begin = int64(len(h.text)) + nonceSize
	return r.openEnd(size, key)
}

// openEnd authenticates the last chunk, and reads and keeps as much of the end
// as an archive's reader asks for first.
func (r *Reader) openEnd(size int64, key []byte) error {
	begin := max(r.begin, size-2*sealedSize)
	release, err := r.src.hold(begin, max(0, size-begin))
	if err != nil {
		return unread(err)
	}
	defer release()
	err = attempt("it does not end as it should: it was cut off, continued or changed", func() (err error) {
		r.plain, r.size, err = age.DecryptReaderAt(r.src, size, age.NewInjectedFileKeyIdentity(key))
		return err
	})
	if err != nil || r.size == 0 {
		return err
	}
	last := (r.size - 1) / chunkSize
	if _, err = r.keep(last); err == nil && last > 0 && size-r.begin-(last-1)*sealedSize <= 2*sealedSize {
		_, err = r.keep(last - 1)
	}
	return err
}

// Size returns the number of bytes of the archive.
func (r *Reader) Size() int64 { return r.size }

// attempt runs f and tells damage, for which there are words, from a source that
// cannot be read. A file that is shorter than it was is damaged.
func attempt(words string, f func() error) error {
	_, err := contained(func() (struct{}, error) { return struct{}{}, f() })
	if err == nil || errors.Is(err, ErrDamaged) {
		return err
	}
	if broken := (*sourceError)(nil); errors.As(err, &broken) {
		return unread(broken.err)
	}
	return damaged(errors.New(words))
}

// ReadAt implements [io.ReaderAt]. What p asks for is read from the file in one
// piece, of 4 MiB at most, up to the borders of chunks; chunks that were read
// last are kept.
func (r *Reader) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("seal: negative offset %d", off)
	}
	for n < len(p) && off < r.size {
		var got int
		if got, err = r.readExtent(p[n:], off); err != nil {
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

// readExtent reads as much of p as is kept, or one piece of the file.
func (r *Reader) readExtent(p []byte, off int64) (int, error) {
	index := off / chunkSize
	if chunk := r.cache.get(index); chunk != nil {
		return copy(p, chunk[off-index*chunkSize:]), nil
	}
	end := min(r.size, off+int64(len(p)), index*chunkSize+maxExtent)
	last := (end - 1) / chunkSize
	release, err := r.hold(index, last)
	if err != nil {
		return 0, err
	}
	defer release()
	if last-index > 1 {
		if err := r.decrypt(p[:end-off], off); err != nil {
			return 0, err
		}
		// Whoever reads on begins there; package age still has it.
		_, err := r.keep(last)
		return int(end - off), err
	}
	n := 0
	for i := index; i <= last; i++ {
		content, err := r.keep(i)
		if err != nil {
			return 0, err
		}
		n += copy(p[n:], content[max(0, off-i*chunkSize):])
	}
	return n, nil
}

// hold reads the chunks from first to last from the file.
func (r *Reader) hold(first, last int64) (release func(), err error) {
	release, err = r.src.hold(r.begin+first*sealedSize, (last-first)*sealedSize+r.sealed(last))
	if err != nil {
		return nil, unread(err)
	}
	return release, nil
}

// keep decrypts a chunk and keeps it for later.
func (r *Reader) keep(index int64) ([]byte, error) {
	content := make([]byte, min(chunkSize, r.size-index*chunkSize))
	if err := r.decrypt(content, index*chunkSize); err != nil {
		return nil, err
	}
	r.cache.put(index, content)
	return content, nil
}

// sealed returns the size of a chunk in the file.
func (r *Reader) sealed(index int64) int64 {
	return min(chunkSize, r.size-index*chunkSize) + sealedSize - chunkSize
}

// decrypt fills p with the archive's content at off.
func (r *Reader) decrypt(p []byte, off int64) error {
	words := fmt.Sprintf("in the %d bytes from byte %d of the archive on, something was changed", len(p), off)
	return attempt(words, func() error {
		n, err := r.plain.ReadAt(p, off)
		if n == len(p) {
			return nil
		}
		return err
	})
}

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
