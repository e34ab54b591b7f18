package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/terminal"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/sign/sshagent"
)

// keyFlags say which key signs.
type keyFlags struct {
	key            string
	passphraseFile string
	unsigned       bool
}

func (k *keyFlags) declare(fs *pflag.FlagSet) {
	fs.StringVar(&k.key, "sign-with", "", "OpenSSH private `KEY` file, or agent:FINGERPRINT or agent:COMMENT for a key in ssh-agent (default: OA_ARCHIVE_KEY, then the configuration folder's key)")
	fs.StringVar(&k.passphraseFile, "passphrase-file", "", "`FILE` with the key's passphrase on its first line (default: OA_ARCHIVE_KEY_PASSPHRASE_FILE, then ask on the terminal)")
	fs.BoolVar(&k.unsigned, "unsigned", false, "make an archive without signatures, which readers refuse unless told otherwise")
}

const agentPrefix = "agent:"

// signer loads the key. It returns nil for an unsigned archive. The caller
// calls release when it is done with the signer.
func (k *keyFlags) signer(ctx context.Context, a *app) (s *sign.Signer, release func(), err error) {
	release = func() {}
	if k.unsigned {
		if k.key != "" {
			return nil, release, usagef("leave one of them out", "--unsigned and --sign-with exclude each other")
		}
		return nil, release, nil
	}
	name := firstOf(k.key, a.getenv("OA_ARCHIVE_KEY"), a.configFile("key"))
	if name == "" {
		return nil, release, usagef("make a key with `oa-archive keygen -o FILE` and pass --sign-with FILE, or pass --unsigned", "no key to sign with")
	}
	if id, ok := strings.CutPrefix(name, agentPrefix); ok {
		agent, err := sshagent.Open(ctx, a.getenv("SSH_AUTH_SOCK"))
		if err != nil {
			return nil, release, err
		}
		s, err := agent.Find(id)
		if err != nil {
			return nil, release, errors.Join(err, agent.Close())
		}
		return s, func() { _ = agent.Close() }, nil
	}
	s, err = k.fromFile(ctx, a, name)
	return s, release, err
}

func (k *keyFlags) fromFile(ctx context.Context, a *app, path string) (*sign.Signer, error) {
	pem, err := readSmall(path, sign.MaxPrivateKeySize)
	if err != nil {
		return nil, at("key", err)
	}
	s, err := sign.ParsePrivateKey(pem, func() ([]byte, error) { return k.passphrase(ctx, a, path) })
	if err != nil {
		return nil, at(fmt.Sprintf("key %q", path), err)
	}
	return s, nil
}

func (k *keyFlags) passphrase(ctx context.Context, a *app, keyPath string) ([]byte, error) {
	if file := firstOf(k.passphraseFile, a.getenv("OA_ARCHIVE_KEY_PASSPHRASE_FILE")); file != "" {
		return readPassphrase(file)
	}
	secret, err := a.term.AskSecret(ctx, fmt.Sprintf("Passphrase for %q: ", keyPath))
	if err != nil {
		return nil, passphraseUnavailable(err, "pass --passphrase-file FILE or set OA_ARCHIVE_KEY_PASSPHRASE_FILE")
	}
	return secret, nil
}

// passphraseUnavailable is the error for a question that could not be asked.
// One that was asked and interrupted is no failure of that kind.
func passphraseUnavailable(err error, hint string) error {
	if !errors.Is(err, terminal.ErrNoTerminal) {
		return err
	}
	return &failure{exit: exitFailed, code: "passphrase", err: fmt.Errorf("a passphrase is needed: %w", err), hint: hint}
}

// maxPassphrase bounds a passphrase file.
const maxPassphrase = 64 << 10

// readPassphrase returns the first line of a file.
func readPassphrase(path string) ([]byte, error) {
	b, err := readSmall(path, maxPassphrase)
	if err != nil {
		return nil, at("passphrase", err)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return nil, fmt.Errorf("passphrase: %q begins with an empty line", path)
	}
	return line, nil
}

// readSmall reads a file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%q is larger than %d bytes", path, limit)
	}
	return b, nil
}
