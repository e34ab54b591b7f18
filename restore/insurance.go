package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/sign"
)

// Insurance says where and how the archive of what an import replaces and
// deletes is written, before the import's first write. It is a valid archive
// of its own, with the purpose "insurance": every entry that is replaced or
// deleted, byte for byte and at its path in the target, the metadata of the
// workspaces that these lie in, and two extensions, [InsuranceRecordPath] and
// [InsurancePlanPath], that tell [MakeUndoPlan] what the import did.
//
// Documents are neither validated nor searched for credentials on the way:
// what is there is what has to come back.
type Insurance struct {
	// Place keeps the archive. It is required.
	Place InsurancePlace

	// Signer signs it. Without one, Unsigned must say that this is meant. What
	// undo relies on is the digest of the archive's manifest in the target's
	// journal; the signature is for whoever comes across the file.
	Signer   *sign.Signer
	Unsigned bool

	// Generator is written to the manifest; empty means "oa-archive".
	Generator string

	// Workers is that of [archive.WriterOptions].
	Workers int
}

// check refuses insurance that cannot be written.
func (in *Insurance) check() error {
	switch {
	case in.Place == nil:
		return &OptionsError{Option: "insurance", Rule: "it has no place to keep the archive in"}
	case in.Signer == nil && !in.Unsigned:
		return &OptionsError{Option: "insurance", Rule: "nobody signs the archive"}
	}
	return nil
}

// An InsurancePlace keeps insurance archives under names that are unique, such
// as a folder ([InsuranceFolder]) or a bucket.
type InsurancePlace interface {
	// Create starts an archive of the given name. A name that exists is an error.
	Create(ctx context.Context, name string) (InsuranceWriter, error)
	// Open opens the archive of that name for reading.
	Open(ctx context.Context, name string) (InsuranceReader, error)
	// Remove deletes the archive of an import that did not happen.
	Remove(ctx context.Context, name string) error
	// Location says where the archive of that name is, for people and for the
	// target's journal. It holds no credentials.
	Location(name string) string
}

// An InsuranceWriter takes one archive, which exists once Commit has returned
// nil. Close without Commit leaves nothing behind; after it, Close does nothing.
type InsuranceWriter interface {
	io.Writer
	Commit(ctx context.Context) error
	io.Closer
}

// An InsuranceReader is one archive, open.
type InsuranceReader interface {
	io.ReaderAt
	Size() int64 // in bytes
	io.Closer
}

// InsuranceFolder keeps insurance archives as files, mode 0600, in the folder
// of that path, which is made with mode 0700 when it is missing. Files appear
// complete or not at all.
type InsuranceFolder string

// Create implements [InsurancePlace].
func (f InsuranceFolder) Create(_ context.Context, name string) (InsuranceWriter, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, fmt.Errorf("restore: insurance folder: %w", err)
	}
	return archive.CreateFile(f.path(name), archive.FileOptions{})
}

// Open implements [InsurancePlace].
func (f InsuranceFolder) Open(_ context.Context, name string) (InsuranceReader, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return insuranceFile{file, info.Size()}, nil
}

// Remove implements [InsurancePlace].
func (f InsuranceFolder) Remove(_ context.Context, name string) error {
	return os.Remove(f.path(name))
}

// Location returns the absolute path of the file.
func (f InsuranceFolder) Location(name string) string {
	path := f.path(name)
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

func (f InsuranceFolder) path(name string) string { return filepath.Join(string(f), name) }

type insuranceFile struct {
	*os.File
	size int64
}

func (f insuranceFile) Size() int64 { return f.size }

// InsuranceName returns the name under which the insurance of an import into a
// tenant is kept. Imports have unique ids, so that names never meet.
func InsuranceName(tenantID, importID string) string {
	return "insurance-" + tenantID + "-" + importID + ".oa-archive"
}
