package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// maxCommitFile bounds commit.json: half a million entries.
const maxCommitFile = 128 << 20

// reached is called at the steps of a commit; tests die there.
var reached = func(step string) {}

// A commitment is the content of commit.json: an import that has happened and
// what is left to do about it. All its steps can be done again.
type commitment struct {
	Format int    `json:"format"` // 1
	Import record `json:"import"`
	// Removed are paths of entries to delete. They are not in Placed.
	Removed []string `json:"removed"`
	Placed  []placed `json:"placed"`
}

// placed is a staged file and the path that it is to have.
type placed struct {
	Path   string `json:"path"`
	Staged string `json:"staged"` // name in the staging folder: a number
}

func (p placed) stagedPath() string { return staging + "/" + p.Staged }

// check refuses what this package would not have written, since the file may
// come with a folder from elsewhere.
func (c *commitment) check() error {
	if c.Format != 1 {
		return fmt.Errorf("format %d is not known; a newer oa-archive wrote it", c.Format)
	}
	if err := c.Import.importRecord().Check(); err != nil {
		return err
	}
	paths, numbers := map[string]bool{}, map[string]bool{}
	once := func(p string) error {
		if paths[p] {
			return fmt.Errorf("path %+q stands there twice", p)
		}
		paths[p] = true
		return checkEntryPath(p)
	}
	for _, p := range c.Removed {
		if err := once(p); err != nil {
			return err
		}
	}
	for _, p := range c.Placed {
		if err := once(p.Path); err != nil {
			return err
		}
		if numbers[p.Staged] {
			return fmt.Errorf("staged name %+q stands there twice", p.Staged)
		}
		numbers[p.Staged] = true
		if n, err := strconv.ParseUint(p.Staged, 10, 32); err != nil || strconv.FormatUint(n, 10) != p.Staged {
			return fmt.Errorf("staged name %+q is not a number", p.Staged)
		}
	}
	return nil
}

func checkEntryPath(p string) error {
	name, err := layout.Parse(p)
	if err != nil {
		return err
	}
	_, err = tenant.EntryPath(name)
	return err
}

// publish makes the commitment durable: from here on the import has happened.
func (s *Store) publish(c *commitment) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	if len(text) > maxCommitFile {
		return fmt.Errorf("dirstore: the import has too many changes for one commit: %s would have %d bytes", commitFile, len(text))
	}
	return s.replaceFile(commitFile, text)
}

// pending returns the commitment that waits to be carried out, or nil.
func (s *Store) pending() (*commitment, error) {
	text, err := s.readSmall(commitFile, maxCommitFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := parseCommitment(text)
	if err != nil {
		return nil, fmt.Errorf("dirstore: %s/%s: %w", s.path, commitFile, err)
	}
	return c, nil
}

func parseCommitment(text []byte) (*commitment, error) {
	var c commitment
	if err := json.Unmarshal(text, &c, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	return &c, c.check()
}

// settle finishes an import that was committed but not carried out. While a
// living process is at it, settle waits until that has finished or ctx ends.
func (s *Store) settle(ctx context.Context) error {
	for {
		err := s.trySettle()
		if err == nil {
			return ctx.Err()
		}
		if !errors.Is(err, tenant.ErrLocked) {
			return err
		}
		if errCtx := pause(ctx); errCtx != nil {
			return fmt.Errorf("dirstore: an import into %s is being carried out: %w: %w", s.path, tenant.ErrLocked, errCtx)
		}
	}
}

// trySettle is settle, but does not wait: the error wraps [tenant.ErrLocked]
// when a living process is at it.
func (s *Store) trySettle() error {
	if err := s.checkPrivate(); err != nil {
		return err
	}
	if _, err := s.root.Lstat(commitFile); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := s.tryLock()
	if err != nil {
		return err
	}
	defer unlock()
	return s.settleLocked()
}

// settleLocked is settle for the holder of the lock. It also discards what
// an import that never was committed has staged.
func (s *Store) settleLocked() error {
	c, err := s.pending()
	if err != nil {
		return err
	}
	if c != nil {
		if err := s.carryOut(c); err != nil {
			return err
		}
		s.finished.Store(&c.Import.ID)
		return nil
	}
	if err := s.root.RemoveAll(staging); err != nil {
		return fmt.Errorf("dirstore: discard an abandoned import: %w", err)
	}
	return nil
}

// carryOut moves the staged files to their places, records the import and
// removes the commitment, in an order that allows it to die at any point and
// to begin again.
func (s *Store) carryOut(c *commitment) error {
	changed := make([]string, 0, len(c.Removed)+len(c.Placed))
	for _, p := range c.Removed {
		if err := s.root.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unfinished(err)
		}
		s.prune(p)
		changed = append(changed, p)
	}
	for i, p := range c.Placed {
		if i == len(c.Placed)/2 {
			reached("mid renames")
		}
		if err := s.place(p); err != nil {
			return unfinished(err)
		}
		changed = append(changed, p.Path)
	}
	if err := s.syncFolders(changed); err != nil {
		return unfinished(err)
	}
	reached("before the journal")
	if err := s.remember(c.Import); err != nil {
		return unfinished(err)
	}
	reached("after the journal")
	if err := s.root.Remove(commitFile); err != nil {
		return unfinished(err)
	}
	if err := s.syncFolder(private); err != nil {
		return unfinished(err)
	}
	return s.root.RemoveAll(staging)
}

func unfinished(err error) error {
	return fmt.Errorf("dirstore: the import is committed but not all its files are in place, which the next opening of the folder makes up for: %w", err)
}

// place renames a staged file, unless an earlier run has done so.
func (s *Store) place(p placed) error {
	if _, err := s.root.Lstat(p.stagedPath()); errors.Is(err, fs.ErrNotExist) {
		if _, err := s.root.Lstat(p.Path); err != nil {
			return fmt.Errorf("%s is neither staged nor in place: %w", p.Path, err)
		}
		return nil
	}
	if err := s.root.MkdirAll(path.Dir(p.Path), 0o755); err != nil {
		return err
	}
	return s.root.Rename(p.stagedPath(), p.Path)
}

// prune removes the folders above a removed entry that have become empty.
func (s *Store) prune(removed string) {
	for dir := path.Dir(removed); dir != "."; dir = path.Dir(dir) {
		if s.root.Remove(dir) != nil {
			return // it holds something still
		}
	}
}
