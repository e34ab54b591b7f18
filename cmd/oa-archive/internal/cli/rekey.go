package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/seal"
)

// rekeyJSON is the --json output of rekey.
type rekeyJSON struct {
	File       string         `json:"file"`      // that was written
	FileSize   int64          `json:"file_size"` // bytes
	From       string         `json:"from"`
	Recipients int            `json:"recipients"`
	Archive    render.Archive `json:"archive"`
}

type rekeyFlags struct {
	output string
	force  bool
	seal   sealFlags
}

func rekeyVerb(a *app) *cobra.Command {
	var f rekeyFlags
	cmd := &cobra.Command{
		Use:   "rekey FILE -o OUT",
		Short: "encrypt an archive to other recipients",
		Long: `Encrypt an archive, which may be encrypted already, to other recipients. The
archive inside stays as it is, byte for byte, with its id and its signatures. OUT
is checked whole before it appears.

Somebody who could read FILE still can, wherever a copy of it is: remove the
copies, and OUT is what the others read from now on.`,
		Example: `oa-archive rekey acme.oa-archive.age -o new.oa-archive.age --identity old.key --recipients-file recipients
oa-archive rekey acme.oa-archive -o acme.oa-archive.age --recipient age1…
oa-archive rekey acme.oa-archive.age -o acme.oa-archive.age --force --identity old.key --recipients-file recipients`,
		Args:              args(cobra.ExactArgs(1), "one archive"),
		ValidArgsFunction: completeArchive,
		RunE:              func(cmd *cobra.Command, given []string) error { return a.rekey(cmd.Context(), given[0], &f) },
	}
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		fs.StringVarP(&f.output, "output", "o", "", "`FILE` to write")
		fs.BoolVar(&f.force, "force", false, "replace it if it exists, which may be FILE itself")
	})
	group(cmd, "New recipients", func(fs *pflag.FlagSet) {
		f.seal.declare(fs, "new")
	})
	a.residency.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) rekey(ctx context.Context, file string, f *rekeyFlags) (err error) {
	switch f.output {
	case "":
		return usagef("for example -o acme.oa-archive.age", "rekey: -o FILE is missing")
	case stdio:
		return usagef("write to a file", "rekey reads back what it writes, which standard output does not permit")
	}
	recipients, err := f.seal.recipients(ctx, a)
	if err != nil {
		return err
	}
	if len(recipients) == 0 {
		return usagef("name them with --recipient or --recipients-file; to decrypt an archive, use `age --decrypt`", "rekey: there is nobody to encrypt to")
	}
	o, err := a.open(ctx, file, archive.Options{AllowUnsigned: true})
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	if err := a.residency.permitArchive(a, o.Manifest(), f.output); err != nil {
		return err
	}
	result := rekeyJSON{File: f.output, From: o.in.name, Recipients: len(recipients), Archive: render.NewArchive(o.Manifest())}
	if result.FileSize, err = a.reseal(ctx, o, f, recipients); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(result)
	}
	p := a.out()
	p.Line(render.Styled(render.Strong, result.File), render.Text(fmt.Sprintf(": the archive %s, encrypted to %s", result.Archive.ID, render.Plural(int64(result.Recipients), "recipient"))))
	return p.Err()
}

// reseal copies the archive into a new envelope.
func (a *app) reseal(ctx context.Context, o *opened, f *rekeyFlags, recipients []age.Recipient) (size int64, err error) {
	err = a.progress(func(report progressFunc) (err error) {
		e := &envelope{recipients: recipients}
		e.check = func(r *seal.Reader) error {
			return sameArchive(ctx, r, o, func(done, total int64) { report("verify", done, total) })
		}
		file, err := a.createOutput(ctx, f.output, outputOptions{replace: f.force, unwrap: e.unwrap(ctx)})
		if err != nil {
			return err
		}
		defer closeInto(&err, file)
		written := &countingWriter{w: file, report: func(int64) {}}
		defer func() { size = written.n }()
		w, err := e.around(written)
		if err != nil {
			return err
		}
		counted := &countingWriter{w: w, report: func(n int64) { report("rekey", n, o.in.size) }}
		whole := io.NewSectionReader(o.in, 0, o.in.size)
		for buf := make([]byte, 1<<20); err == nil; err = ctx.Err() {
			var n int
			n, err = whole.Read(buf)
			if _, werr := counted.Write(buf[:n]); werr != nil {
				return werr
			}
			if err != nil {
				break
			}
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		if err := e.close(); err != nil {
			return err
		}
		return file.Commit(ctx)
	})
	return size, err
}

// sameArchive checks every byte and signature of what was written, and that it
// is the archive that was read.
func sameArchive(ctx context.Context, r *seal.Reader, o *opened, progress func(done, total int64)) error {
	report, err := archive.Verify(ctx, r, r.Size(), archive.Options{AllowUnsigned: true, Progress: progress})
	if err != nil {
		return err
	}
	if !report.OK() {
		return report.Findings[0].Err
	}
	was, is := o.Manifest(), report.Manifest
	if r.Size() != o.in.size || is.ID != was.ID || is.ContentHash != was.ContentHash || !sameEntries(was, is) {
		return errors.New("what was written is not the archive that was read: did the file change meanwhile?")
	}
	return nil
}

func sameEntries(a, b *manifest.Manifest) bool {
	one, err := a.Marshal()
	two, errTwo := b.Marshal()
	return err == nil && errTwo == nil && bytes.Equal(one, two)
}
