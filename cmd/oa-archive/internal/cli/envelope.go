package cli

import (
	"context"
	"io"

	"filippo.io/age"

	"github.com/oneanalytics/oa-archive/seal"
)

// An envelope encrypts one archive on its way to a file. Without recipients it
// does nothing.
type envelope struct {
	recipients []age.Recipient
	check      func(r *seal.Reader) error // of what was written, if not nil
	w          *seal.Writer
}

// around starts the encrypted file and returns where the archive goes.
func (e *envelope) around(w io.Writer) (io.Writer, error) {
	if len(e.recipients) == 0 {
		return w, nil
	}
	var err error
	e.w, err = seal.NewWriter(w, e.recipients...)
	return e.w, err
}

func (e *envelope) close() error {
	if e.w == nil {
		return nil
	}
	return e.w.Close()
}

// unwrap is for [archive.FileOptions]. It needs none of the recipients.
func (e *envelope) unwrap(ctx context.Context) func(io.ReaderAt, int64) (io.ReaderAt, int64, error) {
	if len(e.recipients) == 0 {
		return nil
	}
	return func(file io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
		r, err := seal.Open(ctx, file, size, e.w.Own())
		if err != nil {
			return nil, 0, err
		}
		if e.check != nil {
			if err := e.check(r); err != nil {
				return nil, 0, err
			}
		}
		return r, r.Size(), nil
	}
}
