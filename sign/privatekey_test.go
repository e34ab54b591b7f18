package sign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func passphrase(s string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(s), nil }
}

func TestParsePrivateKey(t *testing.T) {
	want := testKey(t, "ed25519")
	for name, wantAsked := range map[string]int{"ed25519": 0, "ed25519-passphrase": 1, "ed25519-cbc": 1} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			signer, err := ParsePrivateKey(readKeyFile(t, name), func() ([]byte, error) {
				asked++
				return []byte(testPassphrase), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if signer.PublicKey() != want {
				t.Errorf("public key %v, want %v", signer.PublicKey(), want)
			}
			if asked != wantAsked {
				t.Errorf("asked %d times for the passphrase, want %d", asked, wantAsked)
			}
			armored, err := signer.Sign("file", Digest{})
			if err != nil || verifyArmored(armored, "file", Digest{}) != nil {
				t.Errorf("signature does not verify: %v", err)
			}
		})
	}
}

// Keys that ssh-keygen makes now, with and without passphrase, load.
func TestParsePrivateKeyOfSSHKeygen(t *testing.T) {
	for name, secret := range map[string]string{"plain": "", "encrypted": "påss word"} {
		path := filepath.Join(t.TempDir(), name)
		mustKeygen(t, nil, "-q", "-t", "ed25519", "-N", secret, "-C", "made now", "-f", path)
		private, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		public, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ParsePrivateKey(private, passphrase(secret))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if key, _, err := ParsePublicKey(public); err != nil || key != signer.PublicKey() {
			t.Errorf("%s: public key %v, %v; want %v", name, key, err, signer.PublicKey())
		}
	}
}

func TestParsePrivateKeyPassphrase(t *testing.T) {
	encrypted := readKeyFile(t, "ed25519-passphrase")
	cancelled := errors.New("cancelled at the prompt")
	for _, c := range []struct {
		name       string
		passphrase func() ([]byte, error)
		target     error
		text       string
	}{
		{"none offered", nil, ErrPassphraseRequired, "a passphrase is required"},
		{"wrong", passphrase("wrong"), ErrWrongPassphrase, "wrong passphrase"},
		{"empty", passphrase(""), ErrWrongPassphrase, "it is empty"},
		{"fails", func() ([]byte, error) { return nil, cancelled }, cancelled, "passphrase: cancelled at the prompt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			signer, err := ParsePrivateKey(encrypted, c.passphrase)
			wantError(t, err, c.target, c.text)
			if signer != nil {
				t.Error("a signer was returned with the error")
			}
		})
	}
}

func TestParsePrivateKeyRefuses(t *testing.T) {
	neverAsk := func() ([]byte, error) {
		t.Error("asked for a passphrase")
		return nil, nil
	}
	good := string(readKeyFile(t, "ed25519"))
	for _, c := range []struct {
		name, file string
		target     error
		text       string
	}{
		{"empty", "", ErrKeyFormat, "does not begin with -----BEGIN OPENSSH PRIVATE KEY-----"},
		{"public key", string(readKeyFile(t, "ed25519.pub")), ErrKeyFormat, "it is a public key; give the file without .pub"},
		{"PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\n", ErrKeyFormat, "puttygen KEY.ppk -O private-openssh-new -o KEY"},
		{"RSA", string(readKeyFile(t, "rsa")), ErrKeyType, `key type "ssh-rsa"`},
		{"RSA in PKCS #1", string(readKeyFile(t, "rsa-pem")), ErrKeyType, "RSA PRIVATE KEY; make a key with ssh-keygen -t ed25519"},
		{"PKCS #8", string(readKeyFile(t, "rsa-pkcs8")), ErrKeyFormat, "PKCS #8"},
		{"ECDSA", string(readKeyFile(t, "ecdsa")), ErrKeyType, `key type "ecdsa-sha2-nistp256"`},
		{"other PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ErrKeyFormat, `its PEM type is "CERTIFICATE"`},
		{"AES-GCM", string(readKeyFile(t, "ed25519-gcm")), ErrKeyFormat, "aes256-gcm@openssh.com\" is not supported; encrypt it anew with ssh-keygen -p -Z aes256-ctr"},
		{"cut", good[:len(good)/2], ErrKeyFormat, "PEM armor is damaged"},
		{"two keys", good + good, ErrKeyFormat, "text beside the one key"},
		{"text before", "hello\n" + good, ErrKeyFormat, "does not begin with"},
		{"PEM headers", strings.Replace(good, "\n", "\nProc-Type: 4,ENCRYPTED\n\n", 1), ErrKeyFormat, "text beside the one key"},
		{"too large", good + strings.Repeat("\n", MaxPrivateKeySize), ErrTooLarge, "limit 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePrivateKey([]byte(c.file), neverAsk)
			wantError(t, err, c.target, c.text)
		})
	}
}

// keyFile holds the fields of a private key file, each to be damaged.
type keyFile struct {
	magic, cipher, kdf, options string
	keys                        uint32
	public, private             []byte
	trailing                    string
}

func (f keyFile) marshal() []byte {
	contents := []byte(f.magic + string(wireStrings(f.cipher, f.kdf, f.options)))
	contents = append(contents, ssh.Marshal(struct{ N uint32 }{f.keys})...)
	contents = append(contents, wireStrings(string(f.public), string(f.private))...)
	return pem.EncodeToMemory(&pem.Block{Type: opensshPEMType, Bytes: append(contents, f.trailing...)})
}

// privatePart is the secret part of a file, without encryption.
func privatePart(public, private []byte) []byte {
	part := append([]byte("chk1chk1"), wireStrings(keyAlgorithm, string(public), string(private), "comment")...)
	for i := byte(1); len(part)%8 != 0; i++ {
		part = append(part, i)
	}
	return part
}

func TestParsePrivateKeyStructure(t *testing.T) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	public := []byte(private[32:])
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))
	mixed := append(bytes.Clone(private[:32]), other[32:]...)
	good := keyFile{
		magic: opensshMagic, cipher: "none", kdf: "none", keys: 1,
		public: wireStrings(keyAlgorithm, string(public)), private: privatePart(public, private),
	}
	rounds := func(n uint32) string {
		return string(ssh.Marshal(struct {
			Salt   string
			Rounds uint32
		}{"0123456789abcdef", n}))
	}
	encrypt := func(kdf, options string) func(*keyFile) {
		return func(f *keyFile) { f.cipher, f.kdf, f.options = "aes256-ctr", kdf, options }
	}
	for _, c := range []struct {
		name   string
		damage func(*keyFile)
		target error
		text   string
	}{
		{"good", func(*keyFile) {}, nil, ""},
		{"magic", func(f *keyFile) { f.magic = "openssh-key-v2\x00" }, ErrKeyFormat, "outer structure"},
		{"no keys", func(f *keyFile) { f.keys = 0 }, ErrKeyFormat, "holds 0 keys, want one"},
		{"two keys", func(f *keyFile) { f.keys = 2 }, ErrKeyFormat, "holds 2 keys, want one"},
		{"trailing", func(f *keyFile) { f.trailing = "x" }, ErrKeyFormat, "outer structure"},
		{"cipher without KDF", func(f *keyFile) { f.cipher = "aes256-ctr" }, ErrKeyFormat, `key derivation "none" is not supported`},
		{"KDF without cipher", func(f *keyFile) { f.kdf, f.options = "bcrypt", rounds(16) }, ErrKeyFormat, `cipher "none" is not supported`},
		{"unknown KDF", encrypt("argon2", rounds(16)), ErrKeyFormat, `key derivation "argon2" is not supported`},
		{"KDF options", encrypt("bcrypt", rounds(16)+"x"), ErrKeyFormat, "damaged"},
		{"no rounds", encrypt("bcrypt", rounds(0)), ErrKeyFormat, "0 rounds of bcrypt, want 1 to 2048"},
		{"years of rounds", encrypt("bcrypt", rounds(1<<31)), ErrKeyFormat, "2147483648 rounds of bcrypt, want 1 to 2048"},
		{"weak public key", func(f *keyFile) { f.public = wireStrings(keyAlgorithm, string(make([]byte, 32))) }, ErrWeakKey, "low order"},
		{"short public key", func(f *keyFile) { f.public = wireStrings(keyAlgorithm, "x") }, ErrMalformedKey, "1 bytes"},
		{"certificate", func(f *keyFile) { f.public = wireStrings("ssh-ed25519-cert-v01@openssh.com") }, ErrKeyType, "ssh-ed25519-cert-v01@openssh.com"},
		{"security token", func(f *keyFile) { f.public = wireStrings("sk-ssh-ed25519@openssh.com") }, ErrKeyType, "sk-ssh-ed25519@openssh.com"},
		{"no private part", func(f *keyFile) { f.private = nil }, ErrKeyFormat, "private part is damaged"},
		{"check bytes", func(f *keyFile) { f.private[0] ^= 1 }, ErrKeyFormat, "private part is damaged"},
		{"padding", func(f *keyFile) { f.private[len(f.private)-1] ^= 1 }, ErrKeyFormat, "private part is damaged"},
		{"short private key", func(f *keyFile) { f.private = privatePart(public, private[:63]) }, ErrKeyFormat, "private part is damaged"},
		{"other outer key", func(f *keyFile) { f.public = wireStrings(keyAlgorithm, string(other[32:])) }, ErrKeyFormat, "do not belong together"},
		{"mixed halves", func(f *keyFile) {
			f.private = privatePart(other[32:], mixed)
			f.public = wireStrings(keyAlgorithm, string(other[32:]))
		}, ErrKeyFormat, "do not belong together"},
		{"mixed halves, outer key right", func(f *keyFile) { f.private = privatePart(public, mixed) }, ErrKeyFormat, "do not belong together"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good
			f.private = bytes.Clone(good.private)
			c.damage(&f)
			_, err := ParsePrivateKey(f.marshal(), passphrase("x"))
			if c.text == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantError(t, err, c.target, c.text)
			for _, secret := range secretForms(private[:32]) {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error holds key material: %q", err)
				}
			}
		})
	}
}

// A file cut anywhere inside its armor is refused, whatever field the cut hits.
func TestParsePrivateKeyTruncated(t *testing.T) {
	block, _ := pem.Decode(readKeyFile(t, "ed25519"))
	for n := range block.Bytes {
		cut := pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes[:n]})
		if _, err := ParsePrivateKey(cut, passphrase("x")); !errors.Is(err, ErrKeyFormat) && !errors.Is(err, ErrMalformedKey) {
			t.Errorf("first %d bytes: %v", n, err)
		}
	}
}
