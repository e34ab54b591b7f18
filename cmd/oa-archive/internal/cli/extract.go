package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// extractJSON is the --json output of extract.
type extractJSON struct {
	File    string   `json:"file"`
	Folder  string   `json:"folder"`
	Written []string `json:"written"` // paths below the folder, signatures included
	Bytes   int64    `json:"bytes"`
}

type extractFlags struct {
	trustFlags
	folder         string
	force          bool
	withSignatures bool
}

func extractVerb(a *app) *cobra.Command {
	var f extractFlags
	cmd := &cobra.Command{
		Use:   "extract FILE [PATTERN]... -C FOLDER",
		Short: "unpack entries into a folder",
		Long: `Unpack entries, all or those that a PATTERN matches, into a folder, which is made
if it does not exist. Each file appears complete and verified, or not at all; no
link is followed, nothing outside the folder is touched, and nothing is replaced
without --force. Names that are special to Windows are refused everywhere.

With --with-signatures, ssh-keygen can check the files without oa-archive:

  ssh-keygen -Y verify -f allowed_signers -I PRINCIPAL \
    -n 'oa-archive.v1:ARCHIVE-ID:PATH' -s signatures/PATH.sig < PATH`,
		Example: `oa-archive extract acme.oa-archive -C acme
oa-archive extract acme.oa-archive '**/model.yaml' -C models
oa-archive extract acme.oa-archive manifest.json --with-signatures -C check`,
		Args:              args(cobra.MinimumNArgs(1), "an archive"),
		ValidArgsFunction: a.completePaths,
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.extract(cmd.Context(), given[0], given[1:], &f)
		},
	}
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		fs.StringVarP(&f.folder, "directory", "C", "", "`FOLDER` to unpack into")
		fs.BoolVar(&f.force, "force", false, "replace files that exist")
		fs.BoolVar(&f.withSignatures, "with-signatures", false, "with each entry's signature, and the manifest")
	})
	f.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) extract(ctx context.Context, file string, patterns []string, f *extractFlags) (err error) {
	if f.folder == "" {
		return usagef("for example -C acme, or -C . for this folder", "extract: -C FOLDER is missing")
	}
	o, err := a.openToRead(ctx, file, &f.trustFlags)
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	if f.withSignatures && !o.Signed() {
		return usagef("leave it out", "--with-signatures: the archive is not signed")
	}
	entries, err := matchEntries(o.Manifest(), patterns)
	if err != nil {
		return err
	}
	paths := extractPaths(entries, f.withSignatures, len(patterns) == 0)
	if err := portable(paths); err != nil {
		return err
	}
	if err := os.MkdirAll(f.folder, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(f.folder)
	if err != nil {
		return err
	}
	defer closeInto(&err, root)
	done := extractJSON{File: o.in.name, Folder: f.folder, Written: []string{}}
	err = a.progress(func(report progressFunc) error {
		x := &extractor{root: root, archive: o, force: f.force, total: totalSize(entries), report: report}
		if err := x.noneExist(paths); err != nil {
			return err
		}
		for _, p := range paths {
			if err := x.file(ctx, p); err != nil {
				return at("extract "+p, err)
			}
			done.Written = append(done.Written, p)
		}
		done.Bytes = x.done
		return nil
	})
	switch {
	case err != nil:
		return err
	case a.json:
		return a.printJSON(done)
	}
	p := a.out()
	p.Line(render.Text(fmt.Sprintf("%s, %s, into %s", render.Plural(int64(len(done.Written)), "file"), render.Bytes(done.Bytes), f.folder)))
	return p.Err()
}

func totalSize(entries []manifest.Entry) int64 {
	var n int64
	for _, e := range entries {
		n += max(e.Size, 0)
	}
	return n
}

// extractPaths lists the files to write. Whole archives, and signatures, come
// with the manifest, without which the signatures do not close the set.
func extractPaths(entries []manifest.Entry, signatures, everything bool) []string {
	var paths []string
	hasManifest := false
	for _, e := range entries {
		paths = append(paths, e.Path)
		hasManifest = hasManifest || e.Path == layout.ManifestPath
	}
	if (everything || signatures) && !hasManifest {
		paths = append(paths, layout.ManifestPath)
	}
	if signatures {
		for _, p := range paths[:len(paths):len(paths)] {
			paths = append(paths, layout.SignaturePath(p))
		}
	}
	return paths
}

// windowsNames are device names that Windows reserves in every folder, with
// any extension.
const windowsNames = " con prn aux nul com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 "

// portable refuses names that some file system takes for something else. The
// grammar of paths leaves only device names; equal names after case folding
// cannot occur, since it has no upper case.
func portable(paths []string) error {
	for _, p := range paths {
		for segment := range strings.SplitSeq(p, "/") {
			stem, _, _ := strings.Cut(segment, ".")
			if strings.Contains(windowsNames, " "+stem+" ") {
				return &failure{
					exit: exitFailed, code: "special-name", err: fmt.Errorf("%s: Windows takes %q for a device", p, segment),
					hint: "leave it out with a pattern, or print it with `oa-archive cat`",
				}
			}
		}
	}
	return nil
}

// extractor writes files below a root that no link leaves.
type extractor struct {
	root    *os.Root
	archive *opened
	force   bool
	done    int64
	total   int64
	report  progressFunc
}

// noneExist finds out beforehand what publish would refuse one by one.
func (x *extractor) noneExist(paths []string) error {
	if x.force {
		return nil
	}
	for _, p := range paths {
		if _, err := x.root.Lstat(p); err == nil {
			return fmt.Errorf("%s: %w", p, fs.ErrExist)
		}
	}
	return nil
}

// file writes one entry or signature: to a temporary file first, which gets its
// name when every byte has been verified.
func (x *extractor) file(ctx context.Context, name string) error {
	if err := x.folders(path.Dir(name)); err != nil {
		return err
	}
	content, err := x.archive.member(ctx, name)
	if err != nil {
		return err
	}
	temporary := path.Join(path.Dir(name), ".oa-archive-partial")
	err = errors.Join(x.copy(temporary, content), content.Close())
	if err == nil {
		err = x.publish(temporary, name)
	}
	if err != nil {
		if rerr := x.root.Remove(temporary); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}

// folders makes the folders on the way. A link among them is refused, even
// where it stays below the root.
func (x *extractor) folders(dir string) error {
	if dir == "." {
		return nil
	}
	at := ""
	for segment := range strings.SplitSeq(dir, "/") {
		at = path.Join(at, segment)
		if err := x.root.Mkdir(at, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		fi, err := x.root.Lstat(at)
		if err != nil {
			return err
		}
		if !fi.IsDir() {
			return fmt.Errorf("%s is not a folder, and links are not followed", at)
		}
	}
	return nil
}

func (x *extractor) copy(temporary string, content io.Reader) (err error) {
	f, err := x.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		// Left by a run that was killed: our own name, never content.
		if err = x.root.Remove(temporary); err == nil {
			f, err = x.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		}
	}
	if err != nil {
		return err
	}
	defer closeInto(&err, f)
	_, err = io.Copy(f, io.TeeReader(content, progressWriter{x}))
	return err
}

// publish gives the finished file its name. Without --force a link is made,
// which fails if the name was taken meanwhile.
func (x *extractor) publish(temporary, name string) error {
	if x.force {
		return x.root.Rename(temporary, name)
	}
	if err := x.root.Link(temporary, name); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%w", fs.ErrExist)
		}
		return x.root.Rename(temporary, name) // a file system without links
	}
	return x.root.Remove(temporary)
}

// progressWriter counts what passes.
type progressWriter struct{ x *extractor }

func (w progressWriter) Write(p []byte) (int, error) {
	w.x.done += int64(len(p))
	w.x.report("extract", w.x.done, w.x.total)
	return len(p), nil
}
