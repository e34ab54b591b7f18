package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/sign"
)

var (
	_ fs.ReadDirFS  = (*Archive)(nil)
	_ fs.StatFS     = (*Archive)(nil)
	_ fs.ReadFileFS = (*Archive)(nil)
)

// signatureRoot is the folder below which the signatures lie.
const signatureRoot = "signatures"

// A node is a file or folder of the archive as a file system. Content is nil
// for folders and for entries, whose index is entry.
type node struct {
	name  string // whole path, "." for the root
	size  int64
	time  time.Time
	dir   bool
	entry int // of a file: the entry that it is, or -1
	open  func() ([]byte, error)
}

// Methods of [fs.FileInfo] and [fs.DirEntry].

func (n *node) Name() string               { return path.Base(n.name) }
func (n *node) Size() int64                { return n.size }
func (n *node) ModTime() time.Time         { return n.time }
func (n *node) IsDir() bool                { return n.dir }
func (n *node) Sys() any                   { return nil }
func (n *node) Type() fs.FileMode          { return n.Mode().Type() }
func (n *node) Info() (fs.FileInfo, error) { return n, nil }
func (n *node) String() string             { return fs.FormatDirEntry(n) }
func (n *node) Mode() fs.FileMode {
	if n.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// lookup finds the file or folder called name.
func (a *Archive) lookup(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := &node{name: name, time: a.m.Created, entry: -1}
	if a.file(n) || a.folder(n) {
		return n, nil
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

// file completes n if a file has its name.
func (a *Archive) file(n *node) bool {
	if n.name == layout.ManifestPath {
		n.size, n.open = a.textSize, a.manifestText
		return true
	}
	if i := a.find(n.name); i >= 0 {
		n.entry, n.size = i, a.m.Entries[i].Size
		return true
	}
	target, ok := layout.SignedPath(n.name)
	if !ok || a.signature == nil {
		return false
	}
	if target == layout.ManifestPath {
		n.size, n.open = int64(len(a.signature)), func() ([]byte, error) { return a.signature, nil }
		return true
	}
	i := a.find(target)
	if i < 0 {
		return false
	}
	n.size = int64(sign.SignatureSize(namespace(a.m.ID, target)))
	n.open = func() ([]byte, error) {
		if err := a.checkEntry(i); err != nil {
			return nil, err
		}
		return a.entrySignature(&a.m.Entries[i])
	}
	return true
}

// folder completes n if a folder has its name.
func (a *Archive) folder(n *node) bool {
	name, signatures := a.within(n.name)
	if signatures && a.signature == nil {
		return false
	}
	if name != "." {
		if from, to := a.below(name); from == to {
			return false
		}
	}
	n.dir = true
	return true
}

// within translates the name of a folder of signatures into that of the folder
// of what they sign.
func (a *Archive) within(name string) (folder string, signatures bool) {
	if name == signatureRoot {
		return ".", true
	}
	if rest, ok := strings.CutPrefix(name, signatureRoot+"/"); ok {
		return rest, true
	}
	return name, false
}

// below returns the range in byPath of the entries below the folder.
func (a *Archive) below(folder string) (from, to int) {
	if folder == "." {
		return 0, len(a.byPath)
	}
	find := func(prefix string) int {
		i, _ := slices.BinarySearchFunc(a.byPath, prefix, func(i int32, prefix string) int { return strings.Compare(a.m.Entries[i].Path, prefix) })
		return i
	}
	return find(folder + "/"), find(folder + "0") // '0' follows '/'
}

// children lists a folder, sorted by name.
func (a *Archive) children(dir *node) []fs.DirEntry {
	folder, signatures := a.within(dir.name)
	prefix := ""
	if folder != "." {
		prefix = folder + "/"
	}
	var names []string // whole paths of what is signed, folders ending with '/'
	from, to := a.below(folder)
	for from < to {
		p := a.m.Entries[a.byPath[from]].Path
		if i := strings.IndexByte(p[len(prefix):], '/'); i >= 0 {
			sub := p[:len(prefix)+i]
			names = append(names, sub+"/")
			_, from = a.below(sub)
			continue
		}
		names = append(names, p)
		from++
	}
	if folder == "." {
		names = append(names, layout.ManifestPath)
	}
	var list []fs.DirEntry
	add := func(name string) {
		if n, err := a.lookup("readdir", name); err == nil {
			list = append(list, n)
		}
	}
	for _, name := range names {
		sub, isFolder := strings.CutSuffix(name, "/")
		switch {
		case !signatures:
			add(sub)
		case isFolder:
			add(signatureRoot + "/" + sub)
		default:
			add(layout.SignaturePath(name))
		}
	}
	if dir.name == "." && a.signature != nil {
		add(signatureRoot)
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list
}

// Stat implements [fs.StatFS].
func (a *Archive) Stat(name string) (fs.FileInfo, error) {
	n, err := a.lookup("stat", name)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// ReadDir implements [fs.ReadDirFS].
func (a *Archive) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := a.lookup("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.dir {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	return a.children(n), nil
}

// ReadFile implements [fs.ReadFileFS]. The content is verified whole. Files
// over [Limits.Document] are refused with [ErrLimit].
func (a *Archive) ReadFile(name string) ([]byte, error) {
	n, err := a.lookup("readfile", name)
	if err != nil {
		return nil, err
	}
	var content []byte
	switch {
	case n.dir:
		err = errors.New("is a directory")
	case n.entry >= 0:
		content, err = a.ReadDocument(context.Background(), name, 0)
	default:
		content, err = n.open()
		content = bytes.Clone(content)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "readfile", Path: name, Err: err}
	}
	return content, nil
}

// Open implements [fs.FS]. Files also implement [io.ReaderAt] and [io.Seeker],
// folders [fs.ReadDirFile].
func (a *Archive) Open(name string) (fs.File, error) {
	n, err := a.lookup("open", name)
	if err != nil {
		return nil, err
	}
	if n.dir {
		return &openFolder{node: n, rest: a.children(n)}, nil
	}
	if n.entry < 0 {
		content, err := n.open()
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		return &openFile{node: n, r: io.NewSectionReader(bytes.NewReader(content), 0, n.size)}, nil
	}
	return &openFile{node: n, r: io.NewSectionReader(entryAt{a, n.entry}, 0, n.size), prove: func() error {
		_, err := a.newContent(context.Background(), n.entry).WriteTo(io.Discard)
		return err
	}}, nil
}

// An openFile is a file that is being read.
type openFile struct {
	node  *node
	r     *io.SectionReader
	prove func() error // verifies what reading nothing does not
}

// Stat implements [fs.File].
func (f *openFile) Stat() (fs.FileInfo, error) { return f.node, nil }

// Read implements [fs.File].
func (f *openFile) Read(p []byte) (int, error) {
	if f.r == nil {
		return 0, f.wrap("read", fs.ErrClosed)
	}
	if f.node.size == 0 && f.prove != nil {
		if err := f.prove(); err != nil {
			return 0, f.wrap("read", err)
		}
	}
	n, err := f.r.Read(p)
	return n, f.wrap("read", err)
}

// ReadAt implements [io.ReaderAt].
func (f *openFile) ReadAt(p []byte, offset int64) (int, error) {
	if f.r == nil {
		return 0, f.wrap("read", fs.ErrClosed)
	}
	n, err := f.r.ReadAt(p, offset)
	return n, f.wrap("read", err)
}

// Seek implements [io.Seeker].
func (f *openFile) Seek(offset int64, whence int) (int64, error) {
	if f.r == nil {
		return 0, f.wrap("seek", fs.ErrClosed)
	}
	n, err := f.r.Seek(offset, whence)
	return n, f.wrap("seek", err)
}

func (f *openFile) wrap(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &fs.PathError{Op: op, Path: f.node.name, Err: err}
}

// Close implements [fs.File].
func (f *openFile) Close() error {
	if f.r == nil {
		return f.wrap("close", fs.ErrClosed)
	}
	f.r = nil
	return nil
}

// An openFolder is a folder that is being listed.
type openFolder struct {
	node *node
	rest []fs.DirEntry
}

// Stat implements [fs.File].
func (f *openFolder) Stat() (fs.FileInfo, error) { return f.node, nil }

// Read implements [fs.File]: a folder has no content.
func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.node.name, Err: errors.New("is a directory")}
}

// Close implements [fs.File].
func (f *openFolder) Close() error { return nil }

// ReadDir implements [fs.ReadDirFile].
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		list := f.rest
		f.rest = nil
		return list, nil
	}
	if len(f.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.rest))
	list := f.rest[:n:n]
	f.rest = f.rest[n:]
	return list, nil
}
