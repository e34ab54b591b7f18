package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/residency"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/seal"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
)

// insuranceFlags say where what an import replaces goes, and who signs it.
type insuranceFlags struct {
	folder string
	none   bool
	key    keyFlags
	seal   sealFlags
}

func (f *insuranceFlags) declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.folder, "insurance", "", "keep the archive of what is replaced below `FOLDER` (default: OA_ARCHIVE_INSURANCE, then insurance in the state folder)")
	fs.BoolVar(&f.none, "no-insurance", false, "replace and delete without keeping anything: there will be no undo")
	fs.StringVar(&f.key.key, "sign-with", "", "OpenSSH private `KEY` file, or agent:…, that signs the insurance and the result (default: OA_ARCHIVE_KEY, then the configuration folder's key, then one that is made for insurance)")
	fs.StringVar(&f.key.passphraseFile, "passphrase-file", "", "`FILE` with the key's passphrase on its first line (default: OA_ARCHIVE_KEY_PASSPHRASE_FILE, then ask on the terminal)")
	f.seal.declareRecipients(fs)
}

func (f *insuranceFlags) check() error {
	if f.none && f.folder != "" {
		return usagef("leave one of them out", "--insurance and --no-insurance exclude each other")
	}
	return nil
}

// prepare loads the key and returns what insures the import, as far as either
// is needed. The caller calls release when the import is done.
func (f *insuranceFlags) prepare(ctx context.Context, a *app, spec storeSpec, who tenant.Info, insures, signs bool) (signer *sign.Signer, in *restore.Insurance, release func(), err error) {
	insures = insures && !f.none
	if !insures && !signs {
		return nil, nil, func() {}, nil
	}
	if signer, release, err = f.signer(ctx, a); err != nil {
		return nil, nil, release, fmt.Errorf("insurance: %w", err)
	}
	if insures {
		in, err = f.insurance(ctx, a, spec, who, signer)
	}
	return signer, in, release, err
}

// insurance returns what insures an import into the tenant.
func (f *insuranceFlags) insurance(ctx context.Context, a *app, spec storeSpec, who tenant.Info, signer *sign.Signer) (*restore.Insurance, error) {
	place, err := f.place(a, spec, who)
	if err != nil {
		return nil, err
	}
	if _, err := a.residency.permit(a, residency.DataOfTenant(who), string(place)); err != nil {
		return nil, at("insurance", err)
	}
	recipients, err := f.seal.recipients(ctx, a)
	if err != nil {
		return nil, err
	}
	if len(recipients) > 0 {
		return &restore.Insurance{Place: newSealedFolder(place, recipients), Signer: signer, Generator: generator()}, nil
	}
	if a.unlock.used {
		a.note("the archive is encrypted, but its insurance is not: name recipients with --recipient or OA_ARCHIVE_RECIPIENTS")
	}
	return &restore.Insurance{Place: place, Signer: signer, Generator: generator()}, nil
}

// place returns the folder in which imports into this tenant of this store,
// and no others, are insured.
func (f *insuranceFlags) place(a *app, spec storeSpec, who tenant.Info) (restore.InsuranceFolder, error) {
	base, err := f.base(a)
	if err != nil {
		return "", err
	}
	return restore.InsuranceFolder(filepath.Join(base, who.ID+"-"+spec.mark())), nil
}

func (f *insuranceFlags) base(a *app) (string, error) {
	if base := firstOf(f.folder, a.getenv("OA_ARCHIVE_INSURANCE")); base != "" {
		return base, nil
	}
	state, err := a.stateFolder()
	if err != nil {
		return "", err
	}
	return filepath.Join(state, "insurance"), nil
}

// mark tells the stores of one user from each other in eight digits.
func (s storeSpec) mark() string {
	place := s.String()
	if s.scheme != "postgres" {
		place = s.path
		if absolute, err := filepath.Abs(place); err == nil {
			place = absolute
		}
		if resolved, err := filepath.EvalSymlinks(place); err == nil {
			place = resolved
		}
		place = s.scheme + ":" + place
	}
	host, _ := os.Hostname() // without a name, the folder is only less telling
	sum := sha256.Sum256([]byte(host + "\x00" + place))
	return hex.EncodeToString(sum[:4])
}

// stateFolder is where the command keeps what it makes by itself: the folder
// oa-archive in $XDG_STATE_HOME or ~/.local/state (XDG base directory
// specification), on Windows in %LocalAppData%.
func (a *app) stateFolder() (string, error) {
	if dir := a.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, programName), nil
	}
	dir, err := os.UserHomeDir()
	if runtime.GOOS == "windows" {
		dir, err = os.UserCacheDir()
	} else {
		dir = filepath.Join(dir, ".local", "state")
	}
	if err != nil {
		return "", usagef("pass --insurance FOLDER and --sign-with KEY; --no-insurance leaves no way back", "there is no folder for insurance: %w", err)
	}
	return filepath.Join(dir, programName), nil
}

// signer loads the key that create would sign with or, when there is none, the
// one that was made for insurance. The caller calls release when it is done.
func (f *insuranceFlags) signer(ctx context.Context, a *app) (s *sign.Signer, release func(), err error) {
	if firstOf(f.key.key, a.getenv("OA_ARCHIVE_KEY"), a.configFile("key")) != "" {
		return f.key.signer(ctx, a)
	}
	path, err := a.insuranceKey()
	if err != nil {
		return nil, func() {}, err
	}
	s, err = f.key.fromFile(ctx, a, path)
	return s, func() {}, err
}

// insuranceKey returns the path of the key that signs insurance when nobody
// has named one. It is made at the first need, without a passphrase.
func (a *app) insuranceKey() (string, error) {
	state, err := a.stateFolder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(state, "insurance_key")
	if _, err := os.Lstat(path); err == nil {
		return path, nil
	}
	pair, err := sign.GenerateKey(rand.Reader, "insurance."+defaultPrincipal(), nil)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return "", err
	}
	// Written beside and linked, so that another import never reads half a key.
	temporary := fmt.Sprintf("%s.%d.partial", path, os.Getpid())
	if err := createFile(temporary, pair.PrivatePEM, 0o600); err != nil {
		return "", err
	}
	err = os.Link(temporary, path)
	if err = errors.Join(ignoring(err, fs.ErrExist), os.Remove(temporary)); err != nil {
		return "", err
	}
	if _, err := os.Lstat(path + ".pub"); errors.Is(err, fs.ErrNotExist) {
		_ = createFile(path+".pub", pair.AuthorizedKey(), 0o644) // for people; nothing here needs it
	}
	a.note("made a key to sign insurance with: %s", path)
	return path, nil
}

func ignoring(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}

// findInsurance returns the path of the archive that insures an import: where
// the flag says, where the journal says, or where it would be by default.
func (f *insuranceFlags) findInsurance(a *app, spec storeSpec, who tenant.Info, rec *tenant.ImportRecord) (string, error) {
	name := restore.InsuranceName(who.ID, rec.ID)
	var tried []string
	if f.folder != "" {
		if fi, err := os.Stat(f.folder); err == nil && !fi.IsDir() {
			return f.folder, nil
		}
		tried = append(tried, filepath.Join(f.folder, name))
		nested, _ := filepath.Glob(filepath.Join(f.folder, who.ID+"-*", name+"*")) // the pattern is well-formed
		tried = append(tried, nested...)
	} else {
		tried = append(tried, rec.Insurance)
	}
	if place, err := f.place(a, spec, who); err == nil {
		tried = append(tried, filepath.Join(string(place), name))
	}
	for _, path := range tried {
		tried = append(tried, path+seal.Extension)
	}
	for _, path := range tried {
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", &failure{
		exit: exitFailed, code: "no-such-insurance", err: fmt.Errorf("the insurance of import %s is not to be found: it was written to %q", rec.ID, rec.Insurance),
		hint: "if it was moved, say where to with --insurance FILE",
	}
}

// insuredBeside makes the insurance of an undo go where that of the import is.
func (f *insuranceFlags) insuredBeside(path string) {
	if f.folder == "" {
		return
	}
	if fi, err := os.Stat(f.folder); err == nil && !fi.IsDir() {
		f.folder = filepath.Dir(path)
	}
}
