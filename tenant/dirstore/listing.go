package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// recent is how young a file may be before its time stops telling whether it
// changed again: the coarsest file systems keep time in steps of two seconds.
const recent = 2 * time.Second

// attempts bounds how often a listing that an import overtook is taken again.
const attempts = 10

// A listing is what stands in the folder at one moment.
type listing struct {
	files   []file   // in canonical order
	foreign []string // paths outside the grammar; a folder's end in '/'
}

// generation changes with every import and tells whether one is being applied.
type generation struct {
	journal  fs.FileInfo // nil before the first import
	applying bool
}

func (s *Store) generation() (generation, error) {
	journal, err := s.root.Lstat(journalFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return generation{}, fmt.Errorf("dirstore: %w", err)
	}
	_, err = s.root.Lstat(commitFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return generation{}, fmt.Errorf("dirstore: %w", err)
	}
	return generation{journal, err == nil}, nil
}

func (g generation) same(h generation) bool {
	if g.applying || h.applying || (g.journal == nil) != (h.journal == nil) {
		return false
	}
	return g.journal == nil || unchanged(g.journal, lookAt(h.journal))
}

// list lists the folder as it is between two imports. It takes no lock, so it
// works on a folder that cannot be written.
func (s *Store) list(ctx context.Context) (listing, error) {
	for range attempts {
		if err := s.settle(ctx); err != nil {
			return listing{}, err
		}
		before, err := s.generation()
		if err != nil {
			return listing{}, err
		}
		found, err := s.walk(ctx)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return listing{}, err
		}
		after, errAfter := s.generation()
		if errAfter != nil {
			return listing{}, errAfter
		}
		if err == nil && before.same(after) {
			return found, nil
		}
	}
	return listing{}, fmt.Errorf("dirstore: list %s: %w", s.path, tenant.ErrChanged)
}

// walk lists the folder without regard to imports.
func (s *Store) walk(ctx context.Context) (listing, error) {
	w := walker{ctx: ctx, store: s, now: time.Now()}
	if err := w.top(); err != nil {
		return listing{}, err
	}
	slices.SortFunc(w.found.files, func(a, b file) int { return layout.Compare(a.name, b.name) })
	slices.Sort(w.found.foreign)
	for i := range w.found.files {
		f := &w.found.files[i]
		if w.now.Sub(f.look.modified) > recent {
			continue
		}
		digest, err := f.hash(ctx)
		if err != nil {
			return listing{}, err
		}
		f.digest = digest
	}
	return w.found, nil
}

type walker struct {
	ctx   context.Context
	store *Store
	now   time.Time
	found listing
}

func (w *walker) top() error {
	names, err := readNames(w.store.root)
	if err != nil {
		return fmt.Errorf("dirstore: read %s: %w", w.store.path, err)
	}
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "."), name == tenantFile:
		case name == "workspaces", name == "audit", name == "extensions":
			if err := w.visit(w.store.root, name, name, 1); err != nil {
				return err
			}
		default:
			if entry, err := w.store.root.Lstat(name); err == nil && entry.IsDir() {
				name += "/"
			}
			w.found.foreign = append(w.found.foreign, name)
		}
	}
	return nil
}

// visit takes the file or folder called base in dir, whose path in the
// tenant's folder is path.
func (w *walker) visit(dir *os.Root, base, path string, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	entry, err := dir.Lstat(base)
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	name, parseErr := layout.Parse(path)
	switch {
	case entry.IsDir() && parseErr == nil && name.Kind != layout.Extension:
		return w.store.refuse(path, entry.Mode())
	case entry.IsDir() && depth < layout.MaxDepth:
		return w.folder(dir, base, path, depth, entry)
	case entry.IsDir():
		w.found.foreign = append(w.found.foreign, path+"/")
	case !entry.Mode().IsRegular(), depth == 1:
		return w.store.refuse(path, entry.Mode())
	case parseErr != nil:
		w.found.foreign = append(w.found.foreign, path)
	default:
		w.found.files = append(w.found.files, file{root: w.store.root, path: path, name: name, look: lookAt(entry)})
	}
	return nil
}

func (w *walker) folder(dir *os.Root, base, path string, depth int, entry fs.FileInfo) (err error) {
	sub, err := dir.OpenRoot(base)
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	defer func() { err = errors.Join(err, sub.Close()) }()
	if opened, err := sub.Stat("."); err != nil || !os.SameFile(opened, entry) {
		return fmt.Errorf("dirstore: %s: %w", printable(path), tenant.ErrChanged)
	}
	names, err := readNames(sub)
	if err != nil {
		return fmt.Errorf("dirstore: read %s: %w", printable(path), err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue
		}
		if err := w.visit(sub, name, path+"/"+name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// readNames returns the names in a folder, in no order.
func readNames(dir *os.Root) (names []string, err error) {
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Readdirnames(-1)
}
