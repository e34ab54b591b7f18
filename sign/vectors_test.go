package sign

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors anew")

// A vector is one signature with what it is to be checked against.
type vector struct {
	comment   string
	key       string // "ssh-ed25519 AAAA…"
	message   string
	namespace string
	expect    string // part of the error, or empty
	armored   []byte
}

func (v vector) marshal() []byte {
	return fmt.Appendf(nil, "comment: %s\nkey: %s\nmessage: %q\nnamespace: %q\nexpect: %q\n\n%s",
		v.comment, v.key, v.message, v.namespace, v.expect, v.armored)
}

func parseVector(contents []byte) (v vector, err error) {
	header, armored, ok := bytes.Cut(contents, []byte("\n\n"))
	lines := strings.Split(string(header), "\n")
	names := []string{"comment", "key", "message", "namespace", "expect"}
	if !ok || len(lines) != len(names) {
		return v, errors.New("want a header of five lines, an empty line, a signature")
	}
	values := make([]string, len(names))
	for i, name := range names {
		if values[i], ok = strings.CutPrefix(lines[i], name+": "); !ok {
			return v, fmt.Errorf("line %d: want %s", i+1, name)
		}
		if i >= 2 {
			if values[i], err = strconv.Unquote(values[i]); err != nil {
				return v, fmt.Errorf("line %d: %w", i+1, err)
			}
		}
	}
	return vector{values[0], values[1], values[2], values[3], values[4], armored}, nil
}

// readVectors returns all vectors by name. There must be some.
func readVectors(t testing.TB) map[string]vector {
	t.Helper()
	paths, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors in testdata/vectors: %v", err)
	}
	vectors := map[string]vector{}
	for _, path := range paths {
		contents, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := parseVector(contents)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		vectors[strings.TrimSuffix(filepath.Base(path), ".txt")] = v
	}
	return vectors
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	want := buildVectors(t)
	have := readVectors(t)
	for name := range want {
		if _, ok := have[name]; !ok {
			t.Errorf("vector %s is missing: run with -update", name)
		}
	}
	for name, v := range have {
		t.Run(name, func(t *testing.T) {
			if built, ok := want[name]; !ok || !bytes.Equal(built.marshal(), v.marshal()) {
				t.Errorf("the file differs from what the generator makes: run with -update and look at the difference")
			}
			digest := sha256.Sum256([]byte(v.message))
			err := verifyArmored(v.armored, v.namespace, digest)
			if v.expect != "" {
				wantError(t, err, nil, v.expect)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			parsed, _ := ParseSignature(v.armored)
			if parsed.Key.String() != v.key {
				t.Errorf("signed by %v, want %s", parsed.Key, v.key)
			}
			if !bytes.Equal(parsed.Marshal(), v.armored) || len(v.armored) != SignatureSize(v.namespace) {
				t.Errorf("not marshalled to itself, or not of size %d", SignatureSize(v.namespace))
			}
		})
	}
}

func writeVectors(t *testing.T) {
	old, _ := filepath.Glob("testdata/vectors/*.txt")
	for _, path := range old {
		os.Remove(path)
	}
	for name, v := range buildVectors(t) {
		if err := os.WriteFile(filepath.Join("testdata/vectors", name+".txt"), v.marshal(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What the bad vectors are checked against. The length of the namespace makes the
// base64 end in padding.
const (
	vectorMessage = "one fault per vector\n"
	badNamespace  = "email"
)

// buildVectors makes every vector: the good ones with ssh-keygen, the bad ones by
// damaging a good one in one place.
func buildVectors(t *testing.T) map[string]vector {
	vectors := map[string]vector{}
	key := testKey(t, "ed25519").String()
	keyPath := privateKeyPath(t, "ed25519")
	for name, c := range map[string]struct{ namespace, message string }{
		"good-file":              {"file", "hello\n"},
		"good-empty-message":     {"file", ""},
		"good-metadata":          {testNamespace, vectorMessage},
		"good-full-last-line":    {strings.Repeat("x", 40), vectorMessage},
		"good-longest-namespace": {strings.Repeat("~", MaxNamespace), vectorMessage},
	} {
		vectors[name] = vector{
			comment: "ssh-keygen -Y sign -O hashalg=sha256 -f keys/ed25519", key: key,
			message: c.message, namespace: c.namespace,
			armored: keygenSign(t, keyPath, c.namespace, "sha256", []byte(c.message)),
		}
	}
	bad := func(name, comment, expect string, armored []byte) {
		vectors[name] = vector{comment: comment, key: key, message: vectorMessage, namespace: badNamespace, expect: expect, armored: armored}
	}
	good := keygenSign(t, keyPath, badNamespace, "sha256", []byte(vectorMessage))
	for _, f := range armorFaults {
		bad("armor-"+f.name, f.comment, f.expect, f.damage(bytes.Clone(good)))
	}
	for _, f := range wireFaults {
		w := newWireSignature(t, good)
		f.damage(w)
		bad("wire-"+f.name, f.comment, f.expect, armor(w.marshal()))
	}
	bad("verify-moved", "made for namespace email2", `signed for "email2", expected "email"`, keygenSign(t, keyPath, badNamespace+"2", "sha256", []byte(vectorMessage)))
	bad("verify-other-message", "made for another message", "signature does not verify", keygenSign(t, keyPath, badNamespace, "sha256", []byte("other")))
	bad("wire-sha512", "ssh-keygen -Y sign -O hashalg=sha512", `is not sha256 but "sha512"`, keygenSign(t, keyPath, badNamespace, "sha512", []byte(vectorMessage)))
	return vectors
}
