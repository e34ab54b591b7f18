package sign

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const testPassphrase = "correct horse battery staple"

// testNamespace is a namespace as archives use them.
const testNamespace = "oa-archive.v1:0192f0c1-2345-7abc-8def-0123456789ab:workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/metadata.json"

// requireTool fails the test if an OpenSSH tool is missing.
func requireTool(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is needed by this test: install the package openssh-client", name)
	}
}

// sshKeygen runs ssh-keygen in a fixed time zone that is not UTC.
func sshKeygen(t testing.TB, stdin []byte, args ...string) (stdout []byte, err error) {
	t.Helper()
	requireTool(t, "ssh-keygen")
	cmd := exec.Command("ssh-keygen", args...)
	cmd.Env = append(os.Environ(), "TZ=Asia/Kathmandu", "SSH_AUTH_SOCK=")
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err = cmd.Output()
	if err != nil {
		t.Logf("ssh-keygen %s: %v: %s%s", strings.Join(args, " "), err, stdout, stderr.Bytes())
	}
	return stdout, err
}

func mustKeygen(t testing.TB, stdin []byte, args ...string) []byte {
	t.Helper()
	out, err := sshKeygen(t, stdin, args...)
	if err != nil {
		t.Fatalf("ssh-keygen %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func readKeyFile(t testing.TB, name string) []byte {
	t.Helper()
	contents, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// privateKeyPath copies a test key to a file that only its owner can read, as
// ssh-keygen demands.
func privateKeyPath(t testing.TB, name string) string {
	t.Helper()
	return writeFile(t, name, readKeyFile(t, name))
}

func writeFile(t testing.TB, name string, contents []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func testSigner(t testing.TB, name string) *Signer {
	t.Helper()
	signer, err := ParsePrivateKey(readKeyFile(t, name), nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func testKey(t testing.TB, name string) PublicKey {
	t.Helper()
	key, _, err := ParsePublicKey(readKeyFile(t, name+".pub"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// wantError checks the type of an error and the text that a user reads.
func wantError(t *testing.T, err, target error, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", text)
	}
	if target != nil && !errors.Is(err, target) {
		t.Errorf("error %q is not %q", err, target)
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("error %q does not contain %q", err, text)
	}
}
