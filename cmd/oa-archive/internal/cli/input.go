package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/seal"
)

// stdio is the FILE that means standard input or output.
const stdio = "-"

// input is an archive's bytes with random access.
type input struct {
	source io.ReaderAt
	io.Closer
	size int64
	name string // for people: the path as given, or "standard input"

	read   atomic.Int64                // bytes that were read so far
	onRead atomic.Pointer[func(int64)] // called with read after each read
}

// ReadAt counts what it reads.
func (in *input) ReadAt(p []byte, off int64) (int, error) {
	n, err := in.source.ReadAt(p, off)
	total := in.read.Add(int64(n))
	if report := in.onRead.Load(); report != nil {
		(*report)(total)
	}
	return n, err
}

// openInput opens FILE. What has no size of its own (standard input, a named
// pipe) is read to its end first, into memory or an encrypted temporary file.
func (a *app) openInput(ctx context.Context, file string) (*input, error) {
	if file == stdio {
		in, err := a.standardInput(ctx)
		if err != nil {
			return nil, err
		}
		return a.spool(ctx, in, "standard input")
	}
	path, remote, err := a.locate(file)
	if err != nil {
		return nil, err
	}
	if remote {
		return a.openRemote(ctx, file)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	switch {
	case err != nil:
		f.Close()
		return nil, err
	case fi.IsDir():
		f.Close()
		return nil, isFolder(path)
	case !fi.Mode().IsRegular():
		defer f.Close()
		return a.spool(ctx, f, file)
	}
	return a.openBytes(ctx, f, fi.Size(), file)
}

// sizedFile is a regular file or an object in a store.
type sizedFile interface {
	io.ReaderAt
	io.Closer
}

// openBytes opens what has a size, encrypted or not. It closes f on errors.
func (a *app) openBytes(ctx context.Context, f sizedFile, size int64, name string) (*input, error) {
	form, err := formOf(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	switch form {
	case seal.Armored: // no random access: Base64 has line ends anywhere
		defer f.Close()
		return a.spool(ctx, io.NewSectionReader(f, 0, size), name)
	case seal.Binary:
		r, err := a.openSealed(ctx, f, size)
		if err != nil {
			return nil, errors.Join(at(name, err), f.Close())
		}
		return &input{source: r, Closer: f, size: r.Size(), name: name}, nil
	}
	return &input{source: f, Closer: f, size: size, name: name}, nil
}

// standardInput refuses a terminal: nobody types an archive.
func (a *app) standardInput(ctx context.Context) (io.Reader, error) {
	if a.term.InIsTerminal {
		return nil, usagef("give a file name, or pipe an archive into the command", "- means standard input, which is a terminal")
	}
	return a.term.Input(ctx), nil
}

func isFolder(path string) error {
	f := &failure{exit: exitFailed, code: "is-folder", err: fmt.Errorf("%q is a folder, and an archive is one file", path)}
	if _, err := os.Stat(filepath.Join(path, "tenant.json")); err == nil {
		f.hint = "to use it as a store, write dir:" + path
	}
	return f
}

// spool reads to the end what cannot be read anywhere. What was encrypted is
// decrypted on the way: the spool is encrypted itself.
func (a *app) spool(ctx context.Context, r io.Reader, name string) (*input, error) {
	if a.unlock.remains {
		return a.spoolRemains(ctx, r, name)
	}
	r, err := a.decrypted(ctx, r)
	if err != nil {
		return nil, at(name, err)
	}
	s, err := archive.Spool(ctx, r, "")
	if err != nil {
		return nil, err
	}
	return &input{source: s, Closer: s, size: s.Size(), name: name}, nil
}

// shellQuote writes an argument so that a POSIX shell reads it back, for
// commands that the output suggests.
func shellQuote(arg string) string {
	plain := func(r rune) bool {
		return r > ' ' && r != 0x7f && !strings.ContainsRune("'\"\\$`!*?[](){}<>|&;~#", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
