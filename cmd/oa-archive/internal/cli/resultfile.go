package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/sign"
)

// resultFlags say where the result's document goes.
type resultFlags struct {
	file   string
	signed bool
}

func (f *resultFlags) declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.file, "result", "", "write the result, a JSON document with the proof of what the tenant holds, to `FILE`")
	fs.BoolVar(&f.signed, "sign-result", false, "sign it too, to FILE.sig, as ssh-keygen -Y verify checks it")
}

// check refuses a file that could not be written once the import is done.
func (f *resultFlags) check() error {
	if f.signed && f.file == "" {
		return usagef("add --result FILE", "--sign-result: there is no result to sign")
	}
	for _, path := range f.paths() {
		_, err := os.Lstat(path)
		if err == nil {
			return &failure{exit: exitFailed, code: "exists", err: fmt.Errorf("%q exists already", path), hint: "choose another name for --result"}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return at("result", err)
		}
	}
	return nil
}

func (f *resultFlags) paths() []string {
	switch {
	case f.file == "":
		return nil
	case f.signed:
		return []string{f.file, f.file + ".sig"}
	}
	return []string{f.file}
}

// write writes the document and, if asked for, its signature.
func (f *resultFlags) write(result *restore.Result, signer *sign.Signer) error {
	if f.file == "" {
		return nil
	}
	doc, err := result.Marshal()
	if err != nil {
		return err
	}
	err = createFile(f.file, doc, 0o644)
	if err == nil && f.signed {
		var signature []byte
		if signature, err = restore.SignResult(signer, doc); err == nil {
			err = createFile(f.file+".sig", signature, 0o644)
		}
	}
	return at("the import is done, but its result could not be written", err)
}
