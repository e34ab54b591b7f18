package cli

import (
	"bufio"
	"context"
	"errors"
	"io"

	"filippo.io/age/armor"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/spool"
	"github.com/oneanalytics/oa-archive/seal"
)

// spoolRemains reads to the end what cannot be read anywhere and may be
// damaged. What was encrypted stays so: as a stream, it would end at the first
// damage.
func (a *app) spoolRemains(ctx context.Context, r io.Reader, name string) (*input, error) {
	ahead := bufio.NewReaderSize(r, 64<<10)
	beginning, err := ahead.Peek(seal.DetectSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var binary io.Reader = ahead
	switch seal.Detect(beginning) {
	case seal.Plain:
		s, err := archive.Spool(ctx, ahead, "")
		if err != nil {
			return nil, err
		}
		return &input{source: s, Closer: s, size: s.Size(), name: name}, nil
	case seal.Armored:
		text := &failingReader{r: ahead}
		binary = &untilDamage{armor.NewReader(text), text}
	}
	s := &spool.Spool{}
	if _, err := io.Copy(s, &promptReader{ctx, binary}); err != nil {
		return nil, errors.Join(at(name, err), s.Close())
	}
	opened, err := a.openSealed(ctx, s, s.Size())
	if err != nil {
		return nil, errors.Join(at(name, err), s.Close())
	}
	return &input{source: opened, Closer: s, size: opened.Size(), name: name}, nil
}

// A promptReader ends with its context.
type promptReader struct {
	ctx context.Context
	r   io.Reader
}

func (p *promptReader) Read(b []byte) (int, error) {
	if err := context.Cause(p.ctx); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// untilDamage ends where armor is damaged: nobody knows how many bytes of the
// file are missing there.
type untilDamage struct {
	r    io.Reader
	text *failingReader
}

func (u *untilDamage) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if u.text.err != nil {
		return n, u.text.err
	}
	if broken := (*armor.Error)(nil); errors.As(err, &broken) {
		err = io.EOF
	}
	return n, err
}

// A failingReader remembers that reading failed.
type failingReader struct {
	r   io.Reader
	err error
}

func (f *failingReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}
