package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"filippo.io/age"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/seal"
)

// sealFlags say to whom an archive is encrypted.
type sealFlags struct {
	to             []string
	files          []string
	ask            bool
	passphraseFile string
	keyID          string
	plaintext      bool
	about          string // what the names of the passphrase's flags begin with
}

func (s *sealFlags) declare(fs *pflag.FlagSet, about string) {
	s.about = about
	s.declareRecipients(fs)
	fs.BoolVar(&s.ask, about+"-passphrase", false, "encrypt with a passphrase, which is asked for on the terminal, instead")
	fs.StringVar(&s.passphraseFile, about+"-passphrase-file", "", "the same, with the passphrase on the first line of `FILE`")
}

func (s *sealFlags) declareRecipients(fs *pflag.FlagSet) {
	fs.StringArrayVar(&s.to, "recipient", nil, "encrypt to `WHOM`: age1…, \"ssh-ed25519 …\", or a file of such lines; repeat for more (default: OA_ARCHIVE_RECIPIENTS, a file, then the configuration folder's recipients)")
	fs.StringArrayVar(&s.files, "recipients-file", nil, "encrypt to everybody whom `FILE` lists, one a line; repeat for more")
	fs.StringVar(&s.keyID, "kms-key", "", "encrypt to the key of that `ID` of the service that --kms names (default: OA_ARCHIVE_KMS_KEY)")
}

// recipients returns to whom to encrypt, nobody for an archive in plaintext.
// Flags replace what the environment and the configuration folder say.
func (s *sealFlags) recipients(ctx context.Context, a *app) ([]age.Recipient, error) {
	public := len(s.to)+len(s.files) > 0 || s.keyID != ""
	secret := s.ask || s.passphraseFile != ""
	switch {
	case s.plaintext && (public || secret):
		return nil, usagef("leave one of them out", "--plaintext excludes recipients and passphrases")
	case s.plaintext:
		return nil, nil
	case public && secret:
		return nil, usagef("give the passphrase to an identity file instead", "a passphrase and recipients exclude each other")
	case secret:
		return s.fromPassphrase(ctx, a)
	}
	to, files, keyID := s.to, s.files, s.keyID
	if !public {
		keyID = a.getenv("OA_ARCHIVE_KMS_KEY")
		file := a.getenv("OA_ARCHIVE_RECIPIENTS")
		if file == "" && keyID == "" {
			file = a.configFile("recipients")
		}
		if file != "" {
			files = []string{file}
		}
	}
	return s.collect(ctx, a, to, files, keyID)
}

func (s *sealFlags) collect(ctx context.Context, a *app, to, files []string, keyID string) ([]age.Recipient, error) {
	var all []age.Recipient
	for _, whom := range to {
		if !seal.IsRecipient(whom) {
			files = append(files[:len(files):len(files)], whom)
			continue
		}
		r, err := seal.ParseRecipient(whom, a.pluginUI(ctx))
		if err != nil {
			return nil, at("--recipient", err)
		}
		all = append(all, r)
	}
	for _, file := range files {
		text, err := readSmall(file, seal.MaxKeyFile)
		if err != nil {
			return nil, at("recipients", err)
		}
		more, err := seal.ParseRecipients(bytes.NewReader(text), a.pluginUI(ctx))
		if err != nil {
			return nil, at(fmt.Sprintf("recipients %q", file), err)
		}
		all = append(all, more...)
	}
	if keyID == "" {
		return all, nil
	}
	service, err := a.unlock.keyService(a)
	if err != nil {
		return nil, err
	}
	if service == nil {
		return nil, usagef("pass --kms SERVICE or set OA_ARCHIVE_KMS", "no service has the key %q", keyID)
	}
	r, err := seal.KeyServiceRecipient(ctx, service, keyID)
	if err != nil {
		return nil, usagef("see docs/keys.md", "--kms-key: %w", err)
	}
	return append(all, r), nil
}

func (s *sealFlags) fromPassphrase(ctx context.Context, a *app) ([]age.Recipient, error) {
	passphrase, err := s.newPassphrase(ctx, a)
	if err != nil {
		return nil, err
	}
	r, err := seal.PassphraseRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	return []age.Recipient{r}, nil
}

func (s *sealFlags) newPassphrase(ctx context.Context, a *app) ([]byte, error) {
	if s.passphraseFile != "" {
		return readPassphrase(s.passphraseFile)
	}
	var answers [2][]byte
	for i, question := range []string{"New passphrase of the archive: ", "The same again: "} {
		var err error
		if answers[i], err = a.term.AskSecret(ctx, question); err != nil {
			return nil, passphraseUnavailable(err, "pass --"+s.about+"-passphrase-file FILE")
		}
	}
	switch {
	case len(answers[0]) == 0:
		return nil, &failure{exit: exitFailed, code: "passphrase", err: errors.New("the passphrase is empty"), hint: "try again; nothing was written"}
	case !bytes.Equal(answers[0], answers[1]):
		return nil, &failure{exit: exitFailed, code: "passphrase", err: errors.New("the passphrases differ"), hint: "try again; nothing was written"}
	}
	return answers[0], nil
}
