package seal

import (
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// Damaged gives access to what is left of an encrypted file that was cut off or
// overwritten in part. It is not safe for concurrent use.
//
// Every chunk that is handed out is authentic, and from its place. Chunks that
// are not read as zeros. What that adds up to is not what somebody encrypted:
// use it only to look for parts that prove themselves, as archive.Salvage does.
type Damaged struct {
	src io.ReaderAt
	*payload

	sealed  []byte
	content []byte // of the chunk of that index
	index   int64  // -1 for none
	err     error  // of reading it
}

// OpenDamaged opens what is left of an encrypted file. The header has to be
// intact: nothing opens the chunks without it. Lost are the chunks, of 64 KiB,
// that hold a byte that was changed, and all that comes after bytes that were
// added or removed. Errors as with [Open], except that only a damaged header
// gives [ErrDamaged].
func OpenDamaged(ctx context.Context, src io.ReaderAt, size int64, identities ...age.Identity) (*Damaged, error) {
	d, err := openRemains(ctx, src, size, identities)
	if err != nil {
		return nil, named(err)
	}
	return d, nil
}

func openRemains(ctx context.Context, src io.ReaderAt, size int64, identities []age.Identity) (*Damaged, error) {
	h, err := readHeader(io.NewSectionReader(src, 0, size))
	if err != nil {
		return nil, err
	}
	key, err := h.unlock(ctx, identities)
	if err != nil {
		return nil, err
	}
	d := &Damaged{src: src, index: -1, sealed: make([]byte, sealedSize)}
	if d.payload, err = newPayload(src, int64(len(h.text))+nonceSize, key); err != nil {
		return nil, err
	}
	d.count(size - d.begin)
	return d, nil
}

// count finds how much is left in so many bytes of chunks. A last one that is
// short and not authentic was cut.
func (d *Damaged) count(bytes int64) {
	whole, rest := bytes/sealedSize, bytes%sealedSize
	d.size = whole*chunkSize + max(0, rest-overhead)
	if rest > 0 && !d.load(whole) {
		d.size = whole * chunkSize
		d.index = -1
	}
}

// Size returns the number of bytes that are left, zeros included.
func (d *Damaged) Size() int64 { return d.size }

// ReadAt implements [io.ReaderAt]. Errors are those of the source.
func (d *Damaged) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("seal: negative offset %d", off)
	}
	for n < len(p) && off < d.size {
		index := off / chunkSize
		if index != d.index {
			d.load(index)
		}
		if d.err != nil {
			return n, unread(d.err)
		}
		got := copy(p[n:], d.content[off-index*chunkSize:])
		n += got
		off += int64(got)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// load reads a chunk and reports whether it is authentic.
func (d *Damaged) load(index int64) bool {
	d.index, d.err = index, nil
	sealed := d.sealed[:d.length(index)+overhead]
	n, err := d.src.ReadAt(sealed, d.place(index))
	if n < len(sealed) && !errors.Is(err, io.EOF) {
		d.err = err
		return false
	}
	for _, last := range []bool{false, true} { // which one was the last is not known
		if d.content, err = d.open(d.content[:0], sealed[:n], index, last); err == nil && n == len(sealed) {
			return true
		}
	}
	d.content = make([]byte, d.length(index))
	return false
}
