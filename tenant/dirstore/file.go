package dirstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A file is one entry's file as a listing found it.
type file struct {
	root   *os.Root
	path   string // where its bytes are: its place, or the staging folder
	name   layout.Name
	look   look
	digest layout.Digest // zero when not known
}

// look is what tells whether a path still has the content that it had. A folder
// may hold very many files, of which the system tells several times as much.
type look struct {
	size     int64
	modified time.Time
	id       identity // of the file
}

func lookAt(info fs.FileInfo) look { return look{info.Size(), info.ModTime(), identify(info)} }

// unchanged reports whether two looks at a path found the same content, as
// far as identity, size and time can tell.
func unchanged(now fs.FileInfo, was look) bool {
	is := lookAt(now)
	return is.id.same(was.id) && is.size == was.size && is.modified.Equal(was.modified)
}

// entry describes the file. Once closed is set, it cannot be opened any more.
func (f file) entry(closed *atomic.Bool) tenant.Entry {
	return tenant.Entry{Name: f.name, Size: f.look.size, Digest: f.digest, Open: func(ctx context.Context) (io.ReadCloser, error) {
		return f.open(ctx, closed)
	}}
}

func (f file) changed() error {
	return fmt.Errorf("dirstore: %s: %w", f.path, tenant.ErrChanged)
}

func (f file) open(ctx context.Context, closed *atomic.Bool) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if closed != nil && closed.Load() {
		return nil, fmt.Errorf("dirstore: %s: the snapshot is closed: %w", f.path, fs.ErrClosed)
	}
	opened, err := f.root.OpenFile(f.path, openFlags, 0)
	if err != nil {
		if now, errNow := f.root.Lstat(f.path); errNow != nil || !unchanged(now, f.look) {
			return nil, f.changed()
		}
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	if now, err := opened.Stat(); err != nil || !unchanged(now, f.look) {
		_ = opened.Close()
		return nil, f.changed()
	}
	c := &content{ctx: ctx, closed: closed, file: f, opened: opened}
	if !f.digest.IsZero() {
		c.hash = sha256.New()
	}
	return c, nil
}

// hash reads the file to know its digest.
func (f file) hash(ctx context.Context) (layout.Digest, error) {
	r, err := f.open(ctx, nil)
	if err != nil {
		return layout.Digest{}, err
	}
	h := sha256.New()
	_, err = io.Copy(h, r)
	if errClose := r.Close(); err == nil {
		err = errClose
	}
	return layout.Digest(h.Sum(nil)), err
}

// content reads a file and notices when it is not what was listed. The last
// bytes are handed out only after that check.
type content struct {
	ctx    context.Context
	closed *atomic.Bool
	file   file
	opened *os.File
	read   int64
	hash   hash.Hash // nil when the digest is not known
	err    error
}

func (c *content) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if c.err = c.ctx.Err(); c.err != nil {
		return 0, c.err
	}
	if c.closed != nil && c.closed.Load() {
		c.err = fmt.Errorf("dirstore: %s: the snapshot is closed: %w", c.file.path, fs.ErrClosed)
		return 0, c.err
	}
	left := c.file.look.size - c.read
	if left == 0 {
		if c.err = c.check(); c.err == nil {
			c.err = io.EOF
		}
		return 0, c.err
	}
	n, err := c.opened.Read(p[:min(int64(len(p)), left)])
	if c.hash != nil {
		c.hash.Write(p[:n])
	}
	c.read += int64(n)
	switch {
	case err == io.EOF:
		c.err = c.file.changed()
	case err != nil:
		c.err = fmt.Errorf("dirstore: %w", err)
	case c.read == c.file.look.size:
		if c.err = c.check(); c.err != nil {
			n = 0
		}
	}
	return n, c.err
}

// ReadAt gives random access to the file beside the stream, whose check it is no
// part of: what is read this way is known to be the listed content only once
// the stream has ended. It is safe for concurrent use.
func (c *content) ReadAt(p []byte, offset int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.closed != nil && c.closed.Load() {
		return 0, fmt.Errorf("dirstore: %s: the snapshot is closed: %w", c.file.path, fs.ErrClosed)
	}
	n, err := c.opened.ReadAt(p, offset)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("dirstore: %w", err)
	}
	return n, err
}

// check compares the file with the listing, once all of it has been read.
func (c *content) check() error {
	now, err := c.opened.Stat()
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	if !unchanged(now, c.file.look) || c.hash != nil && layout.Digest(c.hash.Sum(nil)) != c.file.digest {
		return c.file.changed()
	}
	return nil
}

func (c *content) Close() error {
	if c.err == nil {
		c.err = fs.ErrClosed
	}
	return c.opened.Close()
}
