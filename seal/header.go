package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
)

// A header is the part of an encrypted file that says who can open it. Package
// age reads at most 2 MiB and 1,024 stanzas of it.
type header struct {
	text    []byte // up to and with the MAC's line
	stanzas []Stanza
}

// readHeader reads a header from the beginning of a file, and possibly some of
// what follows it.
func readHeader(r io.Reader) (*header, error) {
	src := &watched{r: r}
	text, err := contained(func() ([]byte, error) { return age.ExtractHeader(src) })
	if err != nil {
		return nil, src.blame(malformedHeader(err))
	}
	h := &header{text: text}
	for line := range bytes.Lines(text) {
		if arguments, ok := bytes.CutPrefix(line, []byte("-> ")); ok {
			words := strings.Fields(string(arguments)) // at least one, which ExtractHeader has checked
			h.stanzas = append(h.stanzas, Stanza{Type: words[0], Args: words[1:]})
		}
	}
	return h, nil
}

// malformedHeader words what package age says of a header.
func malformedHeader(err error) error {
	broken := (*armor.Error)(nil)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends within its header")
	case errors.As(err, &broken):
		return broken
	}
	text := err.Error()
	for _, begins := range []string{"failed to read header: ", "parsing age header: ", "failed to parse header: "} {
		text = strings.TrimPrefix(text, begins)
	}
	if strings.HasPrefix(text, "unexpected intro") {
		return errors.New("its first line is not that of version 1 of the age format")
	}
	return fmt.Errorf("its header is malformed: %s", text)
}

// unlock finds the file's key. Identities may ask people, programs and services
// and take as long as they like: when ctx ends first, they are abandoned.
func (h *header) unlock(ctx context.Context, identities []age.Identity) ([]byte, error) {
	if len(identities) == 0 {
		return nil, &LockedError{Stanzas: h.stanzas}
	}
	identities = inOrder(identities)
	type answer struct {
		key []byte
		err error
	}
	answered := make(chan answer, 1)
	go func() {
		key, err := contained(func() ([]byte, error) { return age.DecryptHeader(h.text, identities...) })
		answered <- answer{key, err}
	}()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case a := <-answered:
		return a.key, h.explain(a.err, identities)
	}
}

// inOrder returns the identities with those first that need nobody's help, and
// makes of what these find wrong with a header the damage that it is.
func inOrder(identities []age.Identity) []age.Identity {
	var own, helped []age.Identity
	for _, id := range identities {
		switch id.(type) {
		case *age.X25519Identity, *age.HybridIdentity, *agessh.Ed25519Identity, *agessh.RSAIdentity:
			own = append(own, localKey{id})
		default:
			helped = append(helped, id)
		}
	}
	return append(own, helped...)
}

// A localKey is an identity that can only fail because of what it is given.
type localKey struct{ age.Identity }

func (k localKey) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	key, err := k.Identity.Unwrap(stanzas)
	if err != nil && !errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return key, err
}

// explain sorts the errors of package age, some of which have only a text.
func (h *header) explain(err error, identities []age.Identity) error {
	if err == nil {
		return nil
	}
	tried := len(identities)
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		for _, id := range identities {
			// A passphrase that nobody was asked for is none.
			if p, ok := id.(*passphraseIdentity); ok && !p.asked.Load() {
				tried--
			}
		}
		return &LockedError{Stanzas: h.stanzas, Identities: tried}
	}
	if strings.Contains(err.Error(), "bad header MAC") {
		return damaged(errors.New("its header was changed"))
	}
	return err
}

// A watched reader remembers that reading failed, so that this is told apart
// from what is wrong with the bytes that were read.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	broken := (*armor.Error)(nil) // which is damage
	if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &broken) {
		w.err = err
	}
	return n, err
}

// blame returns the error of reading if there was one, else err as damage.
func (w *watched) blame(err error) error {
	if w.err != nil {
		return unread(w.err)
	}
	return damaged(err)
}

func unread(err error) error { return fmt.Errorf("read the encrypted file: %w", err) }

func damaged(err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// named adds the package's name to an error that leaves it. What readers return
// has none: who reads says what for.
func named(err error) error { return fmt.Errorf("seal: %w", err) }

// contained runs f and turns a panic, which hostile input might cause in a
// dependency, into damage.
func contained[T any](f func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	return f()
}
