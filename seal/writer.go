package seal

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// MaxRecipients is how many recipients one file can have. Readers refuse more.
const MaxRecipients = 1024

// A Writer encrypts one archive as a stream. It is not safe for concurrent use.
// After the first error, every method returns that error.
type Writer struct {
	w   io.WriteCloser
	key []byte
	err error
}

var errClosed = errors.New("seal: write after Close")

// NewWriter starts an encrypted file on w that each of the recipients can open,
// and writes its header. Recipients that cannot go together give [ErrMixed].
// Recipients may ask people, programs and services.
//
// The caller closes the Writer, which does not close w. What was written
// without Close is refused by every reader.
func NewWriter(w io.Writer, recipients ...age.Recipient) (*Writer, error) {
	if n := len(recipients); n == 0 || n > MaxRecipients {
		return nil, fmt.Errorf("seal: %d recipients: want 1 to %d", n, MaxRecipients)
	}
	s := &Writer{}
	recipients = append([]age.Recipient{&witness{recipients[0], &s.key}}, recipients[1:]...)
	dst := &watchedWriter{w: w}
	var err error
	if s.w, err = age.Encrypt(dst, recipients...); err != nil {
		switch {
		case dst.err != nil:
			return nil, fmt.Errorf("seal: write the header: %w", dst.err)
		case strings.Contains(err.Error(), "incompatible recipients"):
			return nil, fmt.Errorf("seal: %w: post-quantum recipients go only with their like, and a passphrase goes alone", ErrMixed)
		}
		return nil, fmt.Errorf("seal: %w", err)
	}
	return s, nil
}

// Write implements [io.Writer].
func (s *Writer) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if err != nil {
		s.err = fmt.Errorf("seal: write: %w", err)
	}
	return n, s.err
}

// Close writes the last chunk, without which the file counts as damaged.
func (s *Writer) Close() error {
	if s.err != nil {
		return s.err
	}
	if err := s.w.Close(); err != nil {
		s.err = fmt.Errorf("seal: write: %w", err)
		return s.err
	}
	s.err = errClosed
	return nil
}

// Own returns an identity that opens this one file, so that its writer can read
// it back without being one of its recipients. It holds the file's key, which
// is in memory only.
func (s *Writer) Own() age.Identity { return age.NewInjectedFileKeyIdentity(s.key) }

// A witness keeps the key that a recipient wraps.
type witness struct {
	age.Recipient
	key *[]byte
}

func (w *witness) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	stanzas, _, err := w.WrapWithLabels(fileKey)
	return stanzas, err
}

// WrapWithLabels passes on what the recipient says of its like, so that the
// rules of mixing hold.
func (w *witness) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	*w.key = append([]byte(nil), fileKey...)
	if r, ok := w.Recipient.(age.RecipientWithLabels); ok {
		return r.WrapWithLabels(fileKey)
	}
	stanzas, err := w.Recipient.Wrap(fileKey)
	return stanzas, nil, err
}

type watchedWriter struct {
	w   io.Writer
	err error
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}
