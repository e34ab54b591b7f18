package manifest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
)

// ContentHash returns the hash of a whole state: "h1:" and the base64 of the
// SHA-256 over one line for each entry, sorted by path: the digest of its
// content in hexadecimal, two spaces, its path, a line feed. It is Hash1 of
// golang.org/x/mod/sumdb/dirhash, and of an unpacked archive equals
//
//	find workspaces audit extensions -type f | LC_ALL=C sort | xargs sha256sum | sha256sum
//
// in base64. It does not depend on the order of entries, nor on compression,
// time, id or signer.
func ContentHash(entries []Entry) string {
	sorted := make([]*Entry, len(entries))
	for i := range entries {
		sorted[i] = &entries[i]
	}
	slices.SortFunc(sorted, func(a, b *Entry) int { return strings.Compare(a.Path, b.Path) })
	return HashSorted(func(yield func(string, layout.Digest) bool) {
		for _, e := range sorted {
			if !yield(e.Path, e.SHA256) {
				return
			}
		}
	})
}

// HashSorted is [ContentHash] of entries that come as paths with the SHA-256 of
// their contents, in the order of strings.Compare. It keeps none of them.
func HashSorted(entries iter.Seq2[string, layout.Digest]) string {
	sum := sha256.New()
	var line []byte
	for path, digest := range entries {
		line = append(hex.AppendEncode(line[:0], digest[:]), "  "...)
		line = append(append(line, path...), '\n')
		sum.Write(line)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

// decodesTo32 reports whether s is the base64 of 32 bytes, in its one spelling.
func decodesTo32(s string) bool {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32 && base64.StdEncoding.EncodeToString(b) == s
}
