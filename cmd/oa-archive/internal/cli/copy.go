//go:build !nocloud

package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

type copyFlags struct {
	force      bool
	fresh      bool
	unverified bool
	keep       keepFlags
	trustFlags
}

// copyJSON is the --json output of copy.
type copyJSON struct {
	Source      string          `json:"source"`
	Destination string          `json:"destination"`
	Size        int64           `json:"size"`
	SHA256      string          `json:"sha256"`            // of the file as it stands, encrypted or not
	Result      string          `json:"result"`            // as of verify, or unverified
	Archive     *render.Archive `json:"archive,omitempty"` // unless unverified
	Signer      *render.Signer  `json:"signer,omitempty"`
	FarEnd      string          `json:"far_end"`                // reread, checksum or unseen: how the destination was compared
	Resumed     int64           `json:"resumed"`                // bytes that an earlier attempt had brought
	RetainUntil *time.Time      `json:"retain_until,omitempty"` // as the store says
	LegalHold   bool            `json:"legal_hold,omitempty"`
	Rule        string          `json:"residency_rule,omitempty"` // of the policy that lets it go there
}

// How the destination was compared with what was sent.
const (
	farReread   = "reread"
	farChecksum = "checksum"
	farUnseen   = "unseen"
)

func copyVerb(a *app) *cobra.Command {
	var f copyFlags
	cmd := &cobra.Command{
		Use:   "copy SRC DST",
		Short: "copy an archive between files and stores, verified on the way",
		Long: `Copy an archive, byte for byte. SRC and DST are paths or objects in stores:
s3://BUCKET/KEY, gs://BUCKET/KEY or azblob://CONTAINER/KEY. SRC may be - for
standard input.

Every byte, digest and signature is checked on the way, and DST only appears when
the archive is good. Then it is read once more and compared, or, where the
credentials only allow to write, by the checksum that the store has of it.

What an interrupted copy has brought is used by the next one with the same SRC
and DST, to a file or to s3://. --fresh begins anew and forgets it.

An encrypted archive is checked inside, which needs --identity. --unverified
copies what cannot be opened here as it is, compared but not checked.`,
		Example: `oa-archive copy acme.oa-archive s3://backups/acme.oa-archive --retain 7y
oa-archive copy s3://backups/acme.oa-archive acme.oa-archive --trust allowed_signers
oa-archive copy s3://backups/acme.oa-archive gs://second/acme.oa-archive
oa-archive copy acme.oa-archive.age s3://backups/acme.oa-archive.age --identity key.txt`,
		Args:              args(cobra.ExactArgs(2), "a source and a destination"),
		ValidArgsFunction: completeArchive,
		RunE:              func(cmd *cobra.Command, given []string) error { return a.copy(cmd.Context(), given[0], given[1], &f) },
	}
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		fs.BoolVar(&f.force, "force", false, "replace DST if it exists")
		fs.BoolVar(&f.fresh, "fresh", false, "begin anew: forget what an interrupted copy has brought")
		fs.BoolVar(&f.unverified, "unverified", false, "do not check the archive, only that DST is equal to SRC")
	})
	f.keep.declare(cmd)
	f.trustFlags.declare(cmd)
	a.residency.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) copy(ctx context.Context, src, dst string, f *copyFlags) (err error) {
	if dst == stdio {
		return usagef("use `oa-archive copy SRC FILE`, or pipe with other programs", "copy compares what it has written, which standard output does not permit")
	}
	if _, err := f.keep.end(time.Now()); err != nil {
		return err
	}
	rule, err := a.permitCopy(ctx, src, dst, f)
	if err != nil {
		return err
	}
	in, err := a.openCopy(ctx, src)
	if err != nil {
		return err
	}
	defer closeInto(&err, in)
	out, err := a.createCopy(ctx, in, dst, f)
	if err != nil {
		return err
	}
	doc := copyJSON{Source: src, Destination: dst, Rule: rule}
	err = a.progress(func(report progressFunc) error {
		return a.transfer(ctx, in, out, f, &doc, report)
	})
	if err != nil {
		return errors.Join(err, out.fail(ctx, err))
	}
	if a.json {
		return a.printJSON(doc)
	}
	p := a.out()
	p.Copied(doc.Destination, render.Copy{
		Source: doc.Source, Size: doc.Size, SHA256: doc.SHA256, Result: doc.Result, Archive: doc.Archive,
		FarEnd: doc.FarEnd, Resumed: doc.Resumed,
	})
	return p.Err()
}

// A copySource is read once from its beginning to its end.
type copySource struct {
	io.Reader
	io.Closer
	at      io.ReaderAt // nil for a stream
	size    int64       // -1 for a stream
	version string      // of an object
	name    string
}

func (a *app) openCopy(ctx context.Context, src string) (*copySource, error) {
	if src == stdio {
		in, err := a.standardInput(ctx)
		return &copySource{Reader: in, Closer: io.NopCloser(nil), size: -1, name: "standard input"}, err
	}
	path, remote, err := a.locate(src)
	if err != nil {
		return nil, err
	}
	if remote {
		o, err := a.openObject(ctx, src, false)
		if err != nil {
			return nil, err
		}
		return &copySource{Reader: io.NewSectionReader(o, 0, o.Size()), Closer: o, at: o, size: o.Size(), version: o.Version(), name: src}, nil
	}
	f, fi, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	return &copySource{
		Reader: io.NewSectionReader(f, 0, fi.Size()), Closer: f, at: f, size: fi.Size(), name: src,
		version: fmt.Sprint(fi.ModTime().UnixNano()),
	}, nil
}

func openRegular(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	fi, err := f.Stat()
	if err == nil && fi.IsDir() {
		err = isFolder(path)
	} else if err == nil && !fi.Mode().IsRegular() {
		err = fmt.Errorf("%q is not a regular file: pipe it in, with - for SRC", path)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, fi, nil
}

// transfer copies, checks on the way, publishes, and compares.
func (a *app) transfer(ctx context.Context, in *copySource, out *copyOutput, f *copyFlags, doc *copyJSON, report progressFunc) error {
	check, err := a.startCheck(ctx, f)
	if err != nil {
		return err
	}
	digest := sha256.New()
	err = a.pass(ctx, in, out, check, digest, func(n int64) {
		doc.Size = n
		report("copy", n, max(in.size, 0))
	})
	if err := errors.Join(check.end(err, doc), ctx.Err()); err != nil {
		return err
	}
	doc.SHA256 = hex.EncodeToString(digest.Sum(nil))
	if err := out.Commit(ctx); err != nil {
		return err
	}
	doc.Resumed = out.resumed()
	out.describe(doc)
	return a.compareFar(ctx, out, doc, report)
}

// pass reads what an earlier attempt has brought, then the rest of the source.
// All of it is checked; only the rest is written.
func (a *app) pass(ctx context.Context, in *copySource, out *copyOutput, check *copyCheck, digest hash.Hash, progress func(int64)) error {
	kept := out.kept()
	var rest io.Reader = in
	if n := kept.Size(); n > 0 {
		rest = io.NewSectionReader(in.at, n, in.size-n)
	}
	total := int64(0)
	count := func(n int) {
		total += int64(n)
		progress(total)
	}
	for _, stage := range []struct {
		from io.Reader
		to   []io.Writer
	}{
		{kept, []io.Writer{digest, check}},
		{rest, []io.Writer{digest, check, out}},
	} {
		source := &untilDone{ctx, &namedReader{in.name, stage.from}}
		if err := fanOut(source, count, stage.to...); err != nil {
			return err
		}
	}
	if in.size >= 0 && total != in.size {
		return fmt.Errorf("%s has changed while it was read: it had %d bytes, %d were read", in.name, in.size, total)
	}
	return nil
}

// compareFar reads the destination once more, if the credentials allow.
func (a *app) compareFar(ctx context.Context, out *copyOutput, doc *copyJSON, report progressFunc) error {
	if doc.FarEnd = out.unread(); doc.FarEnd != "" {
		return nil
	}
	far, err := a.openCopy(ctx, out.name)
	if errors.Is(err, bucket.ErrForbidden) {
		doc.FarEnd = farChecksum
		return nil
	}
	if err != nil {
		return err
	}
	digest := sha256.New()
	counted := &countingWriter{w: digest, report: func(n int64) { report("compare", n, doc.Size) }}
	_, err = io.CopyBuffer(counted, &untilDone{ctx, far}, make([]byte, 1<<20))
	if err := errors.Join(err, far.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != doc.SHA256 {
		return &failure{
			exit: exitFailed, code: "not-stored", err: fmt.Errorf("%s is not what was sent: its SHA-256 is %s, not %s", out.name, got, doc.SHA256),
			hint: "do not rely on it: look at the store or the disk, and copy again to another place",
		}
	}
	doc.FarEnd = farReread
	return nil
}

// namedReader says in its errors what was read.
type namedReader struct {
	name string
	r    io.Reader
}

func (n *namedReader) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = at(n.name, err)
	}
	return k, err
}

// untilDone reads until ctx ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.r.Read(p)
}

// A copyCheck verifies an archive while its bytes pass.
type copyCheck struct {
	w      *io.PipeWriter // nil: unverified
	done   chan struct{}
	trust  *trustFlags
	inside *contents
	report *archive.Report
	err    error
}

func (a *app) startCheck(ctx context.Context, f *copyFlags) (*copyCheck, error) {
	if f.unverified {
		return &copyCheck{}, nil
	}
	opts, err := f.options(a, time.Now())
	if err != nil {
		return nil, err
	}
	c := &copyCheck{done: make(chan struct{}), trust: &f.trustFlags, inside: &contents{limit: archive.DefaultLimits().Findings}}
	opts.Content = c.inside.sink
	r, w := io.Pipe()
	c.w = w
	go func() {
		defer close(c.done)
		c.err = func() error {
			plain, err := a.decrypted(ctx, r)
			if err != nil {
				return err
			}
			c.report, err = archive.VerifyStream(ctx, plain, opts)
			return err
		}()
		stop := c.err
		if stop == nil {
			// Its findings say what is wrong. If there are none, all was read.
			stop = errChecked
		}
		r.CloseWithError(stop)
	}()
	return c, nil
}

var errChecked = errors.New("the archive is not accepted")

func (c *copyCheck) Write(p []byte) (int, error) {
	if c.w == nil {
		return len(p), nil
	}
	return c.w.Write(p)
}

// end waits for the verdict. passed is the error of what came before.
func (c *copyCheck) end(passed error, doc *copyJSON) error {
	if c.w == nil {
		doc.Result = "unverified"
		return passed
	}
	if passed != nil && !errors.Is(passed, errChecked) {
		c.w.CloseWithError(passed)
		<-c.done
		return passed
	}
	c.w.Close()
	<-c.done
	if c.err != nil {
		return c.err
	}
	c.inside.conclude(c.report)
	result, verdict := verdictOn(c.report, c.trust)
	doc.Result = result
	if result != resultUnknown && verdict != nil {
		return verdict
	}
	if c.report.Manifest != nil {
		ref := render.NewArchive(c.report.Manifest)
		doc.Archive = &ref
	}
	if c.report.Signed {
		signer := render.NewSigner(c.report.Verdict)
		doc.Signer = &signer
	}
	return passed
}
