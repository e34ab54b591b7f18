package export

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/docedit"
	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
)

// withheldHash stands in an archive where the source had the hash of a
// password. No password has it, so what was protected stays shut until somebody
// sets a new one; a missing member could pass for "needs no password".
const withheldHash = `"[redacted:password-hash]"`

// passwordHashesKind is what the coverage section calls them.
const passwordHashesKind = "password_hashes"

// withoutPasswords returns a document of JSON with the hashes of passwords
// withheld, those of people and of links, and their number. The error says why
// one that may hold some cannot be rid of them. checked says that the document
// is known to be strict JSON.
func withoutPasswords(kind layout.Kind, doc []byte, checked bool) (clean []byte, withheld int, err error) {
	if kind == layout.Model || !mayHoldPasswords(doc) {
		return doc, 0, nil
	}
	if !checked {
		if err := strictjson.Check(doc, strictjson.Limits{}); err != nil {
			if !bytes.Contains(doc, []byte("password_hash")) {
				err = nil
			}
			return doc, 0, err
		}
	}
	if !namesPasswordHash(doc) {
		return doc, 0, nil
	}
	var pointers []string
	passwordHashes(doc, "", &pointers)
	if len(pointers) == 0 {
		return doc, 0, nil
	}
	if clean, err = withhold(doc, pointers); err != nil {
		return doc, 0, err
	}
	return clean, len(pointers), nil
}

// passwords files what withoutPasswords found in the document at path.
func (x *exporter) passwords(path string, withheld int, err error) {
	x.withheld += int64(withheld)
	if err != nil {
		x.secrets.Problems = append(x.secrets.Problems, schema.Problem{
			Path: path, Rule: "secret-password-hash", Text: fmt.Sprintf("it may hold the hash of a password, which cannot be taken out: %v", err),
		})
	}
}

func withhold(doc []byte, pointers []string) ([]byte, error) {
	e, err := docedit.NewEditor(doc)
	if err != nil {
		return nil, err
	}
	for _, p := range pointers {
		if err := e.Set(p, []byte(withheldHash)); err != nil {
			return nil, err
		}
	}
	return e.Bytes(), nil
}

// countPasswords says in the coverage section how many hashes were withheld.
func (x *exporter) countPasswords(excluded []manifest.Omission) {
	for i := range excluded {
		if excluded[i].Kind == passwordHashesKind {
			excluded[i].Count = x.withheld
		}
	}
}

// mayHoldPasswords passes over most documents quickly. Names may be escaped.
func mayHoldPasswords(doc []byte) bool {
	return bytes.Contains(doc, []byte("assword")) || bytes.Contains(doc, []byte("ASSWORD")) || bytes.Contains(doc, []byte(`\u`))
}

// namesPasswordHash reports whether a member of the checked document is called
// like the hash of a password. It looks at every string once, in the order of
// the text; passwordHashes reads a value again at each level that holds it.
func namesPasswordHash(doc []byte) bool {
	for {
		start := bytes.IndexByte(doc, '"')
		if start < 0 {
			return false
		}
		doc = doc[start:]
		n := strictjson.StringLength(doc)
		if n >= leastHashName+2 && bytes.HasPrefix(bytes.TrimLeft(doc[n:], " \t\r\n"), []byte(":")) {
			if name, ok := strictjson.Text(doc[:n]); ok && isPasswordHash(name) {
				return true
			}
		}
		doc = doc[n:]
	}
}

// passwordHashes adds the pointers of members of value whose name says that
// they hold the hash of a password, and that do.
func passwordHashes(value []byte, pointer string, found *[]string) {
	for name, member := range strictjson.Members(value) {
		at := pointer + "/" + pointerEscapes.Replace(string(name))
		switch {
		case !isPasswordHash(string(name)):
			passwordHashes(member, at, found)
		case string(member) != "null" && string(member) != `""` && string(member) != withheldHash:
			*found = append(*found, at)
		}
	}
	i := 0
	for element := range strictjson.Elements(value) {
		passwordHashes(element, pointer+"/"+strconv.Itoa(i), found)
		i++
	}
}

var (
	pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
	nameSeparators = strings.NewReplacer("_", "", "-", "", " ", "")
)

// leastHashName is the length of the shortest name that isPasswordHash
// recognises.
const leastHashName = len("passwordhash")

// isPasswordHash recognises password_hash, passwordHash, hashed-password and
// the like.
func isPasswordHash(name string) bool {
	if len(name) < leastHashName {
		return false
	}
	switch nameSeparators.Replace(strings.ToLower(name)) {
	case "passwordhash", "passwordhashes", "hashedpassword", "passworddigest", "encryptedpassword":
		return true
	}
	return false
}
