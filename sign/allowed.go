package sign

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// AllowedSigners is a parsed allowed_signers file: which keys belong to which
// principals, for which namespaces, and when. It is immutable and safe for
// concurrent use. The zero value allows nobody.
type AllowedSigners struct {
	grants  map[PublicKey][]grant
	count   int
	skipped []SkippedLine
}

// A SkippedLine is a well-formed line of an allowed_signers file whose key cannot
// sign archives, such as an RSA key.
type SkippedLine struct {
	Line       int    // from 1
	Principals string // the line's first field
	Reason     error  // wraps ErrKeyType
}

// grant is what one line says about its key.
type grant struct {
	line       int
	principals string
	options    lineOptions
}

// ParseAllowedSigners reads a file in the format that ssh-keygen(1) describes
// under ALLOWED SIGNERS, one key a line:
//
//	principals [option,…] keytype base64-key [comment]
//
// Principals are a list of patterns, in quotes if they hold spaces. The options
// are namespaces="PATTERNS", valid-after="TIME" and valid-before="TIME", where a
// TIME is YYYYMMDD or YYYYMMDDHHMM[SS], in UTC with or without a final Z. Empty
// lines and lines that begin with # are ignored. The package comment lists the
// differences from ssh-keygen.
//
// A line that breaks the grammar, asks for cert-authority or names an unknown
// option fails the whole file with a [*LineError]. Lines with keys of other types
// are skipped; see [AllowedSigners.Skipped]. A file beyond [MaxTrustFileSize] or
// [MaxTrustLines] gives [ErrTooLarge].
func ParseAllowedSigners(r io.Reader) (*AllowedSigners, error) {
	text, err := readTrustFile(r, allowedSignersFile)
	if err != nil {
		return nil, err
	}
	signers := &AllowedSigners{grants: make(map[PublicKey][]grant)}
	for number, line := range lines(text) {
		if err := signers.add(number, line); err != nil {
			return nil, &LineError{File: allowedSignersFile, Line: number, Err: err}
		}
	}
	return signers, nil
}

func (a *AllowedSigners) add(number int, line string) error {
	if _, err := parseKeyText(line); err == nil {
		return errors.New("the line begins with the key: put the principals before it")
	}
	principals, rest, err := cutPrincipals(line)
	if err != nil {
		return err
	}
	var options lineOptions
	if word, _ := cutField(rest); !isKeyAlgorithm(word) {
		if options, rest, err = cutOptions(rest); err != nil {
			return err
		}
	}
	text, err := parseKeyText(rest)
	if err != nil {
		return err
	}
	if text.algorithm != keyAlgorithm {
		a.skipped = append(a.skipped, SkippedLine{Line: number, Principals: principals, Reason: keyTypeError(text.algorithm)})
		return nil
	}
	key, err := text.publicKey()
	if err != nil {
		return err
	}
	a.grants[key] = append(a.grants[key], grant{line: number, principals: principals, options: options})
	a.count++
	return nil
}

// Skipped returns the lines that were skipped for their type of key, in order.
// The slice is the caller's.
func (a *AllowedSigners) Skipped() []SkippedLine {
	return append([]SkippedLine(nil), a.skipped...)
}

// Len returns the number of lines that allow a key.
func (a *AllowedSigners) Len() int { return a.count }

// cutPrincipals splits the first field off a line that does not begin with space.
func cutPrincipals(line string) (principals, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		if principals, rest, ok = strings.Cut(quoted, `"`); !ok {
			return "", "", errors.New("the quote that opens the principals is not closed")
		}
		if rest != "" && strings.IndexAny(rest, fieldSpace) != 0 {
			return "", "", errors.New("text follows the quoted principals without a space")
		}
		rest = strings.Trim(rest, fieldSpace)
	} else {
		principals, rest = cutField(line)
	}
	if strings.Contains(principals, `"`) {
		return "", "", errors.New("a quote inside the principals: quote all of them or none")
	}
	if err := checkPrintable(principals); err != nil {
		return "", "", fmt.Errorf("principals: %w", err)
	}
	patterns, err := parsePatternList(principals)
	if err != nil {
		return "", "", fmt.Errorf("principals: %w", err)
	}
	if !patterns.hasPositive() {
		return "", "", errors.New("the principals name nobody")
	}
	if rest == "" {
		return "", "", errors.New("the key is missing: want principals, options if any, and a key")
	}
	return principals, rest, nil
}
