package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is an [Archive] in a file of its own.
type File struct {
	*Archive
	f *os.File
}

// OpenFile opens the archive at path with [Open]. The caller closes it. Errors
// of the operating system wrap [fs.ErrNotExist] and the like.
func OpenFile(ctx context.Context, path string, opts Options) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file: read it as a stream", path)
	}
	if err != nil {
		return nil, fmt.Errorf("archive: %w", errors.Join(err, f.Close()))
	}
	a, err := Open(ctx, f, info.Size(), opts)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &File{Archive: a, f: f}, nil
}

// Verify checks every byte of the file, through the descriptor that is open
// already, with [Verify].
func (f *File) Verify(ctx context.Context, opts Options) (*Report, error) {
	return Verify(ctx, f.f, f.t.size, opts)
}

// Close closes the file. Contents that are still open become invalid.
func (f *File) Close() error { return f.f.Close() }

// FileOptions say how [CreateFile] publishes a file.
type FileOptions struct {
	Replace bool // replace a file that is there already

	// Unwrap is for an archive that is not written as it is, but encrypted: it
	// returns the archive in what was written, and its size, so that Commit can
	// read it back. Its error keeps the file from appearing. If it returns no
	// reader, the file is not read back as an archive.
	Unwrap func(file io.ReaderAt, size int64) (io.ReaderAt, int64, error)

	// Partial, when set, is the path of the temporary file, in the same folder.
	// What it holds already is the file's beginning, see [FileWriter.Partial],
	// and Close leaves it in place, for the next attempt. Two writers at once
	// are the caller's to prevent.
	Partial string
}

// A FileWriter writes a file that appears under its name complete or not at
// all: under a temporary name with mode 0600 in the same folder at first. Write
// an archive to it, then call Commit; always call Close. It is not safe for
// concurrent use.
type FileWriter struct {
	path    string
	replace bool
	unwrap  func(io.ReaderAt, int64) (io.ReaderAt, int64, error)
	temp    string   // its name until then; empty when it is gone
	f       *os.File // nil once closed
	keep    bool     // Close leaves the temporary file
	size    int64
	started int64 // so many of them are on their way to the disk
	err     error // of a write; the file is then never published
}

// CreateFile starts a file that Commit makes appear at path. Unless
// opts.Replace is set, a path that exists is an error wrapping [fs.ErrExist],
// now or, should somebody else create it meanwhile, in Commit.
func CreateFile(path string, opts FileOptions) (*FileWriter, error) {
	if info, err := os.Lstat(path); err == nil {
		if !opts.Replace {
			return nil, existsError(path)
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("archive: create %s: it exists and is not a regular file", path)
		}
	}
	if opts.Partial != "" {
		return continueFile(path, opts)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".oa-archive-*.partial") // mode 0600, O_EXCL
	if err != nil {
		return nil, fmt.Errorf("archive: create %s: %w", path, err)
	}
	return &FileWriter{path: path, temp: f.Name(), replace: opts.Replace, unwrap: opts.Unwrap, f: f}, nil
}

// continueFile goes on with the temporary file of an earlier attempt.
func continueFile(path string, opts FileOptions) (*FileWriter, error) {
	refuse := func(err error) (*FileWriter, error) {
		return nil, fmt.Errorf("archive: create %s: %w", path, err)
	}
	if filepath.Dir(opts.Partial) != filepath.Dir(path) {
		return refuse(errors.New("the temporary file must be in the same folder"))
	}
	if info, err := os.Lstat(opts.Partial); err == nil && !info.Mode().IsRegular() {
		return refuse(fmt.Errorf("%s is not a regular file", opts.Partial))
	}
	f, err := os.OpenFile(opts.Partial, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return refuse(err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return refuse(errors.Join(err, f.Close()))
	}
	return &FileWriter{path: path, temp: f.Name(), replace: opts.Replace, unwrap: opts.Unwrap, keep: true, f: f, size: size, started: size}, nil
}

// Partial returns what an earlier attempt has left in FileOptions.Partial,
// before anything is written. It can be read until Commit or Close.
func (f *FileWriter) Partial() *io.SectionReader { return io.NewSectionReader(f.f, 0, f.size) }

// Written returns the size of the file so far.
func (f *FileWriter) Written() int64 { return f.size }

// Discard removes the temporary file, FileOptions.Partial included, and closes
// the FileWriter.
func (f *FileWriter) Discard() error {
	f.keep = false
	return f.Close()
}

func existsError(path string) error {
	return fmt.Errorf("archive: %w", &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist})
}

// writebackSize is how much is written before the disk is told to begin with it.
// Left alone, the kernel keeps gigabytes in memory, and Commit would wait for
// all of them at the end, when there is nothing else to do meanwhile.
const writebackSize = 16 << 20

// Write implements [io.Writer]. The first error sticks.
func (f *FileWriter) Write(p []byte) (int, error) {
	if f.err == nil && f.f == nil {
		f.err = fs.ErrClosed
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.f.Write(p)
	f.size += int64(n)
	f.err = err
	if f.size-f.started >= writebackSize {
		startWriteback(f.f, f.started, f.size-f.started)
		f.started = f.size
	}
	return n, err
}

// Commit syncs the file, opens it again, compares its size with what was
// written, reads its tail back as an archive (seek table, manifest and the
// manifest's signature), gives it its name, and syncs the folder. After an
// error the file is not there, or, with FileOptions.Replace, is the old one;
// only when the last step fails it is there, but a power cut may still undo it.
func (f *FileWriter) Commit(ctx context.Context) error {
	err := f.commit(ctx)
	if err != nil && f.err == nil {
		f.err = err
	}
	if err != nil {
		return fmt.Errorf("archive: create %s: %w", f.path, err)
	}
	return nil
}

func (f *FileWriter) commit(ctx context.Context) error {
	switch {
	case f.err != nil:
		return f.err
	case f.f == nil:
		return fs.ErrClosed
	}
	if err := f.f.Sync(); err != nil {
		return err
	}
	if err := f.readBack(ctx); err != nil {
		return err
	}
	file := f.f
	f.f = nil
	if err := file.Close(); err != nil { // before it is renamed, for Windows
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := publish(f.temp, f.path, f.replace); err != nil {
		return err
	}
	f.temp = ""
	return syncFolder(filepath.Dir(f.path))
}

// readBack opens the temporary file anew and reads the archive's tail.
func (f *FileWriter) readBack(ctx context.Context) (err error) {
	r, err := os.Open(f.temp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	info, err := r.Stat()
	if err != nil {
		return err
	}
	if own, err := f.f.Stat(); err != nil || !os.SameFile(own, info) {
		return errors.Join(err, errors.New("the temporary file was replaced by another"))
	}
	if info.Size() != f.size {
		return fmt.Errorf("%d bytes were written, but the file has %d", f.size, info.Size())
	}
	content, size := io.ReaderAt(r), f.size
	if f.unwrap != nil {
		if content, size, err = f.unwrap(r, f.size); err != nil {
			return err
		}
	}
	if content == nil {
		return nil
	}
	_, err = Open(ctx, content, size, Options{AllowUnsigned: true, Workers: 1, Limits: Limits{Manifest: MaxManifest, Entries: 1 << 30}})
	return err
}

// publish gives the file at temp its name. Without replace it never replaces:
// a link fails when the name is taken.
func publish(temp, path string, replace bool) error {
	if replace {
		return os.Rename(temp, path)
	}
	linkErr := os.Link(temp, path)
	switch {
	case linkErr == nil:
		return os.Remove(temp)
	case errors.Is(linkErr, fs.ErrExist):
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	// The file system has no hard links: take the name with an empty file,
	// which nobody else can then take, and replace that.
	own, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := own.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// Close removes the temporary file unless Commit has published it, or it is a
// FileOptions.Partial. It may be called again, and after Commit.
func (f *FileWriter) Close() error {
	var err error
	if f.f != nil {
		err = f.f.Close()
		f.f = nil
	}
	if f.temp != "" && !f.keep {
		err = errors.Join(err, os.Remove(f.temp))
		f.temp = ""
	}
	return err
}
