package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

// verifyJSON is the --json output of verify.
type verifyJSON struct {
	File       string           `json:"file"`
	OK         bool             `json:"ok"`     // accepted: the exit code is 0
	Result     string           `json:"result"` // trusted, untrusted, unknown-signer, unsigned, damaged, or refused
	Archive    *render.Archive  `json:"archive,omitempty"`
	Signer     *render.Signer   `json:"signer,omitempty"`
	Entries    int              `json:"entries"`   // read
	Bytes      int64            `json:"bytes"`     // of their content
	FileSize   int64            `json:"file_size"` // bytes read of the file
	Findings   []render.Finding `json:"findings"`
	Dropped    int              `json:"dropped"`    // findings beyond the limit
	Incomplete bool             `json:"incomplete"` // reading could not go on: there may be more findings
	Error      *errorJSON       `json:"error,omitempty"`
}

func verifyVerb(a *app) *cobra.Command {
	var t trustFlags
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "check every byte, digest and signature, and who signed",
		Long: `Check every byte of an archive: frames, headers, manifest, digests and signatures,
the chain of the audit trail, and what the manifest says of rows; list everything
that is wrong. An intact archive has one of these results:

  trusted          signed by somebody whom the allowed_signers file names
  untrusted        signed, but not by somebody you trust: the reason is given
  unknown-signer   signed, but no file says whom to trust
  unsigned         made without signatures: nothing vouches for its content

Exit codes: 0 accepted, 3 damaged, 4 a signature is wrong or missing, or the
result is not "trusted" and no flag accepts it. FILE is a path, or - to check a
stream as it arrives.`,
		Example: `oa-archive verify acme.oa-archive --trust allowed_signers
oa-archive verify acme.oa-archive --trust allowed_signers --not-older-than 36h
ssh backup cat acme.oa-archive | oa-archive verify - --trust allowed_signers --json
oa-archive verify acme.oa-archive --allow-unknown-signer`,
		Args:              args(cobra.ExactArgs(1), "one archive"),
		ValidArgsFunction: completeArchive,
		RunE:              func(cmd *cobra.Command, given []string) error { return a.verify(cmd.Context(), given[0], &t) },
	}
	t.declare(cmd)
	a.unlock.declare(cmd)
	return cmd
}

func (a *app) verify(ctx context.Context, file string, t *trustFlags) error {
	opts, err := t.options(a, time.Now())
	if err != nil {
		return err
	}
	inside := &contents{limit: archive.DefaultLimits().Findings}
	opts.Content = inside.sink
	report, name, err := a.check(ctx, file, opts)
	if err != nil {
		return err
	}
	inside.conclude(report)
	result, verdict := verdictOn(report, t)
	if a.json {
		return a.printVerifyJSON(name, report, result, verdict)
	}
	p := a.out()
	p.Verified(name, report, result)
	return errors.Join(verdict, p.Err())
}

// check reads the whole archive, a file from many places at once and a pipe in
// order.
func (a *app) check(ctx context.Context, file string, opts archive.Options) (report *archive.Report, name string, err error) {
	err = a.progress(func(show progressFunc) error {
		opts.Progress = func(done, total int64) { show("verify", done, total) }
		if file == stdio {
			name = "standard input"
			in, err := a.standardInput(ctx)
			if err != nil {
				return err
			}
			if in, err = a.decrypted(ctx, in); err != nil {
				return at(name, err)
			}
			report, err = archive.VerifyStream(ctx, in, opts)
			return at(name, err)
		}
		in, err := a.openInput(ctx, file)
		if err != nil {
			return err
		}
		name = in.name
		report, err = archive.Verify(ctx, in, in.size, opts)
		return errors.Join(at(name, err), in.Close())
	})
	return report, name, err
}

// resultRefused is for an archive that is in order, but unsigned or older than
// the flags accept.
const resultRefused = "refused"

// verdictOn sums a report up in one word and the error to exit with, nil when
// the archive is accepted.
func verdictOn(r *archive.Report, t *trustFlags) (string, error) {
	if r.OK() {
		return signerResult(r.Signed, r.Verdict), t.judge(r.Signed, r.Verdict)
	}
	worst := r.Findings[0]
	for _, f := range r.Findings {
		if exitCode(f.Err) == exitDamaged {
			worst = f
			break
		}
	}
	class := classify(worst.Err)
	result := resultDamaged
	switch worst.Code {
	case archive.CodeUnsigned:
		result = resultUnsigned
	case archive.CodeTooOld:
		result = resultRefused
	}
	n := int64(len(r.Findings) + r.Dropped)
	err := fmt.Errorf("not accepted: %s", render.Plural(n, "finding"))
	if n == 1 {
		err = at("not accepted", worst.Err)
	}
	hint := class.hint
	if hint == hintDamaged {
		hint = "do not use it: fetch it again, or take another copy"
	}
	return result, &failure{exit: class.exit, code: class.code, err: err, hint: hint}
}

func (a *app) printVerifyJSON(name string, r *archive.Report, result string, verdict error) error {
	doc := verifyJSON{
		File: name, OK: verdict == nil, Result: result,
		Entries: r.Entries, Bytes: r.Bytes, FileSize: r.FileSize,
		Findings: render.NewFindings(r.Findings), Dropped: r.Dropped, Incomplete: r.Incomplete,
		Error: newErrorJSON(verdict),
	}
	if r.Manifest != nil {
		ref := render.NewArchive(r.Manifest)
		doc.Archive = &ref
	}
	if r.Signed {
		signer := render.NewSigner(r.Verdict)
		doc.Signer = &signer
	}
	return errors.Join(verdict, a.printJSON(doc))
}
