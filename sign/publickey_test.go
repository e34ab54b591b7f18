package sign

import (
	"bytes"
	"strings"
	"testing"
)

func TestParsePublicKey(t *testing.T) {
	file := readKeyFile(t, "ed25519.pub")
	key, comment, err := ParsePublicKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "oa-archive test key"; comment != want {
		t.Errorf("comment %q, want %q", comment, want)
	}
	if got, want := key.String()+" "+comment+"\n", string(file); got != want {
		t.Errorf("String and comment give %q, want %q", got, want)
	}
	for _, line := range []string{
		key.String(), key.String() + "\r\n", "  " + key.String() + "  ", strings.Replace(key.String(), " ", " \t ", 1),
	} {
		if again, comment, err := ParsePublicKey([]byte(line)); err != nil || again != key || comment != "" {
			t.Errorf("ParsePublicKey(%q) = %v, %q, %v", line, again, comment, err)
		}
	}
	copied := key.Ed25519()
	copied[0] ^= 1
	if bytes.Equal(copied, key.Ed25519()) {
		t.Error("Ed25519 returns the key's own memory")
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	good := strings.TrimSpace(string(readKeyFile(t, "ed25519.pub")))
	encoded := strings.Fields(good)[1]
	weak := PublicKey{point: [32]byte{1}}
	for _, c := range []struct {
		name, line string
		target     error
		text       string
	}{
		{"empty", "", ErrMalformedKey, "want \"ssh-ed25519 AAAA"},
		{"type only", "ssh-ed25519", ErrMalformedKey, "want \"ssh-ed25519 AAAA"},
		{"two lines", good + "\n" + good, ErrMalformedKey, "want one line"},
		{"options", `no-pty ` + good, ErrMalformedKey, "want \"ssh-ed25519 AAAA"},
		{"private key", string(readKeyFile(t, "ed25519")), ErrMalformedKey, "give the .pub file"},
		{"RSA", string(readKeyFile(t, "rsa.pub")), ErrKeyType, `key type "ssh-rsa"`},
		{"ECDSA", string(readKeyFile(t, "ecdsa.pub")), ErrKeyType, `key type "ecdsa-sha2-nistp256"`},
		{"certificate", string(readKeyFile(t, "ed25519-cert.pub")), ErrKeyType, `ssh-ed25519-cert-v01@openssh.com`},
		{"security token", "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t", ErrKeyType, "sk-ssh-ed25519@openssh.com"},
		{"type differs", "ssh-rsa " + encoded, ErrMalformedKey, `the line says "ssh-rsa", the key data "ssh-ed25519"`},
		{"damaged base64", "ssh-ed25519 *" + encoded[1:], ErrMalformedKey, "base64 is damaged"},
		{"base64 with trailing bits", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB==", ErrMalformedKey, "base64 is damaged"},
		{"CR in base64", "ssh-ed25519 " + encoded[:8] + "\r" + encoded[8:], ErrMalformedKey, "want one line"},
		{"no type", "ssh-ed25519 AAAA", ErrMalformedKey, "truncated"},
		{"length lies", "ssh-ed25519 /////3NzaC1lZDI1NTE5", ErrMalformedKey, "truncated"},
		{"no point", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", ErrMalformedKey, "truncated"},
		{"short point", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAQA=", ErrMalformedKey, "1 bytes, want 32"},
		{"bytes after the key", "ssh-ed25519 " + encoded + "AAAA", ErrMalformedKey, "3 bytes after the key"},
		{"low order", weak.String(), ErrWeakKey, "low order"},
		{"too long", good + strings.Repeat("x", maxKeyLine), ErrMalformedKey, "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, comment, err := ParsePublicKey([]byte(c.line))
			wantError(t, err, c.target, c.text)
			if !key.IsZero() || comment != "" {
				t.Errorf("got %v, %q with the error", key, comment)
			}
		})
	}
}

func TestFingerprintEqualsSSHKeygen(t *testing.T) {
	for _, name := range []string{"ed25519", "other"} {
		out := mustKeygen(t, nil, "-l", "-f", privateKeyPath(t, name+".pub"))
		if fields := strings.Fields(string(out)); fields[1] != testKey(t, name).Fingerprint() {
			t.Errorf("%s: fingerprint %s, ssh-keygen says %s", name, testKey(t, name).Fingerprint(), fields[1])
		}
	}
}

func TestPublicKeyIsComparable(t *testing.T) {
	a, b := testKey(t, "ed25519"), testKey(t, "other")
	again, err := NewPublicKey(a.Ed25519())
	if err != nil || again != a || a == b {
		t.Errorf("equality of keys: %v, %v, %v (%v)", a, again, b, err)
	}
	if a.IsZero() || !(PublicKey{}).IsZero() {
		t.Error("IsZero")
	}
}

func TestCheckPrincipal(t *testing.T) {
	for _, good := range []string{"alice", "alice@example.com", "Alice Example", "zoë", "#1", "a!b", "CN=x"} {
		if err := CheckPrincipal(good); err != nil {
			t.Errorf("CheckPrincipal(%q) = %v", good, err)
		}
	}
	for _, bad := range []string{"", " ", " a", "a ", "a,b", "a*", "a?", "!a", `a"b`, "a\nb", "a\tb", "a\x00", "a\u202eb", "a\xff", "a\u00a0b"} {
		if err := CheckPrincipal(bad); err == nil || !strings.HasPrefix(err.Error(), "sign: principal") {
			t.Errorf("CheckPrincipal(%q) = %v", bad, err)
		}
		if line := testKey(t, "ed25519").AllowedSignersLine(bad); line != nil {
			t.Errorf("AllowedSignersLine(%q) = %q", bad, line)
		}
	}
	if line := (PublicKey{}).AllowedSignersLine("alice"); line != nil {
		t.Errorf("line for the zero key: %q", line)
	}
}

// The lines we write are read by our parser and by ssh-keygen, and hold for
// archives only.
func TestAllowedSignersLine(t *testing.T) {
	signer := testSigner(t, "ed25519")
	content := []byte("content")
	for _, principal := range []string{"alice@example.com", "Alice Example", "#1"} {
		line := signer.PublicKey().AllowedSignersLine(principal)
		allowed, err := ParseAllowedSigners(bytes.NewReader(line))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		policy := Policy{Allowed: allowed}
		if v := policy.Judge(signer.PublicKey(), testNamespace); v.Level != LevelTrusted || v.Principal != principal {
			t.Errorf("%q: verdict %+v", line, v)
		}
		if v := policy.Judge(signer.PublicKey(), "file"); v.Level != LevelUntrusted {
			t.Errorf("%q: allowed for namespace file", line)
		}
		if !keygenVerifies(t, signer, line, principal, testNamespace, content) {
			t.Errorf("ssh-keygen refuses a signature under %q", line)
		}
		if keygenVerifies(t, signer, line, principal, "file", content) {
			t.Errorf("ssh-keygen accepts namespace file under %q", line)
		}
	}
	want := "alice namespaces=\"oa-archive.v1:*\" " + signer.PublicKey().String() + "\n"
	if got := string(signer.PublicKey().AllowedSignersLine("alice")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
