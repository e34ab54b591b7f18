//go:build !nocloud

package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/bucket"
)

// A copyOutput is the destination of a copy, which can be resumed.
type copyOutput struct {
	output
	name   string // DST
	local  *archive.FileWriter
	remote *remoteOutput
	begun  int64 // bytes of a local file that were there
	state  *copyState
	a      *app
}

// A copyState is the note that an interrupted copy leaves for the next one, in
// the user's state folder.
type copyState struct {
	path string
	lock *flock.Flock
	kept copyNote
}

type copyNote struct {
	Source      string    `json:"source"`
	Version     string    `json:"version"` // of the source
	Size        int64     `json:"size"`
	Destination string    `json:"destination"`
	Upload      string    `json:"upload,omitempty"` // to S3
	Begun       time.Time `json:"begun"`
}

// createCopy begins the destination, where an earlier attempt left off if it
// was of the same source.
func (a *app) createCopy(ctx context.Context, in *copySource, dst string, f *copyFlags) (out *copyOutput, err error) {
	path, remote, err := a.locate(dst)
	if err != nil {
		return nil, err
	}
	if !remote && f.keep.used() {
		return nil, usagef("they are for objects in a store, such as s3://…", "a file cannot be protected with --retain, --retain-until and --legal-hold")
	}
	out = &copyOutput{name: dst, a: a}
	if out.state, err = a.openState(in, dst, path, remote); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			out.state.close(false)
		}
	}()
	again := !f.fresh && out.state.matches(in)
	if remote {
		err = out.beginObject(ctx, in, f, again)
	} else {
		err = out.beginFile(in, path, f, again && !f.unverified)
	}
	return out, err
}

func (c *copyOutput) beginFile(in *copySource, path string, f *copyFlags, again bool) (err error) {
	partial := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+filepath.Base(c.state.path)[:8]+".partial")
	if !again || in.at == nil {
		if err := ignoring(os.Remove(partial), fs.ErrNotExist); err != nil {
			return err
		}
	}
	if c.local, err = archive.CreateFile(path, archive.FileOptions{Replace: f.force, Unwrap: asItIs, Partial: partial}); err != nil {
		return err
	}
	c.output = c.local
	if c.begun = c.local.Partial().Size(); in.at != nil && c.begun > in.size {
		return errors.Join(fmt.Errorf("%s is larger than %s", partial, in.name), c.local.Discard())
	}
	if c.begun > 0 {
		c.a.note("going on after the %d bytes that an interrupted copy has brought", c.begun)
	}
	return c.state.save(in, c.name, "")
}

// asItIs keeps the file from being read back as an archive: it may be encrypted,
// and it was checked on the way and is compared afterwards.
func asItIs(io.ReaderAt, int64) (io.ReaderAt, int64, error) { return nil, 0, nil }

func (c *copyOutput) beginObject(ctx context.Context, in *copySource, f *copyFlags, again bool) error {
	wopts := bucket.WriterOptions{Started: func(upload string) error { return c.state.save(in, c.name, upload) }}
	if c.state.kept.Upload != "" {
		wopts.Resume = c.state.kept.Upload
		if again {
			c.a.note("going on with an interrupted copy: what it has sent is compared, not sent again")
		}
	}
	r, err := c.a.createObject(ctx, c.name, outputOptions{replace: f.force, size: max(in.size, 0), keep: f.keep}, wopts)
	if err != nil {
		return err
	}
	if f.fresh && wopts.Resume != "" { // an upload that nobody goes on with is removed
		if err := r.Writer.Close(); err != nil {
			return err
		}
		wopts.Resume = ""
		if r, err = c.a.createObject(ctx, c.name, outputOptions{replace: f.force, size: max(in.size, 0), keep: f.keep}, wopts); err != nil {
			return err
		}
	}
	c.remote, c.output = r, r
	return nil
}

// Commit publishes the file or the object.
func (c *copyOutput) Commit(ctx context.Context) (err error) {
	if c.local != nil {
		err = c.local.Commit(ctx)
	} else if c.remote.receipt, err = c.remote.Writer.Commit(ctx); err == nil {
		c.remote.report()
	}
	if err != nil {
		return err
	}
	err = c.output.Close()
	c.state.close(true)
	return err
}

// fail ends a copy that came to nothing. What can be used later is kept, but
// not of an archive that was found to be bad, or whose store has refused it.
func (c *copyOutput) fail(ctx context.Context, why error) error {
	if c.remote != nil && c.remote.receipt != nil {
		return nil // it is there; what failed came after
	}
	keep := c.started() && (ctx.Err() != nil || exitCode(why) == exitFailed && !errors.Is(why, fs.ErrExist) && !errors.Is(why, fs.ErrPermission))
	var err error
	switch {
	case keep && c.remote != nil:
		err = c.remote.Suspend()
	case c.remote != nil:
		err = c.remote.Writer.Close()
	case keep:
		err = c.local.Close()
	default:
		err = c.local.Discard()
	}
	c.state.close(!keep)
	if keep && err == nil {
		c.a.note("the same command goes on from here; with --fresh it begins anew")
	}
	return err
}

// started reports whether there is anything to go on from.
func (c *copyOutput) started() bool {
	if c.local != nil {
		return c.local.Written() > 0
	}
	return c.state.kept.Upload != ""
}

// kept is what an earlier attempt has brought to a local file.
func (c *copyOutput) kept() *io.SectionReader {
	if c.local == nil {
		return io.NewSectionReader(nil, 0, 0)
	}
	return c.local.Partial()
}

func (c *copyOutput) resumed() int64 {
	if c.remote != nil && c.remote.receipt != nil {
		return c.remote.receipt.Reused
	}
	return c.begun
}

// unread says how far an object could be compared that cannot be read; "" when
// it can.
func (c *copyOutput) unread() string {
	switch {
	case c.remote == nil || c.remote.receipt.Seen:
		return ""
	case c.remote.receipt.Summed:
		return farChecksum
	}
	return farUnseen
}

func (c *copyOutput) describe(doc *copyJSON) {
	if c.remote == nil || c.remote.receipt.Retention == nil {
		return
	}
	if until := c.remote.receipt.Retention.Until; !until.IsZero() {
		doc.RetainUntil = &until
	}
	doc.LegalHold = c.remote.receipt.Retention.LegalHold
}

// openState finds the note of an earlier copy, and keeps others from doing the
// same at once.
func (a *app) openState(in *copySource, dst, path string, remote bool) (*copyState, error) {
	state, err := a.stateFolder()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(state, "copies")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	source := in.name
	if !remote {
		if dst, err = filepath.Abs(path); err != nil {
			return nil, err
		}
	}
	if _, remoteSource, _ := a.locate(source); !remoteSource {
		if absolute, err := filepath.Abs(source); err == nil {
			source = absolute
		}
	}
	name := sha256.Sum256([]byte(source + "\x00" + dst))
	s := &copyState{path: filepath.Join(dir, hex.EncodeToString(name[:12]))}
	s.lock = flock.New(s.path + ".lock")
	if locked, err := s.lock.TryLock(); err != nil || !locked {
		return nil, errors.Join(err, &failure{exit: exitFailed, code: "locked", err: errors.New("the same copy is under way already"), hint: "wait until it has ended"})
	}
	text, err := os.ReadFile(s.path + ".json")
	if err == nil {
		err = json.Unmarshal(text, &s.kept)
	}
	if err != nil { // none, or of no use: begin anew
		s.kept = copyNote{}
	}
	return s, nil
}

// matches reports whether the note is of the same source, unchanged.
func (s *copyState) matches(in *copySource) bool {
	return in.at != nil && s.kept.Version == in.version && s.kept.Size == in.size && s.kept.Version != ""
}

func (s *copyState) save(in *copySource, dst, upload string) error {
	s.kept = copyNote{Source: in.name, Version: in.version, Size: in.size, Destination: dst, Upload: upload, Begun: time.Now().UTC()}
	text, err := json.MarshalIndent(s.kept, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.path+".json", append(text, '\n'), 0o600)
}

// close ends the copy; with done, nothing is left to go on with.
func (s *copyState) close(done bool) {
	if done {
		_ = os.Remove(s.path + ".json") // it would only be compared and found useless
	}
	_ = s.lock.Unlock() // its file stays: removed, it could be locked twice
}
