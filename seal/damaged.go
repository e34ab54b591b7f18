package seal

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

// Damaged gives access to what is left of an encrypted file that was cut off or
// overwritten in part. It is not safe for concurrent use.
//
// Every chunk that is handed out is authentic, and from its place. Chunks that
// are not read as zeros. What that adds up to is not what somebody encrypted:
// use it only to look for parts that prove themselves, as archive.Salvage does.
type Damaged struct {
	src   io.ReaderAt
	aead  cipher.AEAD
	begin int64 // of the chunks in the file
	size  int64 // of what is left

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
	d, err := openDamagedFile(ctx, src, size, identities)
	if err != nil {
		return nil, named(err)
	}
	return d, nil
}

func openDamagedFile(ctx context.Context, src io.ReaderAt, size int64, identities []age.Identity) (*Damaged, error) {
	h, err := readHeader(io.NewSectionReader(src, 0, size))
	if err != nil {
		return nil, err
	}
	key, err := h.unlock(ctx, identities)
	if err != nil {
		return nil, err
	}
	d := &Damaged{src: src, begin: int64(len(h.text)) + nonceSize, index: -1, sealed: make([]byte, sealedSize)}
	nonce := make([]byte, nonceSize)
	if n, err := src.ReadAt(nonce, d.begin-nonceSize); n < nonceSize {
		if errors.Is(err, io.EOF) {
			return nil, damaged(errors.New("it ends with its header"))
		}
		return nil, unread(err)
	}
	// The key and the nonces of chunks are those of the age specification,
	// section "Payload". Package age opens no file without its end.
	derived, err := hkdf.Key(sha256.New, key, nonce, "payload", chacha20poly1305.KeySize)
	if err == nil {
		d.aead, err = chacha20poly1305.New(derived)
	}
	if err != nil {
		return nil, err
	}
	d.measure(max(0, size-d.begin))
	return d, nil
}

// measure finds how much is left in so many bytes of chunks. A last one that is
// short and not authentic was cut.
func (d *Damaged) measure(bytes int64) {
	whole := bytes / sealedSize
	rest := bytes % sealedSize
	d.size = whole*chunkSize + max(0, rest-chacha20poly1305.Overhead)
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
	length := min(chunkSize, d.size-index*chunkSize)
	d.index, d.err = index, nil
	sealed := d.sealed[:length+chacha20poly1305.Overhead]
	n, err := d.src.ReadAt(sealed, d.begin+index*sealedSize)
	if n < len(sealed) && !errors.Is(err, io.EOF) {
		d.err = err
		return false
	}
	// Which chunk was the last is not known.
	for _, last := range []byte{0, 1} {
		var nonce [chacha20poly1305.NonceSize]byte
		binary.BigEndian.PutUint64(nonce[3:], uint64(index))
		nonce[len(nonce)-1] = last
		if d.content, err = d.aead.Open(d.content[:0], nonce[:], sealed[:n], nil); err == nil && int64(len(d.content)) == length {
			return true
		}
	}
	d.content = append(d.content[:0], make([]byte, length)...)
	return false
}
