package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/residency"
)

type recoverFlags struct {
	output    string
	force     bool
	archiveID string
	damagedID string
	tenantID  string
	seal      sealFlags
	keyFlags
	trustFlags
}

// recoverJSON is the --json output of recover.
type recoverJSON struct {
	File     string          `json:"file"`
	Output   string          `json:"output,omitempty"`    // the archive that was written
	FileSize int64           `json:"file_size,omitempty"` // of that
	Archive  *render.Archive `json:"archive,omitempty"`   // that was written
	*render.Remains
	Error *errorJSON `json:"error,omitempty"`
}

func recoverVerb(a *app) *cobra.Command {
	var f recoverFlags
	cmd := &cobra.Command{
		Use:   "recover FILE [-o OUT]",
		Short: "save what is intact of a damaged archive",
		Long: `Save every entry that is provably intact of an archive that was cut short or
damaged, and say what is lost. Without -o, only say it. FILE is never changed.

What is saved goes to a new archive with an id and a signature of its own. It is
marked as recovered, says what is missing, and is imported only with
--allow-recovered. You vouch for it with your key, so it is not written unless
the signer of the damaged archive is trusted.

Of an encrypted FILE, --identity opens what is left; what was encrypted stays
encrypted only with --recipient or the like.

Exit codes: 0 something was saved, or could be; 3 nothing can be saved; 4 the
signer is not trusted; 1 the archive is intact.`,
		Example: `oa-archive recover broken.oa-archive
oa-archive recover broken.oa-archive -o saved.oa-archive --trust allowed_signers --sign-with backup.key
oa-archive recover broken.oa-archive --json`,
		Args:              args(cobra.ExactArgs(1), "one archive"),
		ValidArgsFunction: completeArchive,
		RunE:              func(cmd *cobra.Command, given []string) error { return a.recover(cmd.Context(), given[0], &f) },
	}
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		fs.StringVarP(&f.output, "output", "o", "", "`FILE` to write the recovered archive to")
		fs.BoolVar(&f.force, "force", false, "replace that file if it exists")
		fs.StringVar(&f.archiveID, "archive-id", "", "`UUID` of the recovered archive, version 7 (default: a new one)")
	})
	group(cmd, "What was damaged", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.damagedID, "damaged-id", "", "`UUID` of the damaged archive, when the file holds parts of several")
		fs.StringVar(&f.tenantID, "tenant", "", "`ID` of the tenant, when the part of the file that names it is lost")
	})
	a.residency.declare(cmd)
	group(cmd, "Signing", f.keyFlags.declare)
	group(cmd, "Encryption", func(fs *pflag.FlagSet) { f.seal.declare(fs, "new") })
	f.trustFlags.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) recover(ctx context.Context, file string, f *recoverFlags) (err error) {
	opts, err := f.options(a, time.Now())
	if err != nil {
		return err
	}
	if f.output == stdio {
		return usagef("write to a file", "recover does not write to standard output")
	}
	a.unlock.remains = true
	in, err := a.openInput(ctx, file)
	if err != nil {
		return err
	}
	defer closeInto(&err, in)
	if err := notOver(file, f.output); err != nil {
		return err
	}
	doc := recoverJSON{File: in.name}
	remains, err := a.salvage(ctx, in, archive.SalvageOptions{Options: opts, ArchiveID: f.damagedID})
	if remains == nil {
		return at(in.name, err)
	}
	doc.Remains = render.NewRemains(remains)
	if err == nil && f.output != "" {
		err = a.writeRecovered(ctx, remains, f, &doc)
	}
	if a.json {
		doc.Error = newErrorJSON(err)
		return errors.Join(err, a.printJSON(doc))
	}
	p := a.out()
	p.Remains(in.name, doc.Remains, doc.Output)
	if err == nil && f.output == "" {
		a.note("nothing was written; give -o FILE to save it")
	}
	return errors.Join(err, p.Err())
}

func (a *app) salvage(ctx context.Context, in *input, opts archive.SalvageOptions) (remains *archive.Remains, err error) {
	err = a.progress(func(report progressFunc) error {
		opts.Progress = func(done, total int64) { report("search", done, total) }
		remains, err = archive.Salvage(ctx, in, in.size, opts)
		return err
	})
	return remains, err
}

// notOver refuses to write over the archive that is read.
func notOver(file, output string) error {
	if file == stdio || output == "" {
		return nil
	}
	file, output = strings.TrimPrefix(file, "file://"), strings.TrimPrefix(output, "file://")
	if file == output {
		return usagef("give another name: the damaged archive is all there is", "-o is the damaged archive itself")
	}
	a, errA := os.Stat(file)
	b, errB := os.Stat(output)
	if errA == nil && errB == nil && os.SameFile(a, b) {
		return usagef("give another name: the damaged archive is all there is", "-o is the damaged archive itself")
	}
	return nil
}

// permitRecovered asks the policy. Of a damaged archive less may be known than of
// a whole one, and what is not known permits nothing.
func (a *app) permitRecovered(remains *archive.Remains, f *recoverFlags) error {
	if remains.Manifest != nil {
		return a.residency.permitArchive(a, remains.Manifest, f.output)
	}
	_, err := a.residency.permit(a, residency.Data{Tenant: firstOf(remains.Tenant.ID, f.tenantID)}, f.output)
	return err
}

// writeRecovered writes what was saved, if the signer is good enough for it.
func (a *app) writeRecovered(ctx context.Context, remains *archive.Remains, f *recoverFlags, doc *recoverJSON) (err error) {
	if err := f.judge(remains.Signed, remains.Verdict); err != nil {
		return err
	}
	wopts, err := a.writerOptions(createFlags{archiveID: f.archiveID})
	if err != nil {
		return err
	}
	wopts.Tenant = manifest.Tenant{ID: f.tenantID}
	if wopts.ID == remains.ArchiveID {
		return usagef("leave --archive-id out", "a recovered archive needs an id of its own")
	}
	if err := a.permitRecovered(remains, f); err != nil {
		return err
	}
	sealed := &envelope{}
	if sealed.recipients, err = f.seal.recipients(ctx, a); err != nil {
		return err
	}
	if a.unlock.used && len(sealed.recipients) == 0 {
		a.warn("the damaged archive is encrypted, but what is recovered is not: name recipients with --recipient or OA_ARCHIVE_RECIPIENTS")
	}
	signer, release, err := f.signer(ctx, a)
	if err != nil {
		return err
	}
	defer release()
	wopts.Signer, wopts.Unsigned = signer, f.unsigned
	out, err := a.createOutput(ctx, f.output, outputOptions{replace: f.force, unwrap: sealed.unwrap(ctx)})
	if err != nil {
		return err
	}
	defer closeInto(&err, out)
	counted := &countingWriter{w: out}
	var m *manifest.Manifest
	err = a.progress(func(report progressFunc) error {
		counted.report = func(n int64) { report("archive", n, 0) }
		w, err := sealed.around(counted)
		if err != nil {
			return err
		}
		if m, err = remains.Write(ctx, w, wopts); err != nil {
			return err
		}
		if err := sealed.close(); err != nil {
			return err
		}
		return out.Commit(ctx)
	})
	if err != nil {
		return err
	}
	written := render.NewArchive(m)
	doc.Output, doc.FileSize, doc.Archive = f.output, counted.n, &written
	return nil
}
