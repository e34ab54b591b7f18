package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	chunkSize  = 64 << 10 // of content (age specification, "Payload")
	overhead   = chacha20poly1305.Overhead
	sealedSize = chunkSize + overhead // of the same in the file
	nonceSize  = 16                   // of what follows the header
)

// A payload is where the chunks of a file are and what opens them (age
// specification, "Payload"). Package age reads chunks one by one; to an object
// store, each would be a request.
type payload struct {
	aead  cipher.AEAD
	begin int64 // of the first chunk in the file
	size  int64 // of all content
}

// newPayload reads the nonce, which precedes begin.
func newPayload(src io.ReaderAt, begin int64, key []byte) (*payload, error) {
	nonce := make([]byte, nonceSize)
	if err := readFull(src, nonce, begin-nonceSize, "it ends with its header"); err != nil {
		return nil, err
	}
	derived, err := hkdf.Key(sha256.New, key, nonce, "payload", chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.New(derived)
	return &payload{aead: aead, begin: begin}, err
}

// readFull reads what the file should have at off. If it is too short for that,
// it is damaged, for which there are words.
func readFull(src io.ReaderAt, p []byte, off int64, words string) error {
	n, err := src.ReadAt(p, off)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return damaged(errors.New(words))
	}
	return unread(err)
}

// measure derives the size of the content from that of the file.
func (p *payload) measure(file int64) error {
	bytes := file - p.begin
	chunks := max(1, (bytes+sealedSize-1)/sealedSize)
	p.size = bytes - chunks*overhead
	// Only the first chunk may be empty.
	if p.size < 0 || chunks > 1 && p.size <= (chunks-1)*chunkSize {
		return damaged(errAnotherEnd)
	}
	return nil
}

var errAnotherEnd = errors.New("it does not end as it should: it was cut off, continued or changed")

// last returns the index of the last chunk.
func (p *payload) last() int64 { return max(0, p.size-1) / chunkSize }

// length returns how much content a chunk has.
func (p *payload) length(index int64) int64 { return min(chunkSize, p.size-index*chunkSize) }

// place returns where a chunk is in the file.
func (p *payload) place(index int64) int64 { return p.begin + index*sealedSize }

// open decrypts a chunk to dst, which has no content but the capacity for it.
func (p *payload) open(dst, sealed []byte, index int64, last bool) ([]byte, error) {
	var nonce [chacha20poly1305.NonceSize]byte
	binary.BigEndian.PutUint64(nonce[3:], uint64(index)) // an 88-bit number, of which no file needs more
	if last {
		nonce[len(nonce)-1] = 1
	}
	content, err := p.aead.Open(dst, nonce[:], sealed, nil)
	if err != nil {
		return nil, damaged(fmt.Errorf("in the %d bytes from byte %d of the archive on, something was changed", p.length(index), index*chunkSize))
	}
	return content, nil
}
