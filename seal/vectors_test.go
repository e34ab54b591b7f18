package seal

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	agetest "c2sp.org/CCTV/age"
	"filippo.io/age"
)

// A vector is one of the public test vectors of the age format.
type vector struct {
	expect     string
	payload    string // SHA-256 of what can be read, in hex
	identities []age.Identity
	armored    bool
	file       []byte
}

func parseVector(t *testing.T, text []byte) vector {
	t.Helper()
	var v vector
	compressed := false
	head, file, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		t.Fatal("a vector without a file")
	}
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "expect":
			v.expect = value
		case "payload":
			v.payload = value
		case "identity":
			ids, err := ParseIdentities([]byte(value), IdentityOptions{})
			if err != nil {
				t.Fatal(err)
			}
			v.identities = append(v.identities, ids...)
		case "passphrase":
			v.identities = append(v.identities, Passphrase(func() ([]byte, error) { return []byte(value), nil }))
		case "armored":
			v.armored = true
		case "compressed":
			compressed = true
		}
	}
	v.file = file
	if compressed {
		r, err := zlib.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if v.file, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// TestPublicVectors holds both readers to the test vectors that all
// implementations of age share (c2sp.org/CCTV/age).
func TestPublicVectors(t *testing.T) {
	names, err := fs.ReadDir(agetest.Vectors, ".")
	if err != nil || len(names) < 100 {
		t.Fatalf("%d vectors, %v", len(names), err)
	}
	for _, entry := range names {
		t.Run(entry.Name(), func(t *testing.T) {
			text, err := fs.ReadFile(agetest.Vectors, entry.Name())
			if err != nil {
				t.Fatal(err)
			}
			v := parseVector(t, text)
			out, err := readStream(t, v.file, v.identities...)
			v.judge(t, out, err)
			if !v.armored {
				out, err = readAnywhere(t, v.file, v.identities...)
				v.judge(t, out, err)
			}
		})
	}
}

// judge compares the outcome of reading with what the vector expects.
func (v vector) judge(t *testing.T, out []byte, err error) {
	t.Helper()
	locked := (*LockedError)(nil)
	sum := sha256.Sum256(out)
	switch v.expect {
	case "success":
		if err != nil || hex.EncodeToString(sum[:]) != v.payload {
			t.Errorf("%d bytes, %v", len(out), err)
		}
	case "no match":
		if !errors.As(err, &locked) {
			t.Errorf("want that no identity fits, got %v", err)
		}
	case "HMAC failure", "payload failure", "armor failure":
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("want damage, got %v", err)
		}
	case "header failure":
		if err == nil || len(out) > 0 || errors.As(err, &locked) {
			t.Errorf("want a refused header, got %v", err)
		}
		if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrTooCostly) {
			t.Errorf("a malformed header is no damage: %v", err)
		}
	default:
		t.Fatalf("unknown expectation %q", v.expect)
	}
}

func readStream(t *testing.T, file []byte, identities ...age.Identity) ([]byte, error) {
	t.Helper()
	r, err := NewReader(t.Context(), bytes.NewReader(file), identities...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func readAnywhere(t *testing.T, file []byte, identities ...age.Identity) ([]byte, error) {
	t.Helper()
	r, err := Open(t.Context(), bytes.NewReader(file), int64(len(file)), identities...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
}
