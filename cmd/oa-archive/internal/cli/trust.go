package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/sign"
)

// trustFlags say whom to trust and what to accept without trust.
type trustFlags struct {
	allowed       string
	revoked       string
	notOlderThan  string
	allowUnknown  bool
	allowUnsigned bool

	cmd *cobra.Command
}

func (t *trustFlags) declare(cmd *cobra.Command) {
	t.cmd = cmd
	group(cmd, "Trust", func(fs *pflag.FlagSet) {
		fs.StringVar(&t.allowed, "trust", "", "allowed_signers `FILE` that names whom to trust (default: OA_ARCHIVE_TRUST, then the configuration folder's allowed_signers; \"\" for nobody)")
		fs.StringVar(&t.revoked, "revoked", "", "`FILE` of keys to refuse (default: OA_ARCHIVE_REVOKED, then the configuration folder's revoked_keys)")
		fs.StringVar(&t.notOlderThan, "not-older-than", "", "refuse archives made before `TIME`: 2026-11-21, 2026-11-21T08:00:00Z, 36h or 7d")
		fs.BoolVar(&t.allowUnknown, "allow-unknown-signer", false, "accept an intact archive when no file says whom to trust")
		fs.BoolVar(&t.allowUnsigned, "allow-unsigned", false, "accept an archive that was made without signatures")
	})
}

// options returns the reading options that the flags, the environment and the
// configuration folder ask for. Trust itself is judged by [trustFlags.judge]
// once the signer is known.
func (t *trustFlags) options(a *app, now time.Time) (archive.Options, error) {
	opts := archive.Options{AllowUnsigned: t.allowUnsigned}
	var err error
	if path := t.path(a, "trust", t.allowed, "OA_ARCHIVE_TRUST", "allowed_signers"); path != "" {
		if opts.Policy.Allowed, err = readTrust(path, sign.ParseAllowedSigners); err != nil {
			return opts, at("trust", err)
		}
	}
	if path := t.path(a, "revoked", t.revoked, "OA_ARCHIVE_REVOKED", "revoked_keys"); path != "" {
		if opts.Policy.Revoked, err = readTrust(path, sign.ParseRevocations); err != nil {
			return opts, at("revoked", err)
		}
	}
	if t.notOlderThan != "" {
		if opts.NotOlderThan, err = parseTime(t.notOlderThan, now); err != nil {
			return opts, usagef("write it like 2026-11-21, 2026-11-21T08:00:00Z, 36h or 7d", "--not-older-than: %w", err)
		}
	}
	return opts, nil
}

// path finds a file: the flag, even when empty, goes before the environment,
// and that before the configuration folder.
func (t *trustFlags) path(a *app, flag, value, env, config string) string {
	if t.cmd.Flags().Changed(flag) {
		return value
	}
	if v := a.getenv(env); v != "" {
		return v
	}
	return a.configFile(config)
}

func readTrust[T any](path string, parse func(io.Reader) (*T, error)) (*T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	parsed, err := parse(f)
	if err != nil {
		return nil, at(strconv.Quote(path), err)
	}
	return parsed, nil
}

// The results that a check of an archive can have, as --json spells them.
const (
	resultTrusted   = "trusted"
	resultUntrusted = "untrusted"
	resultUnknown   = "unknown-signer"
	resultUnsigned  = "unsigned"
	resultDamaged   = "damaged"
)

// signerResult is the result for an archive that is intact.
func signerResult(signed bool, v sign.Verdict) string {
	switch {
	case !signed:
		return resultUnsigned
	case v.Level == sign.LevelTrusted:
		return resultTrusted
	case v.Level == sign.LevelUntrusted:
		return resultUntrusted
	}
	return resultUnknown
}

// judge returns nil if an intact archive is acceptable, else why not.
func (t *trustFlags) judge(signed bool, v sign.Verdict) error {
	switch signerResult(signed, v) {
	case resultTrusted:
		return nil
	case resultUnsigned:
		if t.allowUnsigned {
			return nil
		}
		return &failure{exit: exitSignature, code: "unsigned", err: errors.New("the archive is not signed"), hint: hintUnsigned}
	case resultUntrusted:
		return &failure{
			exit: exitSignature, code: "untrusted", hint: untrustedHint(v.Reason),
			err: fmt.Errorf("the archive is signed, but not by somebody you trust: %w (%s)", v.Reason, v.Key.Fingerprint()),
		}
	}
	if t.allowUnknown {
		return nil
	}
	return &failure{
		exit: exitSignature, code: "unknown-signer", hint: hintTrust + ", or pass --allow-unknown-signer",
		err: fmt.Errorf("the archive is intact, but its signer is unknown (%s): no file says whom to trust", v.Key.Fingerprint()),
	}
}

// opened is an archive with the input that it reads from.
type opened struct {
	*archive.Archive
	in *input
}

func (o *opened) Close() error { return o.in.Close() }

// member returns the verified content of an entry, of the manifest or of a
// signature. The latter two are small and no entries.
func (o *opened) member(ctx context.Context, path string) (io.ReadCloser, error) {
	if _, ok := o.Entry(path); ok {
		return o.OpenEntry(ctx, path)
	}
	return o.Archive.Open(path)
}

// document returns a whole member of at most the limit for documents.
func (o *opened) document(ctx context.Context, path string) ([]byte, error) {
	if _, ok := o.Entry(path); ok {
		return o.ReadDocument(ctx, path, 0)
	}
	return o.ReadFile(path)
}

// openToLook opens an archive for a verb that shows it: whoever signed it, or
// nobody, as long as it is intact. The caller shows the verdict.
func (a *app) openToLook(ctx context.Context, file string, t *trustFlags) (*opened, error) {
	opts, err := t.options(a, time.Now())
	if err != nil {
		return nil, err
	}
	opts.AllowUnsigned = true
	return a.open(ctx, file, opts)
}

// openToUse opens an archive for a verb that acts on what it says: the flags
// decide whether its signer is good enough.
func (a *app) openToUse(ctx context.Context, file string, t *trustFlags) (*opened, error) {
	opts, err := t.options(a, time.Now())
	if err != nil {
		return nil, err
	}
	// An unsigned archive opens, so that the message of judge is given.
	opts.AllowUnsigned = true
	o, err := a.open(ctx, file, opts)
	if err != nil {
		return nil, err
	}
	if err := t.judge(o.Signed(), o.Verdict()); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// openToRead opens an archive for a verb that hands out its content. Once
// somebody has said whom to trust, that holds; otherwise a note tells that the
// signer is unknown. Unsigned archives must be allowed.
func (a *app) openToRead(ctx context.Context, file string, t *trustFlags) (*opened, error) {
	o, err := a.openToLook(ctx, file, t)
	if err != nil {
		return nil, err
	}
	if signerResult(o.Signed(), o.Verdict()) != resultUnknown {
		if err := t.judge(o.Signed(), o.Verdict()); err != nil {
			return nil, errors.Join(err, o.Close())
		}
	}
	if !t.allowUnknown && !t.allowUnsigned {
		a.noteSigner(o)
	}
	return o, nil
}

func (a *app) open(ctx context.Context, file string, opts archive.Options) (*opened, error) {
	in, err := a.openInput(ctx, file)
	if err != nil {
		return nil, err
	}
	ar, err := archive.Open(ctx, in, in.size, opts)
	if err != nil {
		return nil, errors.Join(at(in.name, err), in.Close())
	}
	return &opened{Archive: ar, in: in}, nil
}

// noteSigner tells on standard error when nothing vouches for what a verb
// hands out.
func (a *app) noteSigner(o *opened) {
	switch signerResult(o.Signed(), o.Verdict()) {
	case resultUnknown:
		a.note("intact, but the signer is unknown (%s); %s", o.Verdict().Key.Fingerprint(), hintTrust)
	case resultUntrusted:
		a.warn("signed, but not by somebody you trust: %v (%s)", o.Verdict().Reason, o.Verdict().Key.Fingerprint())
	case resultUnsigned:
		a.warn("the archive is not signed: nothing vouches for its content")
	}
}

// parseTime reads a time, a date (its beginning, in UTC), or a span before now.
func parseTime(s string, now time.Time) (time.Time, error) {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	span, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if span, err = time.ParseDuration(days + "h"); span > math.MaxInt64/24 {
			err = errors.New("too long")
		}
		span *= 24
	}
	if err != nil || span < 0 {
		return time.Time{}, fmt.Errorf("%q is neither a time nor a span", s)
	}
	return now.Add(-span), nil
}
