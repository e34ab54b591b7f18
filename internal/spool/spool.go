// Package spool keeps bytes until they can be used: in memory first, then in a
// temporary file that has no name and is encrypted under a key that exists
// only in memory. Nothing lies on disk in plaintext, and nothing is left
// behind when the process dies.
package spool

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// DefaultMemory is the number of bytes that a [Spool] keeps in memory.
const DefaultMemory = 8 << 20

// A Spool takes bytes at its end and gives them out anywhere. The zero value
// is ready. Writing is not safe for concurrent use; once writing has ended,
// reading is.
type Spool struct {
	Dir    string // of the temporary file; empty means [os.TempDir]
	Memory int64  // bytes kept in memory; 0 means DefaultMemory

	memory []byte
	file   *os.File
	name   string // of the file, while it still has one
	block  cipher.Block
	size   int64
	buf    []byte // for encryption
	err    error
}

var errClosed = errors.New("spool: closed")

// Size returns the number of bytes written.
func (s *Spool) Size() int64 { return s.size }

// Write implements [io.Writer]. The first error sticks.
func (s *Spool) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	limit := s.Memory
	if limit == 0 {
		limit = DefaultMemory
	}
	if s.file == nil && s.size+int64(len(p)) > limit {
		if err := s.spill(); err != nil {
			if !errors.Is(err, errNoFiles) {
				s.err = err
				return 0, err
			}
		}
	}
	if s.file == nil {
		s.memory = append(s.memory, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	return s.append(p)
}

// spill moves what is in memory to a file.
func (s *Spool) spill() error {
	f, name, err := createUnnamed(s.Dir)
	if err != nil {
		return fmt.Errorf("spool: create a temporary file: %w", err)
	}
	s.file, s.name = f, name
	var key [32]byte
	rand.Read(key[:]) // never fails (crypto/rand)
	if s.block, err = aes.NewCipher(key[:]); err != nil {
		return err
	}
	held := s.memory
	s.memory, s.size = nil, 0
	_, err = s.append(held)
	return err
}

func (s *Spool) append(p []byte) (n int, err error) {
	const piece = 256 << 10
	for len(p) > 0 {
		part := p[:min(len(p), piece)]
		if s.buf == nil {
			s.buf = make([]byte, piece)
		}
		s.crypt(s.buf[:len(part)], part, s.size)
		got, err := s.file.WriteAt(s.buf[:len(part)], s.size)
		n += got
		s.size += int64(got)
		if err != nil {
			s.err = fmt.Errorf("spool: write to the temporary file: %w", err)
			return n, s.err
		}
		p = p[len(part):]
	}
	return n, nil
}

// crypt encrypts or decrypts src, which lies at offset, with AES-CTR. A key is
// used for one spool, so counters may begin at 0.
func (s *Spool) crypt(dst, src []byte, offset int64) {
	var counter [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(offset/aes.BlockSize))
	stream := cipher.NewCTR(s.block, counter[:])
	if skip := offset % aes.BlockSize; skip > 0 {
		var unused [aes.BlockSize]byte
		stream.XORKeyStream(unused[:skip], unused[:skip])
	}
	stream.XORKeyStream(dst, src)
}

// ReadAt implements [io.ReaderAt].
func (s *Spool) ReadAt(p []byte, offset int64) (int, error) {
	switch {
	case s.err != nil:
		return 0, s.err
	case offset < 0:
		return 0, errors.New("spool: negative offset")
	case offset >= s.size:
		return 0, io.EOF
	case s.file == nil:
		return bytes.NewReader(s.memory).ReadAt(p, offset)
	}
	n := int(min(int64(len(p)), s.size-offset))
	got, err := s.file.ReadAt(p[:n], offset)
	s.crypt(p[:got], p[:got], offset)
	if got < n {
		return got, fmt.Errorf("spool: read the temporary file: %w", err)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteTo implements [io.WriterTo].
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, io.NewSectionReader(s, 0, s.size))
}

// Close forgets the bytes. It may be called again.
func (s *Spool) Close() error {
	f, name := s.file, s.name
	s.memory, s.file, s.block, s.err = nil, nil, nil, errClosed
	if f == nil {
		return nil
	}
	err := f.Close()
	if name != "" {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
