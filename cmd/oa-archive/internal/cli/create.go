package cli

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/residency"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

type createFlags struct {
	from, tenantID string
	output         string
	force          bool
	workspaces     []string
	rows, audit    bool
	allowInvalid   bool
	redactSecrets  bool
	allowSecrets   []string
	archiveID      string
	purpose        string
	keyFlags
	seal   sealFlags
	record string
	keep   keepFlags
}

// createJSON is the --json output of create.
type createJSON struct {
	File     string          `json:"file"`
	FileSize int64           `json:"file_size"`
	Archive  render.Archive  `json:"archive"`
	Coverage render.Coverage `json:"coverage"`
	Warnings []string        `json:"warnings"` // problems that --allow-invalid let pass
	Rule     string          `json:"residency_rule,omitempty"`
}

func createVerb(a *app) *cobra.Command {
	var f createFlags
	cmd := &cobra.Command{
		Use:   "create --from STORE -o FILE",
		Short: "archive a tenant, or some of its workspaces",
		Long: `Archive a tenant, or some of its workspaces, in one signed file. The file
appears under its name when it is complete and has been read back, or not at all.
FILE is a path, or an object in a store: s3://BUCKET/KEY, gs://BUCKET/KEY or
azblob://CONTAINER/KEY (see docs/stores.md), to which it is streamed.

A STORE is dir:FOLDER (a tenant as files in the archive's own layout), sqlite:FILE
or postgres://USER@HOST/DATABASE. Documents are validated on the way; a broken one
refuses the whole archive with a list of everything that is wrong.

SOURCE_DATE_EPOCH in the environment fixes the time of the archive; together with
--archive-id the same tenant then gives the same bytes.`,
		Example: `oa-archive create --from sqlite:acme.db -o acme.oa-archive --sign-with backup.key
oa-archive create --from dir:acme --workspace Sales --rows -o sales.oa-archive
oa-archive create --from dir:acme -o acme.oa-archive.age --recipients-file recipients
oa-archive create --from dir:acme -o s3://backups/acme-2026-11-22.oa-archive --retain 7y
oa-archive create --from dir:acme -o - | ssh backup 'cat > acme.oa-archive'
oa-archive create --from dir:acme -o acme.oa-archive --sign-with agent:backup@acme.example`,
		Args: args(cobra.NoArgs, "no arguments besides flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.create(cmd.Context(), f) },
	}
	group(cmd, "What to archive", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.from, "from", "", "`STORE` to read: dir:FOLDER, sqlite:FILE or postgres://…")
		fs.StringVar(&f.tenantID, "tenant", "", "`ID` of the tenant, when the store holds several")
		fs.StringArrayVarP(&f.workspaces, "workspace", "w", nil, "only this workspace, by `ID-or-name`; repeat for more")
		fs.BoolVar(&f.rows, "rows", false, "with the rows of datasets")
		fs.BoolVar(&f.audit, "audit", false, "with the audit trail")
		fs.BoolVar(&f.allowInvalid, "allow-invalid", false, "archive broken documents as they are, with a warning for each problem")
		fs.BoolVar(&f.redactSecrets, "redact-secrets", false, "replace what looks like a credential, instead of refusing the archive")
		fs.StringArrayVar(&f.allowSecrets, "allow-secret", nil, "`WHAT` is no credential: RULE, RULE:/pointer (* and ** stand for tokens), or sha256:DIGEST of the value")
	})
	group(cmd, "Output", func(fs *pflag.FlagSet) {
		fs.StringVarP(&f.output, "output", "o", "", "`FILE` to write, s3://BUCKET/KEY or the like, or - for standard output")
		fs.BoolVar(&f.force, "force", false, "replace FILE if it exists")
		fs.StringVar(&f.archiveID, "archive-id", "", "`UUID` of the archive, version 7 (default: a new one)")
		fs.StringVar(&f.purpose, "purpose", manifest.PurposeManual, "`WHY`: manual, scheduled, insurance, drill or migration")
	})
	group(cmd, "Residency", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.record, "residency-record", "", "`FILE` (YAML or JSON) that says where the data lies, when the store does not")
	})
	a.residency.declare(cmd)
	f.keep.declare(cmd)
	group(cmd, "Signing", f.keyFlags.declare)
	group(cmd, "Encryption", func(fs *pflag.FlagSet) {
		f.seal.declare(fs, "archive")
		fs.BoolVar(&f.seal.plaintext, "plaintext", false, "do not encrypt, whatever the environment and the configuration folder say")
		a.unlock.declareService(fs)
	})
	return cmd
}

// checkOutput refuses places where an archive cannot go.
func (a *app) checkOutput(output string, keep *keepFlags) error {
	switch {
	case output == "":
		return usagef("for example -o acme.oa-archive", "create: -o FILE is missing")
	case output == stdio && a.json:
		return usagef("write to a file instead", "--json and -o - exclude each other: standard output is the archive")
	case output == stdio && a.term.OutIsTerminal:
		return usagef("redirect it, or give a file name", "an archive does not belong on a terminal")
	case output == stdio && keep.used():
		return usagef("give the location of an object", "standard output cannot be protected with --retain, --retain-until and --legal-hold")
	}
	if _, err := keep.end(time.Now()); err != nil {
		return err
	}
	_, _, err := a.locate(output)
	return err
}

func (a *app) create(ctx context.Context, f createFlags) (err error) {
	if err := a.checkOutput(f.output, &f.keep); err != nil {
		return err
	}
	spec, err := parseStore("--from", f.from)
	if err != nil {
		return err
	}
	wopts, err := a.writerOptions(f)
	if err != nil {
		return err
	}
	allowed, err := parseAllowedSecrets(f.allowSecrets)
	if err != nil {
		return err
	}
	recipients, err := f.seal.recipients(ctx, a)
	if err != nil {
		return err
	}
	signer, release, err := f.signer(ctx, a)
	if err != nil {
		return err
	}
	defer release()
	wopts.Signer, wopts.Unsigned = signer, f.unsigned

	s, err := openStore(ctx, spec, f.tenantID)
	if err != nil {
		return err
	}
	defer closeInto(&err, s)
	source, err := s.Snapshot(ctx)
	if err != nil {
		return at("store "+spec.String(), err)
	}
	defer closeInto(&err, source)

	rule, err := a.mayCreate(ctx, source, f, &wopts)
	if err != nil {
		return err
	}
	selection := tenant.Selection{Rows: f.rows, Audit: f.audit}
	if selection.Workspaces, err = findWorkspaces(ctx, source, f.workspaces); err != nil {
		return err
	}
	result := createJSON{File: f.output, Warnings: []string{}, Rule: rule}
	m, err := a.writeArchive(ctx, source, f, &envelope{recipients: recipients}, export.Options{
		Writer: wopts, Selection: selection, AllowInvalid: f.allowInvalid, RedactSecrets: f.redactSecrets, AllowSecrets: allowed, CheckRows: checkRows,
		Warn: func(p schema.Problem) {
			result.Warnings = append(result.Warnings, p.String())
			a.warn("%s", p)
		},
	}, &result.FileSize)
	if err != nil {
		return err
	}
	result.Archive, result.Coverage = render.NewArchive(m), render.NewCoverage(m)
	switch {
	case a.json:
		return a.printJSON(result)
	case f.output == stdio:
		return nil
	}
	p := a.out()
	p.Created(f.output, result.FileSize, m)
	return p.Err()
}

// mayCreate takes the residency record, if there is one, and asks the policy
// whether an archive of the tenant may go where it is to go.
func (a *app) mayCreate(ctx context.Context, source tenant.Source, f createFlags, wopts *archive.WriterOptions) (rule string, err error) {
	info, err := source.Tenant(ctx)
	if err != nil {
		return "", err
	}
	if f.record != "" {
		if wopts.Residency, err = readRecord(f.record, info); err != nil {
			return "", err
		}
	}
	return a.residency.permit(a, residency.DataOfTenant(info).Stated(wopts.Residency), f.output)
}

// parseAllowedSecrets reads the values of --allow-secret.
func parseAllowedSecrets(specs []string) ([]export.AllowedSecret, error) {
	var all []export.AllowedSecret
	for _, spec := range specs {
		what, rest, _ := strings.Cut(spec, ":")
		switch {
		case what == "sha256" && len(rest) == 64:
			all = append(all, export.AllowedSecret{SHA256: rest})
		case what != "" && what != "sha256" && (rest == "" || strings.HasPrefix(rest, "/")):
			all = append(all, export.AllowedSecret{Rule: strings.TrimPrefix(what, "secret-"), Pointer: rest})
		default:
			return nil, usagef("write RULE, RULE:/pointer or sha256:DIGEST", "--allow-secret: %q", spec)
		}
	}
	return all, nil
}

// writerOptions takes the time from SOURCE_DATE_EPOCH if it is set
// (reproducible-builds.org/specs/source-date-epoch).
func (a *app) writerOptions(f createFlags) (archive.WriterOptions, error) {
	opts := archive.WriterOptions{ID: f.archiveID, Purpose: f.purpose, Generator: generator()}
	if epoch := a.getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil || seconds < 0 {
			return opts, usagef("it is a number of seconds since 1970", "SOURCE_DATE_EPOCH: %q is not a time", epoch)
		}
		opts.Created = time.Unix(seconds, 0).UTC()
	}
	return opts, nil
}

// writeArchive exports to the file or to standard output.
func (a *app) writeArchive(ctx context.Context, source tenant.Source, f createFlags, sealed *envelope, opts export.Options, size *int64) (m *manifest.Manifest, err error) {
	var out io.Writer = a.term.Out
	commit := func() error { return nil }
	if f.output != stdio {
		file, err := a.createOutput(ctx, f.output, outputOptions{replace: f.force, unwrap: sealed.unwrap(ctx), keep: f.keep})
		if err != nil {
			return nil, err
		}
		defer closeInto(&err, file)
		out, commit = file, func() error { return file.Commit(ctx) }
	}
	counted := &countingWriter{w: out}
	err = a.progress(func(report progressFunc) error {
		counted.report = func(n int64) { report("archive", n, 0) }
		w, err := sealed.around(counted)
		if err != nil {
			return err
		}
		if m, err = export.Export(ctx, source, w, opts); err != nil {
			return err
		}
		if err := sealed.close(); err != nil {
			return err
		}
		return commit()
	})
	*size = counted.n
	return m, err
}

// A countingWriter counts what it passes on, and reports it.
type countingWriter struct {
	w      io.Writer
	n      int64
	report func(n int64)
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.report(c.n)
	return n, err
}
