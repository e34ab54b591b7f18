package sign

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math/big"
	"slices"
	"testing"
)

// wireSignature holds the fields of a binary signature, each to be damaged.
type wireSignature struct {
	magic                                    string
	version                                  uint32
	key, namespace, reserved, hash, sigField []byte
	trailing                                 []byte
}

func newWireSignature(t *testing.T, armored []byte) *wireSignature {
	wire, err := dearmor(armored)
	if err != nil {
		t.Fatal(err)
	}
	w := &wireSignature{magic: string(wire[:6]), version: binary.BigEndian.Uint32(wire[6:])}
	rest, ok := wire[10:], true
	for _, field := range []*[]byte{&w.key, &w.namespace, &w.reserved, &w.hash, &w.sigField} {
		if *field, rest, ok = cutString(rest); !ok {
			t.Fatal("truncated")
		}
	}
	return w
}

func (w *wireSignature) marshal() []byte {
	out := binary.BigEndian.AppendUint32([]byte(w.magic), w.version)
	for _, field := range [][]byte{w.key, w.namespace, w.reserved, w.hash, w.sigField} {
		out = appendString(out, field)
	}
	return append(out, w.trailing...)
}

func wireStrings(parts ...string) (out []byte) {
	for _, part := range parts {
		out = appendString(out, part)
	}
	return out
}

// setPoint puts another public key in place.
func (w *wireSignature) setPoint(encoded string) {
	point, _ := base64.StdEncoding.DecodeString(encoded)
	w.key = wireStrings(keyAlgorithm, string(point))
}

// value returns the 64 bytes of Ed25519, to be changed in place.
func (w *wireSignature) value() []byte { return w.sigField[len(w.sigField)-64:] }

// addOrder replaces the scalar S with S + L, which the same equation satisfies.
func (w *wireSignature) addOrder() {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	scalar := w.value()[32:]
	slices.Reverse(scalar)
	new(big.Int).Add(order, new(big.Int).SetBytes(scalar)).FillBytes(scalar)
	slices.Reverse(scalar)
}

var wireFaults = []struct {
	name, comment, expect string
	damage                func(*wireSignature)
}{
	{"magic", "the preamble is SSHSIH", "magic preamble", func(w *wireSignature) { w.magic = "SSHSIH" }},
	{"version-0", "version 0", "version 0, want 1", func(w *wireSignature) { w.version = 0 }},
	{"version-2", "version 2", "version 2, want 1", func(w *wireSignature) { w.version = 2 }},
	{"reserved", "the reserved field holds a byte", "reserved field is not empty", func(w *wireSignature) { w.reserved = []byte{0} }},
	{"hash-upper-case", "hash algorithm SHA256", `is not sha256 but "SHA256"`, func(w *wireSignature) { w.hash = []byte("SHA256") }},
	{"hash-empty", "hash algorithm is empty", `is not sha256 but ""`, func(w *wireSignature) { w.hash = nil }},
	{"namespace-empty", "the namespace is empty", "invalid signature namespace: it is empty", func(w *wireSignature) { w.namespace = nil }},
	{"namespace-long", "513 bytes of namespace", "513 bytes, limit 512", func(w *wireSignature) { w.namespace = bytes.Repeat([]byte("n"), 513) }},
	{"namespace-space", "a space in the namespace", "byte 4 is 0x20", func(w *wireSignature) { w.namespace = []byte("file name") }},
	{"namespace-nul", "a NUL at the end of the namespace", "byte 4 is 0x00", func(w *wireSignature) { w.namespace = []byte("file\x00") }},
	{"namespace-del", "DEL in the namespace", "byte 0 is 0x7f", func(w *wireSignature) { w.namespace = []byte("\x7f") }},
	{"namespace-utf8", "not ASCII in the namespace", "byte 0 is 0xc3", func(w *wireSignature) { w.namespace = []byte("é") }},
	{"key-type-rsa", "the key states ssh-rsa", `key type "ssh-rsa"`, func(w *wireSignature) { w.key = wireStrings("ssh-rsa", "\x03", "n") }},
	{"key-type-sk", "a key on a security token", `sk-ssh-ed25519@openssh.com`, func(w *wireSignature) {
		w.key = wireStrings("sk-ssh-ed25519@openssh.com", string(w.key[19:]), "ssh:")
	}},
	{"key-type-certificate", "a certificate in place of a key", `ssh-ed25519-cert-v01@openssh.com`, func(w *wireSignature) { w.key = wireStrings("ssh-ed25519-cert-v01@openssh.com", "nonce") }},
	{"key-short", "31 bytes of key", "31 bytes, want 32", func(w *wireSignature) { w.key = wireStrings(keyAlgorithm, string(w.key[19:50])) }},
	{"key-trailing", "a byte after the key", "1 bytes after the key", func(w *wireSignature) { w.key = append(w.key, 0) }},
	{"key-truncated", "the key field ends early", "truncated", func(w *wireSignature) { w.key = w.key[:len(w.key)-1] }},
	{"key-empty", "the key field is empty", "truncated", func(w *wireSignature) { w.key = nil }},
	{"key-low-order", "the key is the identity, R = B and S = 1 verify for many messages", "low order", func(w *wireSignature) {
		w.setPoint("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		value := w.value()
		copy(value, append([]byte{0x58}, bytes.Repeat([]byte{0x66}, 31)...))
		copy(value[32:], append([]byte{1}, make([]byte, 31)...))
	}},
	{"key-zero", "the key is 32 zero bytes, a point of order 4", "low order", func(w *wireSignature) { w.setPoint("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") }},
	{"key-non-canonical", "the key's y is not reduced", "not canonical", func(w *wireSignature) { w.setPoint("8P///////////////////////////////////////38=") }},
	{"key-off-curve", "no point has y = 2", "not a point on the curve", func(w *wireSignature) { w.setPoint("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") }},
	{"signature-algorithm", "signature algorithm rsa-sha2-512", `signature algorithm "rsa-sha2-512"`, func(w *wireSignature) { w.sigField = wireStrings("rsa-sha2-512", string(w.value())) }},
	{"signature-short", "63 bytes of signature", "63 bytes, want 64", func(w *wireSignature) { w.sigField = wireStrings(keyAlgorithm, string(w.value()[:63])) }},
	{"signature-long", "65 bytes of signature", "65 bytes, want 64", func(w *wireSignature) { w.sigField = wireStrings(keyAlgorithm, string(w.value())+"\x00") }},
	{"signature-trailing", "a byte after the inner signature", "1 bytes after the Ed25519 signature", func(w *wireSignature) { w.sigField = append(w.sigField, 0) }},
	{"signature-empty", "the signature field is empty", "truncated", func(w *wireSignature) { w.sigField = nil }},
	{"signature-algorithm-only", "no bytes of signature", "truncated", func(w *wireSignature) { w.sigField = wireStrings(keyAlgorithm) }},
	{"trailing", "a byte after the last field", "1 bytes after the signature", func(w *wireSignature) { w.trailing = []byte{0} }},
	{"r-flipped", "a bit of R is flipped", "signature does not verify", func(w *wireSignature) { w.value()[0] ^= 1 }},
	{"s-flipped", "a bit of S is flipped", "signature does not verify", func(w *wireSignature) { w.value()[32] ^= 1 }},
	{"s-plus-order", "S is not reduced", "signature does not verify", (*wireSignature).addOrder},
	{"zero-signature", "64 zero bytes", "signature does not verify", func(w *wireSignature) { clear(w.value()) }},
	{"other-key", "another good key in place of the signer's", "signature does not verify", func(w *wireSignature) {
		w.setPoint("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") // RFC 8032, section 7.1, test 1
	}},
}

// rewrap spells the base64 in lines of width characters.
func rewrap(armored []byte, width int) []byte {
	body := armored[len(armorBegin) : len(armored)-len(armorEnd)]
	encoded := bytes.ReplaceAll(body, []byte("\n"), nil)
	return []byte(armorBegin + string(bytes.Join(slices.Collect(slices.Chunk(encoded, width)), []byte("\n"))) + "\n" + armorEnd)
}

var armorFaults = []struct {
	name, comment, expect string
	damage                func([]byte) []byte
}{
	{"empty", "no bytes at all", "does not begin with", func([]byte) []byte { return nil }},
	{"nothing-inside", "no base64", "magic preamble", func([]byte) []byte { return []byte(armorBegin + armorEnd) }},
	{"crlf", "lines end in CR LF", "carriage returns", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }},
	{"text-before", "a line before the armor", "does not begin with", func(b []byte) []byte { return append([]byte("hello\n"), b...) }},
	{"text-after", "a line after the armor", "does not end with", func(b []byte) []byte { return append(b, "hello\n"...) }},
	{"newline-after", "an empty line after the armor", "does not end with", func(b []byte) []byte { return append(b, '\n') }},
	{"no-final-newline", "the last line feed is missing", "does not end with", func(b []byte) []byte { return b[:len(b)-1] }},
	{"twice", "two signatures", "base64 is damaged", func(b []byte) []byte { return append(b, b...) }},
	{"width-64", "64 characters a line", "not in canonical form, 70 characters a line", func(b []byte) []byte { return rewrap(b, 64) }},
	{"width-76", "76 characters a line", "not in canonical form", func(b []byte) []byte { return rewrap(b, 76) }},
	{"one-line", "all base64 in one line", "not in canonical form", func(b []byte) []byte { return rewrap(b, 4096) }},
	{"blank-line", "an empty line inside", "not in canonical form", func(b []byte) []byte { return bytes.Replace(b, []byte("\n"), []byte("\n\n"), 1) }},
	{"space", "a space at the end of a line", "base64 is damaged", func(b []byte) []byte { return slices.Insert(b, len(armorBegin)+armorWidth, ' ') }},
	{"no-padding", "the padding of the base64 is missing", "base64 is damaged", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("="), nil) }},
	{"trailing-bits", "bits after the last byte are set", "not in canonical form", func(b []byte) []byte {
		b[bytes.IndexByte(b, '=')-1]++
		return b
	}},
	{"truncated", "the base64 ends early", "truncated", func(b []byte) []byte {
		const wholeGroups = 136 // characters, that is two lines less four
		return slices.Concat(b[:len(armorBegin)+wholeGroups+1], []byte("\n"), []byte(armorEnd))
	}},
	{"pgp", "the armor of OpenPGP", "does not begin with", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(" SSH "), []byte(" PGP ")) }},
	{"oversize", "more than 4096 bytes", "limit 4096", func(b []byte) []byte { return append(b, bytes.Repeat([]byte("\n"), MaxSignatureSize)...) }},
}
