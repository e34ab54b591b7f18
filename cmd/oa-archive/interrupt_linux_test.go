package main

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// A stuckAgent is an ssh-agent that never answers a request to sign, so that
// the command stands still in the middle of writing an archive.
type stuckAgent struct {
	agent.ExtendedAgent
	once    sync.Once
	reached chan struct{}
	release chan struct{}
}

func (a *stuckAgent) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	a.once.Do(func() { close(a.reached) })
	<-a.release
	return nil, errors.New("released")
}

func (a *stuckAgent) SignWithFlags(key ssh.PublicKey, data []byte, _ agent.SignatureFlags) (*ssh.Signature, error) {
	return a.Sign(key, data)
}

// startStuckAgent serves a stuck agent with one key, commented "stuck", on the
// socket that it returns.
func startStuckAgent(t *testing.T) (*stuckAgent, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(bytes.NewReader(make([]byte, 64)))
	if err != nil {
		t.Fatal(err)
	}
	keyring := agent.NewKeyring().(agent.ExtendedAgent)
	if err := keyring.Add(agent.AddedKey{PrivateKey: &private, Comment: "stuck"}); err != nil {
		t.Fatal(err)
	}
	stuck := &stuckAgent{ExtendedAgent: keyring, reached: make(chan struct{}), release: make(chan struct{})}
	// Socket paths are short, unlike those of t.TempDir.
	dir, err := os.MkdirTemp("", "oa")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(stuck.release); listener.Close(); os.RemoveAll(dir) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(stuck, conn); conn.Close() }()
		}
	}()
	return stuck, socket
}

func TestSignalsLeaveNothingBehind(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		exit   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		stuck, socket := startStuckAgent(t)
		r := onTerminal(t, 80)
		var stderr bytes.Buffer
		cmd := exec.Command(binary(t), "create", "--from", "dir:tenant", "-o", "a.oa-archive", "--sign-with", "agent:stuck")
		cmd.Dir, cmd.Env, cmd.Stderr = r.dir, append(append(os.Environ(), r.env...), "SSH_AUTH_SOCK="+socket), &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-stuck.reached
		if err := cmd.Process.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		if ee := (*exec.ExitError)(nil); !errors.As(err, &ee) || ee.ExitCode() != c.exit {
			t.Errorf("%v: %v, want exit code %d", c.signal, err, c.exit)
		}
		if !strings.HasPrefix(stderr.String(), "oa-archive: ") || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: told %q", c.signal, stderr.String())
		}
		left, err := os.ReadDir(r.dir)
		if err != nil || len(left) != 1 || left[0].Name() != "tenant" {
			t.Errorf("%v: left behind: %v %v", c.signal, left, err)
		}
	}
}

// An import that is waiting for its archive ends at a signal, too.
func TestSignalWhileReadingAPipe(t *testing.T) {
	r := onTerminal(t, 80)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	cmd := exec.Command(binary(t), "import", "-", "--into", "dir:tenant")
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, append(os.Environ(), r.env...), reader
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reader.Close()
	// Once a buffer's worth is through, the command is reading. It begins as an
	// archive does, so that the command goes on.
	begin := strings.NewReader("\x28\xb5\x2f\xfd")
	if _, err := io.Copy(writer, io.MultiReader(begin, io.LimitReader(zeros{}, 1<<20))); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if ee := (*exec.ExitError)(nil); !errors.As(err, &ee) || ee.ExitCode() != 130 {
		t.Errorf("%v, want exit code 130", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
