package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/sign"
)

// keygenJSON is the --json output of keygen.
type keygenJSON struct {
	PrivateKey     string `json:"private_key"` // path of the file
	PublicKey      string `json:"public_key"`  // path of the file
	Fingerprint    string `json:"fingerprint"`
	Principal      string `json:"principal"`
	AllowedSigners string `json:"allowed_signers"` // the line, without its newline
	Encrypted      bool   `json:"encrypted"`       // the private key has a passphrase
}

type keygenFlags struct {
	output         string
	principal      string
	comment        string
	passphraseFile string
	noPassphrase   bool
}

func keygenVerb(a *app) *cobra.Command {
	var f keygenFlags
	cmd := &cobra.Command{
		Use:   "keygen -o FILE",
		Short: "make a key pair to sign archives with",
		Long: `Make an Ed25519 key pair in OpenSSH's format: FILE for the private key, readable
by you alone, and FILE.pub. The line that makes readers trust the key is printed
on standard output; append it to the allowed_signers file that they use.

Any Ed25519 key that ssh-keygen made serves as well.`,
		Example: `oa-archive keygen -o backup.key --principal backup@acme.example >> allowed_signers
oa-archive keygen -o ci.key --principal ci@acme.example --no-passphrase
oa-archive keygen -o ~/.config/oa-archive/key --passphrase-file secret.txt`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.keygen(cmd.Context(), f) },
	}
	group(cmd, "Flags", func(fs *pflag.FlagSet) {
		fs.StringVarP(&f.output, "output", "o", "", "private key `FILE`; the public key goes to FILE.pub")
		fs.StringVar(&f.principal, "principal", "", "`NAME` that readers will see as the signer (default: user@host)")
		fs.StringVar(&f.comment, "comment", "", "`TEXT` in the key files (default: the principal)")
		fs.StringVar(&f.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase on its first line (default: ask on the terminal)")
		fs.BoolVar(&f.noPassphrase, "no-passphrase", false, "leave the private key unencrypted")
	})
	return cmd
}

func (a *app) keygen(ctx context.Context, f keygenFlags) error {
	switch {
	case f.output == "":
		return usagef("for example -o backup.key", "keygen: -o FILE is missing")
	case f.noPassphrase && f.passphraseFile != "":
		return usagef("leave one of them out", "--no-passphrase and --passphrase-file exclude each other")
	}
	principal := firstOf(f.principal, defaultPrincipal())
	if err := sign.CheckPrincipal(principal); err != nil {
		return usagef("choose something like backup@acme.example", "--principal: %w", err)
	}
	public := f.output + ".pub"
	for _, path := range []string{f.output, public} {
		if _, err := os.Lstat(path); err == nil {
			return &failure{exit: exitFailed, code: "exists", err: fmt.Errorf("%q exists already", path), hint: "keys are never replaced: choose another name"}
		}
	}
	passphrase, err := a.newPassphrase(ctx, f)
	if err != nil {
		return err
	}
	pair, err := sign.GenerateKey(rand.Reader, firstOf(f.comment, principal), passphrase)
	if err != nil {
		return err
	}
	if err := createFile(f.output, pair.PrivatePEM, 0o600); err != nil {
		return err
	}
	if err := createFile(public, pair.AuthorizedKey(), 0o644); err != nil {
		return errors.Join(err, os.Remove(f.output))
	}
	line := pair.AllowedSignersLine(principal)
	if a.json {
		return a.printJSON(keygenJSON{
			PrivateKey: f.output, PublicKey: public, Fingerprint: pair.Public.Fingerprint(),
			Principal: principal, AllowedSigners: string(bytes.TrimSuffix(line, []byte("\n"))), Encrypted: len(passphrase) > 0,
		})
	}
	a.note("wrote %s and %s, %s", render.Escape(f.output), render.Escape(public), pair.Public.Fingerprint())
	a.note("append this line to the allowed_signers file of whoever reads your archives:")
	_, err = a.term.Out.Write(line)
	return err
}

// newPassphrase returns the passphrase for a new key, nil for none.
func (a *app) newPassphrase(ctx context.Context, f keygenFlags) ([]byte, error) {
	switch {
	case f.noPassphrase:
		return nil, nil
	case f.passphraseFile != "":
		return readPassphrase(f.passphraseFile)
	}
	first, err := a.term.AskSecret(ctx, "New passphrase (empty for none): ")
	if err != nil {
		return nil, passphraseUnavailable(err, "pass --passphrase-file FILE or --no-passphrase")
	}
	second, err := a.term.AskSecret(ctx, "The same again: ")
	if err != nil {
		return nil, passphraseUnavailable(err, "pass --passphrase-file FILE or --no-passphrase")
	}
	if !bytes.Equal(first, second) {
		return nil, &failure{exit: exitFailed, code: "passphrase", err: errors.New("the passphrases differ"), hint: "try again; no key was written"}
	}
	return first, nil
}

func defaultPrincipal() string {
	who := "user"
	if u, err := user.Current(); err == nil && u.Username != "" {
		who = filepath.Base(u.Username)
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	return who + "@" + host
}

// createFile writes a file that must not exist yet, complete or not at all.
func createFile(path string, content []byte, perm os.FileMode) error {
	return createFileOf(path, perm, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// createFileOf is createFile for a content that is written in parts.
func createFileOf(path string, perm os.FileMode, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}
