package seal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"
)

func keyRing(t testing.TB, ids ...string) *KeyRing {
	t.Helper()
	var text strings.Builder
	text.WriteString("# a comment\n\n")
	for _, id := range ids {
		key := make([]byte, 32)
		rand.Read(key)
		text.WriteString(id + " " + base64.StdEncoding.EncodeToString(key) + "\n")
	}
	ring, err := ParseKeyRing(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// cheap is a passphrase that is quickly tried.
func cheap(t testing.TB, passphrase string) age.Recipient {
	t.Helper()
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(5)
	return r
}

// sshKey returns a private key, with a passphrase unless that is empty, and its
// public key's line.
func sshKey(t testing.TB, passphrase string) (private []byte, public string) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), string(ssh.MarshalAuthorizedKey(line))
}

// TestKinds encrypts to each kind of recipient and opens with its identity.
func TestKinds(t *testing.T) {
	key := newKey(t)
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	private, public := sshKey(t, "")
	lockedKey, lockedPublic := sshKey(t, "correct horse")
	secret := cheap(t, "correct horse")
	// The age tool's `age -p` over a file of identities.
	wrapped := encrypt(t, []byte("# mine\n"+key.String()+"\n"), secret)
	for name, c := range map[string]struct {
		recipients string
		identity   []byte
		asks       int
	}{
		"age":                  {"# me\n\n" + key.Recipient().String() + "\n", []byte(key.String()), 0},
		"post-quantum":         {hybrid.Recipient().String(), []byte(hybrid.String() + "\r\n"), 0},
		"ssh":                  {public, private, 0},
		"ssh, passphrase":      {lockedPublic + public, lockedKey, 1},
		"encrypted identities": {key.Recipient().String(), wrapped, 1},
		"armored identities":   {key.Recipient().String(), armored(t, wrapped), 1},
	} {
		t.Run(name, func(t *testing.T) {
			recipients, err := ParseRecipients(strings.NewReader(c.recipients), nil)
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			answer := "correct horse"
			opts := IdentityOptions{Passphrase: func() ([]byte, error) { asked++; return []byte(answer), nil }}
			file := encrypt(t, []byte("hello"), recipients...)
			ids, err := ParseIdentities(c.identity, opts)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the passphrase is asked for once
				if got, err := readAnywhere(t, file, ids...); err != nil || string(got) != "hello" {
					t.Errorf("%q, %v", got, err)
				}
			}
			if asked != c.asks {
				t.Errorf("asked %d times", asked)
			}
			if c.asks == 0 {
				return
			}
			answer = "wrong"
			ids, err = ParseIdentities(c.identity, opts)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := readAnywhere(t, file, ids...); err == nil || errors.Is(err, ErrDamaged) {
				t.Errorf("with a wrong passphrase: %v", err)
			}
			ids, _ = ParseIdentities(c.identity, IdentityOptions{})
			if _, err := readAnywhere(t, file, ids...); err == nil || !strings.Contains(err.Error(), "passphrase") {
				t.Errorf("with nobody to ask: %v", err)
			}
		})
	}
}

func armored(t *testing.T, file []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	if _, err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPassphrase(t *testing.T) {
	r, err := PassphraseRecipient([]byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	file := encrypt(t, []byte("x"), r)
	ask := func(answer string) age.Identity {
		return Passphrase(func() ([]byte, error) { return []byte(answer), nil })
	}
	if got, err := readAnywhere(t, file, newKey(t), ask("correct horse")); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	file = encrypt(t, nil, cheap(t, "correct horse"))
	_, err = readAnywhere(t, file, ask("wrong"))
	if locked := (*LockedError)(nil); !errors.As(err, &locked) || !locked.Passphrase() || !strings.Contains(err.Error(), "encrypted to a passphrase") {
		t.Errorf("%v", err)
	}
	gone := errors.New("gone")
	if _, err = readAnywhere(t, file, Passphrase(func() ([]byte, error) { return nil, gone })); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	if _, err := PassphraseRecipient(nil); err == nil {
		t.Error("an empty passphrase")
	}
	costly := bytes.Replace(file, []byte(" 5\n"), []byte(" 19\n"), 1)
	if _, err := readAnywhere(t, costly, Passphrase(nobody(t))); !errors.Is(err, ErrTooCostly) {
		t.Errorf("%v", err)
	}
}

func TestMalformedKeys(t *testing.T) {
	_, public := sshKey(t, "")
	secret := newKey(t).String()
	for _, s := range []string{"", "age1xyz", "age1pq1xyz", "age1tag1x", "age1yubikey1x", "ssh-ed25519 AAAA", "ssh-dss AAAA", "mail@example.com", secret, "-----BEGIN"} {
		if _, err := ParseRecipient(s, nil); !errors.Is(err, ErrNoKey) || len(s) > 20 && strings.Contains(err.Error(), s[10:]) {
			t.Errorf("recipient %q: %v", s, err)
		}
	}
	for want, file := range map[string]string{
		"line 2: ":                  "# x\n" + secret,
		"there is no recipient":     "# x\n",
		"seal: line 1: not a key":   strings.Repeat("a", maxKeyLine+1),
		"more than 1048576":         strings.Repeat("#\n", MaxKeyFile),
		"the recipient is its publ": secret,
	} {
		if _, err := ParseRecipients(strings.NewReader(file), nil); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	for want, file := range map[string]string{
		"its secret half":       "\n" + public,
		"there is no identity":  "",
		"begins with AGE-":      "hello",
		"malformed":             secret[:40],
		"more than 1048576":     strings.Repeat("#\n", MaxKeyFile),
		"private SSH key":       "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
		"the key is malformed":  "AGE-PLUGIN-X-1QQ",
		"seal: line 3: not a k": "#\n#\nAGE-SECRET-KEY-1QQ",
	} {
		if _, err := ParseIdentities([]byte(file), IdentityOptions{}); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret[20:40]) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if !IsRecipient(public) || !IsRecipient("age1x") || IsRecipient("agents.txt") || IsRecipient("ssh-keys") {
		t.Error("IsRecipient")
	}
}

// A faultyService misbehaves as services might.
type faultyService struct {
	KeyService
	wrapped, unwrapped []byte
	err                error
	calls              int
}

func (f *faultyService) Wrap(context.Context, string, []byte) ([]byte, error) {
	return f.wrapped, f.err
}

func (f *faultyService) Unwrap(context.Context, string, []byte) ([]byte, error) {
	f.calls++
	return f.unwrapped, f.err
}

func TestKeyService(t *testing.T) {
	ring := keyRing(t, "old", "arn:aws:kms:eu-central-1:111122223333:key/0c1e")
	recipient := func(s KeyService, id string) age.Recipient {
		r, err := KeyServiceRecipient(t.Context(), s, id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	file := encrypt(t, []byte("k"), recipient(ring, "old"), recipient(ring, "arn:aws:kms:eu-central-1:111122223333:key/0c1e"))
	for _, id := range []age.Identity{KeyServiceIdentity(t.Context(), ring), KeyServiceIdentity(t.Context(), ring, "old")} {
		if got, err := readAnywhere(t, file, newKey(t), id); err != nil || string(got) != "k" {
			t.Errorf("%q, %v", got, err)
		}
	}
	locked := (*LockedError)(nil)
	if _, err := readAnywhere(t, file, KeyServiceIdentity(t.Context(), ring, "another")); !errors.As(err, &locked) {
		t.Errorf("%v", err)
	}
	// Another key of the same id.
	if _, err := readAnywhere(t, file, KeyServiceIdentity(t.Context(), keyRing(t, "old"))); err == nil || !strings.Contains(err.Error(), `key "old": the wrapped key was changed`) {
		t.Errorf("%v", err)
	}
	if _, err := readAnywhere(t, file, KeyServiceIdentity(t.Context(), &faultyService{unwrapped: []byte("short")})); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	if _, err := readAnywhere(t, file, KeyServiceIdentity(t.Context(), &faultyService{err: errDisk})); !errors.Is(err, errDisk) {
		t.Errorf("%v", err)
	}
	if _, err := NewWriter(&bytes.Buffer{}, recipient(ring, "new")); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("%v", err)
	}
	if _, err := NewWriter(&bytes.Buffer{}, recipient(&faultyService{}, "x")); err == nil {
		t.Error("a service that answers with nothing")
	}
	for _, id := range []string{"", "a b", "a\nb", "a\n", "\xff", "ключ", strings.Repeat("a", 513)} {
		if _, err := KeyServiceRecipient(t.Context(), ring, id); err == nil {
			t.Errorf("key id %q", id)
		}
	}
	for _, id := range []string{"a", "AZaz09._:/@+=,-", strings.Repeat("a", 512)} {
		if err := CheckKeyID(id); err != nil {
			t.Errorf("key id %q: %v", id, err)
		}
	}
	// A header that makes somebody ask the service for many keys.
	many := make([]age.Recipient, 100)
	for i := range many {
		many[i] = recipient(ring, "old")
	}
	costly := &faultyService{err: ErrUnknownKey}
	if _, err := readAnywhere(t, encrypt(t, nil, many...), KeyServiceIdentity(t.Context(), costly)); err == nil || costly.calls > maxAttempts {
		t.Errorf("%v after %d requests", err, costly.calls)
	}
}

func TestMalformedKeyRings(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for want, text := range map[string]string{
		"empty":             "",
		"line 1":            "a",
		"32 bytes":          "a AAAA",
		"there twice":       "a " + key + "\na " + key,
		"the id of a key":   "\x01 " + key,
		"bytes in base64":   "a b " + key,
		"more than 1048576": strings.Repeat("#\n", MaxKeyFile),
	} {
		if _, err := ParseKeyRing(strings.NewReader(text)); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if _, err := keyRing(t, "a").Unwrap(t.Context(), "a", []byte("short")); err == nil {
		t.Error("a short wrapped key")
	}
}

// FuzzKeyFiles feeds all parsers of files of keys. No error quotes the file.
func FuzzKeyFiles(f *testing.F) {
	private, public := sshKey(f, "")
	for _, seed := range []string{string(private), public, "AGE-SECRET-KEY-1QQ", "AGE-PLUGIN-X-1QQ", "age1pq1x", "age1x1x", "a AAAA", "age-encryption.org/v1\n-> scrypt a 1\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = ParseIdentities(b, IdentityOptions{})
		_, _ = ParseRecipients(bytes.NewReader(b), nil)
		_, _ = ParseKeyRing(bytes.NewReader(b))
	})
}
