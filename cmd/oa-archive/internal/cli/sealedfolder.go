package cli

import (
	"context"
	"errors"
	"io"
	"os"

	"filippo.io/age"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/seal"
)

// A sealedFolder keeps insurance encrypted. It opens what it wrote itself, as
// an import does before it relies on it, without being a recipient.
type sealedFolder struct {
	restore.InsuranceFolder
	recipients []age.Recipient
	own        map[string]age.Identity
}

func newSealedFolder(folder restore.InsuranceFolder, recipients []age.Recipient) *sealedFolder {
	return &sealedFolder{folder, recipients, map[string]age.Identity{}}
}

// Create implements [restore.InsurancePlace].
func (s *sealedFolder) Create(ctx context.Context, name string) (restore.InsuranceWriter, error) {
	if err := os.MkdirAll(string(s.InsuranceFolder), 0o700); err != nil {
		return nil, err
	}
	e := &envelope{recipients: s.recipients}
	file, err := archive.CreateFile(s.Location(name), archive.FileOptions{Unwrap: e.unwrap(ctx)})
	if err != nil {
		return nil, err
	}
	w, err := e.around(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	s.own[name] = e.w.Own()
	return &sealedInsurance{w, e, file}, nil
}

type sealedInsurance struct {
	io.Writer
	envelope *envelope
	file     *archive.FileWriter
}

func (s *sealedInsurance) Commit(ctx context.Context) error {
	if err := s.envelope.close(); err != nil {
		return err
	}
	return s.file.Commit(ctx)
}

func (s *sealedInsurance) Close() error { return s.file.Close() }

// Open implements [restore.InsurancePlace].
func (s *sealedFolder) Open(ctx context.Context, name string) (restore.InsuranceReader, error) {
	file, err := s.InsuranceFolder.Open(ctx, name+seal.Extension)
	if err != nil {
		return nil, err
	}
	var own []age.Identity
	if key := s.own[name]; key != nil {
		own = append(own, key)
	}
	r, err := seal.Open(ctx, file, file.Size(), own...)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return sealedReader{r, file}, nil
}

type sealedReader struct {
	*seal.Reader
	io.Closer
}

// Remove implements [restore.InsurancePlace].
func (s *sealedFolder) Remove(ctx context.Context, name string) error {
	return s.InsuranceFolder.Remove(ctx, name+seal.Extension)
}

// Location returns the absolute path of the file.
func (s *sealedFolder) Location(name string) string {
	return s.InsuranceFolder.Location(name + seal.Extension)
}
