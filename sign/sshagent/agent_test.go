package sshagent

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/oneanalytics/oa-archive/sign"
)

const namespace = "oa-archive.v1:0192f0c1-2345-7abc-8def-0123456789ab:manifest.json"

// socketPath returns a path short enough for a Unix socket.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "oa")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// startAgent runs a real ssh-agent and returns its socket.
func startAgent(t *testing.T) string {
	t.Helper()
	requireTool(t, "ssh-agent")
	socket := socketPath(t)
	cmd := exec.Command("ssh-agent", "-D", "-a", socket)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	// It prints the socket's path once it listens.
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		t.Fatalf("ssh-agent says nothing: %v", err)
	}
	return socket
}

func requireTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is needed by this test: install the package openssh-client", name)
	}
}

// run calls an OpenSSH tool with the agent at socket.
func run(t *testing.T, socket string, name string, args ...string) {
	t.Helper()
	requireTool(t, name)
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// addKey makes a key with ssh-keygen, adds it with ssh-add, and returns the
// contents of its .pub file.
func addKey(t *testing.T, socket, keyType, comment string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	run(t, socket, "ssh-keygen", "-q", "-t", keyType, "-N", "", "-C", comment, "-f", path)
	run(t, socket, "ssh-add", "-q", path)
	public, err := os.ReadFile(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return string(public)
}

func open(t *testing.T, socket string) *Agent {
	t.Helper()
	a, err := Open(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func parseKey(t *testing.T, line string) sign.PublicKey {
	t.Helper()
	key, _, err := sign.ParsePublicKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// checkSigner has a signer sign and verifies the result.
func checkSigner(t *testing.T, signer *sign.Signer, want sign.PublicKey) {
	t.Helper()
	digest := sha256.Sum256([]byte("content"))
	armored, err := signer.Sign(namespace, digest)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := sign.ParseSignature(armored)
	if err != nil {
		t.Fatal(err)
	}
	if err := signature.Verify(namespace, digest); err != nil || signature.Key != want {
		t.Errorf("signed by %v, want %v: %v", signature.Key, want, err)
	}
}

func wantError(t *testing.T, err, target error, text string) {
	t.Helper()
	if err == nil || target != nil && !errors.Is(err, target) || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %v containing %q", err, target, text)
	}
}

func TestFind(t *testing.T) {
	socket := startAgent(t)
	alice := addKey(t, socket, "ed25519", "alice@example.com")
	bob := addKey(t, socket, "ed25519", "Bob's key, 2026")
	addKey(t, socket, "ed25519", "twice")
	addKey(t, socket, "ed25519", "twice")
	rsa := addKey(t, socket, "rsa", "old")
	addKey(t, socket, "ecdsa", "alice@example.com")
	a := open(t, socket)

	for _, c := range []struct{ name, key string }{
		{"alice@example.com", alice}, // an ECDSA key of that name does not matter
		{"Bob's key, 2026", bob},
		{parseKey(t, alice).Fingerprint(), alice},
		{parseKey(t, bob).String(), bob},
		{bob, bob}, // as read from the .pub file
	} {
		signer, err := a.Find(c.name)
		if err != nil {
			t.Errorf("Find(%q): %v", c.name, err)
			continue
		}
		checkSigner(t, signer, parseKey(t, c.key))
	}
	signer, err := a.Signer(parseKey(t, bob))
	if err != nil {
		t.Fatal(err)
	}
	checkSigner(t, signer, parseKey(t, bob))

	rsaKey, _, _, _, err := ssh.ParseAuthorizedKey([]byte(rsa))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		target error
		text   string
	}{
		{"", nil, "the name of a key is empty"},
		{" \n", nil, "the name of a key is empty"},
		{"carol", ErrNotFound, `no such key in the agent: "carol"; it holds ` + parseKey(t, alice).Fingerprint() + ` ("alice@example.com"), SHA256:`},
		{"ALICE@example.com", ErrNotFound, "no such key"},
		{"SHA256:AAAA", ErrNotFound, "no such key"},
		{"twice", ErrAmbiguous, `"twice"; name one by its fingerprint`},
		{"old", sign.ErrKeyType, `key type "ssh-rsa"`},
		{ssh.FingerprintSHA256(rsaKey), sign.ErrKeyType, `key type "ssh-rsa"`},
		{rsa, sign.ErrKeyType, `key type "ssh-rsa"`},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", sign.ErrWeakKey, "low order"},
	} {
		_, err := a.Find(c.name)
		wantError(t, err, c.target, c.text)
	}
}

func TestSigners(t *testing.T) {
	socket := startAgent(t)
	a := open(t, socket)
	if identities, err := a.Signers(); err != nil || len(identities) != 0 {
		t.Errorf("empty agent: %v, %v", identities, err)
	}
	_, err := a.Find("alice")
	wantError(t, err, ErrNotFound, "it holds no Ed25519 key, or is locked: see ssh-add -l")

	addKey(t, socket, "rsa", "rsa")
	alice := addKey(t, socket, "ed25519", "alice")
	bob := addKey(t, socket, "ed25519", "bob")
	identities, err := a.Signers()
	if err != nil || len(identities) != 2 {
		t.Fatalf("%v, %v", identities, err)
	}
	for i, want := range []struct{ comment, key string }{{"alice", alice}, {"bob", bob}} {
		if identities[i].Comment != want.comment {
			t.Errorf("comment %q, want %q", identities[i].Comment, want.comment)
		}
		checkSigner(t, identities[i].Signer, parseKey(t, want.key))
	}

	// A key that has left the agent does not sign any more.
	run(t, socket, "ssh-add", "-q", "-D")
	_, err = identities[0].Signer.Sign(namespace, sign.Digest{})
	wantError(t, err, nil, "the agent did not sign")
}

func TestSignersAreConcurrent(t *testing.T) {
	socket := startAgent(t)
	alice := addKey(t, socket, "ed25519", "alice")
	bob := addKey(t, socket, "ed25519", "bob")
	a := open(t, socket)
	var wg sync.WaitGroup
	for _, key := range []string{alice, bob, alice, bob} {
		wg.Go(func() {
			for range 5 {
				signer, err := a.Find(key)
				if err != nil {
					t.Error(err)
					return
				}
				armored, err := signer.Sign(namespace, sign.Digest{})
				if err != nil {
					t.Error(err)
					return
				}
				if parsed, err := sign.ParseSignature(armored); err != nil || parsed.Key.String() != strings.Join(strings.Fields(key)[:2], " ") {
					t.Errorf("%v, %v", parsed, err)
				}
			}
		})
	}
	wg.Wait()
}

// A signature from an agent is the one that the key file makes.
func TestAgentSignsAsTheKeyFileDoes(t *testing.T) {
	socket := startAgent(t)
	path := filepath.Join(t.TempDir(), "key")
	pair, err := sign.GenerateKey(nil, "both", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pair.PrivatePEM, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, socket, "ssh-add", "-q", path)
	fromFile, err := sign.ParsePrivateKey(pair.PrivatePEM, nil)
	if err != nil {
		t.Fatal(err)
	}
	fromAgent, err := open(t, socket).Signer(pair.Public)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := fromFile.Sign(namespace, sign.Digest{1})
	b, errB := fromAgent.Sign(namespace, sign.Digest{1})
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("file: %s %v\nagent: %s %v", a, errA, b, errB)
	}
}

func TestOpenRefuses(t *testing.T) {
	_, err := Open(t.Context(), "")
	wantError(t, err, ErrNoSocket, "start ssh-agent and set SSH_AUTH_SOCK")
	_, err = Open(t.Context(), filepath.Join(t.TempDir(), "none"))
	wantError(t, err, os.ErrNotExist, "sshagent: dial unix")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Open(ctx, startAgent(t))
	wantError(t, err, context.Canceled, "sshagent:")
}

func TestClosed(t *testing.T) {
	socket := startAgent(t)
	addKey(t, socket, "ed25519", "alice")
	a, err := Open(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := a.Find("alice")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err = signer.Sign(namespace, sign.Digest{})
	wantError(t, err, nil, "the agent did not sign")
	_, err = a.Signers()
	wantError(t, err, nil, "sshagent: list keys")
}

// When the context ends, calls that wait for an agent return.
func TestContextEndsCalls(t *testing.T) {
	socket := socketPath(t)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	asked := make(chan struct{})
	go func() { // an agent that takes a question and never answers
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Read(make([]byte, 1))
		close(asked)
		<-t.Context().Done()
	}()
	ctx, cancel := context.WithCancelCause(t.Context())
	a, err := Open(ctx, socket)
	if err != nil {
		t.Fatal(err)
	}
	impatient := errors.New("the user went home")
	go func() {
		<-asked
		cancel(impatient)
	}()
	_, err = a.Signers()
	wantError(t, err, impatient, "sshagent: list keys: the user went home")
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// liar is an agent that holds keys but answers with other signatures.
type liar struct {
	agent.ExtendedAgent
	answer func(data []byte) (*ssh.Signature, error)
}

func (l liar) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) { return l.answer(data) }

func (l liar) SignWithFlags(_ ssh.PublicKey, data []byte, _ agent.SignatureFlags) (*ssh.Signature, error) {
	return l.answer(data)
}

func TestLyingAgent(t *testing.T) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		answer func([]byte) (*ssh.Signature, error)
		target error
		text   string
	}{
		{"other format", func([]byte) (*ssh.Signature, error) {
			return &ssh.Signature{Format: "ssh-rsa", Blob: make([]byte, 64)}, nil
		}, nil, `a "ssh-rsa" signature, want ssh-ed25519`},
		{"short", func([]byte) (*ssh.Signature, error) {
			return &ssh.Signature{Format: "ssh-ed25519", Blob: make([]byte, 63)}, nil
		}, sign.ErrBadSignature, "63 bytes"},
		{"other key's", func(data []byte) (*ssh.Signature, error) {
			other := ed25519.NewKeyFromSeed(make([]byte, 32))
			return &ssh.Signature{Format: "ssh-ed25519", Blob: ed25519.Sign(other, data)}, nil
		}, sign.ErrBadSignature, "wrong one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			keyring := agent.NewKeyring().(agent.ExtendedAgent)
			if err := keyring.Add(agent.AddedKey{PrivateKey: &private, Comment: "alice"}); err != nil {
				t.Fatal(err)
			}
			socket := socketPath(t)
			listener, err := net.Listen("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				conn, err := listener.Accept()
				if err == nil {
					agent.ServeAgent(liar{keyring, c.answer}, conn)
					conn.Close()
				}
			}()
			signer, err := open(t, socket).Find("alice")
			if err != nil {
				t.Fatal(err)
			}
			_, err = signer.Sign(namespace, sign.Digest{})
			wantError(t, err, c.target, c.text)
		})
	}
}

func TestRemoteKeyRefusesHashes(t *testing.T) {
	key := &remoteKey{}
	_, err := key.Sign(nil, make([]byte, 64), crypto.SHA512)
	wantError(t, err, nil, "not Ed25519ph")
}
