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
// withheld, those of people and of links. One that cannot be read is refused if
// it could hold any.
func (x *exporter) withoutPasswords(path string, kind layout.Kind, doc []byte) []byte {
	if kind == layout.Model || !mayHoldPasswords(doc) {
		return doc
	}
	fault := strictjson.Check(doc, strictjson.Limits{})
	var pointers []string
	if fault == nil {
		passwordHashes(doc, "", &pointers)
		if len(pointers) == 0 {
			return doc
		}
		clean, err := withhold(doc, pointers)
		if err == nil {
			x.withheld += int64(len(pointers))
			return clean
		}
		fault = err
	} else if !bytes.Contains(doc, []byte("password_hash")) {
		return doc
	}
	x.secrets.Problems = append(x.secrets.Problems, schema.Problem{
		Path: path, Rule: "secret-password-hash", Text: fmt.Sprintf("it may hold the hash of a password, which cannot be taken out: %v", fault),
	})
	return doc
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

// passwordHashes adds the pointers of members of value whose name says that
// they hold the hash of a password, and that do.
func passwordHashes(value []byte, pointer string, found *[]string) {
	for name, member := range strictjson.Members(value) {
		at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(string(name))
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

// isPasswordHash recognises password_hash, passwordHash, hashed-password and
// the like.
func isPasswordHash(name string) bool {
	switch strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name)) {
	case "passwordhash", "passwordhashes", "hashedpassword", "passworddigest", "encryptedpassword":
		return true
	}
	return false
}
