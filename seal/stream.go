package seal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// NewReader decrypts an encrypted file, binary or armored, as a stream. Until
// the result returns io.EOF, more bytes may be missing: it is unknown whether
// the file is complete. Errors as with [Open]. When ctx ends while identities
// are tried, NewReader returns its cause; reads are as prompt as r's.
func NewReader(ctx context.Context, r io.Reader, identities ...age.Identity) (io.Reader, error) {
	s, err := newStream(ctx, &watched{r: r}, identities)
	if err != nil {
		return nil, named(err)
	}
	return s, nil
}

func newStream(ctx context.Context, src *watched, identities []age.Identity) (*stream, error) {
	var binary io.Reader = bufio.NewReaderSize(src, 64<<10)
	beginning, err := binary.(*bufio.Reader).Peek(DetectSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, src.blame(err)
	}
	if Detect(beginning) == Armored {
		binary = armor.NewReader(binary)
	}
	// The header's bytes are needed twice: to unlock it, which may be
	// abandoned, and to place the reader behind it.
	var text bytesSeen
	h, err := readHeader(io.TeeReader(binary, &text))
	if err != nil {
		return nil, src.blame(err)
	}
	key, err := h.unlock(ctx, identities)
	if err != nil {
		return nil, err
	}
	again := io.MultiReader(&text, binary)
	plain, err := contained(func() (io.Reader, error) { return age.Decrypt(again, age.NewInjectedFileKeyIdentity(key)) })
	if err != nil {
		return nil, src.blame(err)
	}
	return &stream{plain: plain, src: src}, nil
}

// bytesSeen holds what a reader has read ahead. It is read once.
type bytesSeen struct{ b []byte }

func (s *bytesSeen) Write(p []byte) (int, error) { s.b = append(s.b, p...); return len(p), nil }

func (s *bytesSeen) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.b)
	s.b = s.b[n:]
	return n, nil
}

// A stream names the errors of the decrypting reader.
type stream struct {
	plain io.Reader
	src   *watched
	n     int64 // bytes read
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := contained(func() (int, error) { return s.plain.Read(p) })
	s.n += int64(n)
	broken := (*armor.Error)(nil)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.As(err, &broken) || errors.Is(err, ErrDamaged):
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("it ends early")
	case strings.Contains(err.Error(), "trailing data"):
		err = errors.New("something follows its end")
	default:
		err = fmt.Errorf("after byte %d of the archive, something was changed", s.n)
	}
	return n, s.src.blame(err)
}
