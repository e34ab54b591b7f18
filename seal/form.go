package seal

import (
	"bytes"

	"filippo.io/age/armor"
)

// Extension is what names of encrypted archives end with, after the archive's
// own ".oa-archive". Nothing depends on it: files are known by what they begin
// with, see [Detect].
const Extension = ".age"

// A Form is how the bytes of an archive are wrapped.
type Form int

// The forms that [Detect] tells apart.
const (
	Plain   Form = iota // not encrypted, as far as the first bytes tell
	Binary              // encrypted
	Armored             // encrypted, then written as text (PEM)
)

// DetectSize is how many of the first bytes of a file [Detect] needs, unless the
// file is shorter.
const DetectSize = 64

// intro begins the first line of all versions of the format.
const intro = "age-encryption.org/"

// Detect returns the form of a file that begins with the given bytes.
func Detect(beginning []byte) Form {
	switch {
	case bytes.HasPrefix(beginning, []byte(intro)):
		return Binary
	case bytes.HasPrefix(bytes.TrimLeft(beginning, " \t\r\n"), []byte(armor.Header)):
		return Armored
	}
	return Plain
}
