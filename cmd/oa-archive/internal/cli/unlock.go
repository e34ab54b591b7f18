package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/seal"
)

// unlockFlags say what opens encrypted archives.
type unlockFlags struct {
	files          []string
	keyPassphrase  string // file
	passphraseFile string // of the archive
	service        string

	unattended bool // ask nobody, run nothing
	remains    bool // open what is left of damaged files
	used       bool // an encrypted archive was opened
}

func (u *unlockFlags) declare(cmd *cobra.Command) {
	group(cmd, "Encrypted archives", func(fs *pflag.FlagSet) {
		fs.StringArrayVar(&u.files, "identity", nil, "`FILE` with keys that open the archive: of age, of its plugins, or an SSH key; repeat for more (default: OA_ARCHIVE_IDENTITY, then the configuration folder's identities)")
		fs.StringVar(&u.keyPassphrase, "identity-passphrase-file", "", "`FILE` with the passphrase of such a file on its first line (default: OA_ARCHIVE_IDENTITY_PASSPHRASE_FILE, then ask on the terminal)")
		fs.StringVar(&u.passphraseFile, "archive-passphrase-file", "", "`FILE` with the archive's own passphrase on its first line (default: OA_ARCHIVE_PASSPHRASE_FILE, then ask on the terminal)")
		u.declareService(fs)
	})
}

func (u *unlockFlags) declareService(fs *pflag.FlagSet) {
	fs.StringVar(&u.service, "kms", "", "`SERVICE` that keeps keys: file:PATH for a key ring (default: OA_ARCHIVE_KMS)")
}

const keyRingPrefix = "file:"

// keyService opens the key service. It returns nil when there is none.
func (u *unlockFlags) keyService(a *app) (seal.KeyService, error) {
	name := firstOf(u.service, a.getenv("OA_ARCHIVE_KMS"))
	if name == "" {
		return nil, nil
	}
	path, ok := strings.CutPrefix(name, keyRingPrefix)
	if !ok {
		return nil, usagef("write file:PATH for a key ring; for other services, use an age plugin", "--kms: unknown service %q", name)
	}
	text, err := readSmall(path, seal.MaxKeyFile)
	if err != nil {
		return nil, at("key ring", err)
	}
	ring, err := seal.ParseKeyRing(bytes.NewReader(text))
	if err != nil {
		return nil, at(fmt.Sprintf("key ring %q", path), err)
	}
	return ring, nil
}

// identities returns everything that may open an archive. Passphrases are asked
// for, and plugins run, when an archive needs them.
func (u *unlockFlags) identities(ctx context.Context, a *app) ([]age.Identity, error) {
	all := []age.Identity{seal.Passphrase(func() ([]byte, error) {
		return u.secret(ctx, a, firstOf(u.passphraseFile, a.getenv("OA_ARCHIVE_PASSPHRASE_FILE")), "Passphrase of the archive: ",
			"pass --archive-passphrase-file FILE or set OA_ARCHIVE_PASSPHRASE_FILE")
	})}
	service, err := u.keyService(a)
	if err != nil {
		return nil, err
	}
	if service != nil {
		all = append(all, seal.KeyServiceIdentity(ctx, service))
	}
	files := u.files
	if files == nil {
		if file := firstOf(a.getenv("OA_ARCHIVE_IDENTITY"), a.configFile("identities")); file != "" {
			files = []string{file}
		}
	}
	for _, file := range files {
		if file == "" {
			continue // switches the default off
		}
		ids, err := u.readIdentities(ctx, a, file)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

func (u *unlockFlags) readIdentities(ctx context.Context, a *app, file string) ([]age.Identity, error) {
	text, err := readSmall(file, seal.MaxKeyFile)
	if err != nil {
		return nil, at("identity", err)
	}
	ids, err := seal.ParseIdentities(text, seal.IdentityOptions{
		Passphrase: func() ([]byte, error) {
			return u.secret(ctx, a, firstOf(u.keyPassphrase, a.getenv("OA_ARCHIVE_IDENTITY_PASSPHRASE_FILE")), fmt.Sprintf("Passphrase for %q: ", file),
				"pass --identity-passphrase-file FILE or set OA_ARCHIVE_IDENTITY_PASSPHRASE_FILE")
		},
		UI: a.pluginUI(ctx),
	})
	if err != nil {
		return nil, at(fmt.Sprintf("identity %q", file), err)
	}
	if u.unattended {
		ids = withoutPlugins(ids)
	}
	return ids, nil
}

func withoutPlugins(ids []age.Identity) []age.Identity {
	var kept []age.Identity
	for _, id := range ids {
		if _, isPlugin := id.(*plugin.Identity); !isPlugin {
			kept = append(kept, id)
		}
	}
	return kept
}

// secret reads a passphrase from its file or asks for it.
func (u *unlockFlags) secret(ctx context.Context, a *app, file, question, hint string) ([]byte, error) {
	if file != "" {
		return readPassphrase(file)
	}
	if u.unattended {
		return nil, errors.New("a passphrase is needed")
	}
	secret, err := a.term.AskSecret(ctx, question)
	if err != nil {
		return nil, passphraseUnavailable(err, hint)
	}
	return secret, nil
}

// formOf looks at the beginning of a file.
func formOf(f io.ReaderAt) (seal.Form, error) {
	beginning := make([]byte, seal.DetectSize)
	n, err := f.ReadAt(beginning, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return seal.Detect(beginning[:n]), nil
}

// sealed is an encrypted file, open for random access to what is in it.
type sealed interface {
	io.ReaderAt
	Size() int64
}

// openSealed opens an encrypted file for random access.
func (a *app) openSealed(ctx context.Context, f io.ReaderAt, size int64) (sealed, error) {
	ids, err := a.unlock.identities(ctx, a)
	if err != nil {
		return nil, err
	}
	a.unlock.used = true
	if a.unlock.remains {
		return seal.OpenDamaged(ctx, f, size, ids...)
	}
	return seal.Open(ctx, f, size, ids...)
}

// decrypted returns the archive in a stream that may be encrypted.
func (a *app) decrypted(ctx context.Context, r io.Reader) (io.Reader, error) {
	ahead := bufio.NewReaderSize(r, 64<<10)
	beginning, err := ahead.Peek(seal.DetectSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if seal.Detect(beginning) == seal.Plain {
		return ahead, nil
	}
	ids, err := a.unlock.identities(ctx, a)
	if err != nil {
		return nil, err
	}
	a.unlock.used = true
	return seal.NewReader(ctx, ahead, ids...)
}

// sealFailure is about encryption.
func sealFailure(err error) (failure, bool) {
	var locked *seal.LockedError
	var missing *plugin.NotFoundError
	switch {
	case errors.As(err, &locked):
		return failure{exit: exitFailed, code: "no-identity", hint: lockedHint(locked)}, true
	case errors.As(err, &missing):
		return failure{exit: exitFailed, code: "no-plugin", hint: fmt.Sprintf("install the program age-plugin-%s in one of the folders in PATH", missing.Name)}, true
	case errors.Is(err, seal.ErrDamaged):
		return failure{exit: exitDamaged, code: "damaged", hint: "fetch the file again, or take another copy; `oa-archive recover FILE` looks for what is left"}, true
	case errors.Is(err, seal.ErrTooCostly):
		return failure{exit: exitFailed, code: "too-costly", hint: "if you trust where it comes from, decrypt it with `age --decrypt` first"}, true
	case errors.Is(err, seal.ErrMixed):
		return failure{exit: exitUsage, code: "usage", hint: "make one archive for each kind, or choose one kind"}, true
	case errors.Is(err, seal.ErrNoKey):
		return failure{exit: exitFailed, code: "bad-key", hint: "see docs/keys.md for what such files hold"}, true
	case errors.Is(err, seal.ErrUnknownKey):
		return failure{exit: exitFailed, code: "no-such-key", hint: "look at --kms and --kms-key"}, true
	}
	return failure{}, false
}

// lockedHint says how to give what opens an archive.
func lockedHint(locked *seal.LockedError) string {
	switch {
	case locked.Passphrase() && locked.Identities > 0:
		return "the passphrase is wrong: type it again, or look into the file that --archive-passphrase-file names"
	case locked.Passphrase():
		return "pass --archive-passphrase-file FILE, or run it on a terminal to be asked"
	case locked.KeyService():
		return "pass --kms SERVICE or --identity FILE, whose owner is one of them"
	}
	return "pass --identity FILE, or set OA_ARCHIVE_IDENTITY, with the secret key of one of them"
}
