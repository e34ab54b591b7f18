// Package sshagent signs with Ed25519 keys that an ssh-agent holds, so that the
// private key never enters the process.
//
//	agent, err := sshagent.Open(ctx, os.Getenv("SSH_AUTH_SOCK"))
//	if err != nil { … }
//	defer agent.Close()
//	signer, err := agent.Find("SHA256:…")
//
// The agent protocol is that of the IETF draft draft-ietf-sshm-ssh-agent, spoken
// over a Unix socket.
package sshagent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/oneanalytics/oa-archive/sign"
)

// What [Open] and [Agent.Find] report.
var (
	// ErrNoSocket reports that no agent was named: usually SSH_AUTH_SOCK is not
	// set.
	ErrNoSocket = errors.New("no agent socket given: start ssh-agent and set SSH_AUTH_SOCK")
	// ErrNotFound reports that the agent holds no Ed25519 key of that name.
	ErrNotFound = errors.New("no such key in the agent")
	// ErrAmbiguous reports that several keys have the comment asked for.
	ErrAmbiguous = errors.New("several keys in the agent have this comment")
)

// An Agent is a connection to an ssh-agent. It and the signers it gives are safe
// for concurrent use; the agent answers one request after the other.
type Agent struct {
	ctx    context.Context
	client agent.Agent
	close  func() error
}

// An Identity is an Ed25519 key that an agent holds.
type Identity struct {
	Signer  *sign.Signer
	Comment string // as the agent gave it: quote it before printing
}

// Open connects to the agent that listens on a Unix socket. When ctx ends, the
// connection closes and every call in flight returns ctx's error; so ctx bounds
// the life of the agent and its signers, not only the dialling. Close the agent
// when done with its signers.
func Open(ctx context.Context, socket string) (*Agent, error) {
	if socket == "" {
		return nil, fmt.Errorf("sshagent: %w", ErrNoSocket)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("sshagent: %w", err)
	}
	closeConn := sync.OnceValue(conn.Close)
	stop := context.AfterFunc(ctx, func() { closeConn() })
	return &Agent{
		ctx:    ctx,
		client: agent.NewClient(conn),
		close:  func() error { stop(); return closeConn() },
	}, nil
}

// Close ends the connection. The agent's signers fail from then on.
func (a *Agent) Close() error {
	if err := a.close(); err != nil {
		return fmt.Errorf("sshagent: close: %w", err)
	}
	return nil
}

// Signers returns the Ed25519 keys that the agent holds now, in its order. Keys of
// other types, certificates and weak keys are left out. A locked agent shows no
// keys.
func (a *Agent) Signers() ([]Identity, error) {
	keys, err := a.list()
	if err != nil {
		return nil, err
	}
	var identities []Identity
	for _, key := range keys {
		if signer, err := a.signer(key); err == nil {
			identities = append(identities, Identity{Signer: signer, Comment: key.Comment})
		}
	}
	return identities, nil
}

// Signer returns the signer for a public key, or [ErrNotFound].
func (a *Agent) Signer(key sign.PublicKey) (*sign.Signer, error) {
	return a.Find(key.String())
}

// Find returns the signer for the key that name denotes: a fingerprint
// ("SHA256:…"), a public key as in a .pub file ("ssh-ed25519 AAAA… comment", its
// comment ignored), or the exact comment of a key in the agent.
//
// The error is [ErrNotFound], with a list of the keys that the agent does hold;
// [ErrAmbiguous]; or [sign.ErrKeyType] if name denotes a key of another type.
func (a *Agent) Find(name string) (*sign.Signer, error) {
	matches, err := matcher(name)
	if err != nil {
		return nil, err
	}
	keys, err := a.list()
	if err != nil {
		return nil, err
	}
	var found *sign.Signer
	var refusal error
	for _, key := range keys {
		if !matches(key) {
			continue
		}
		signer, err := a.signer(key)
		switch {
		case err != nil:
			refusal = err
		case found != nil && found.PublicKey() != signer.PublicKey():
			return nil, fmt.Errorf("sshagent: %w: %q; name one by its fingerprint", ErrAmbiguous, name)
		default:
			found = signer
		}
	}
	switch {
	case found != nil:
		return found, nil
	case refusal != nil:
		return nil, fmt.Errorf("sshagent: %q: %w", name, refusal)
	}
	return nil, fmt.Errorf("sshagent: %w: %q; %s", ErrNotFound, name, a.holdings(keys))
}

// matcher reads name as [Agent.Find] describes.
func matcher(name string) (func(*agent.Key) bool, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return nil, errors.New("sshagent: the name of a key is empty")
	}
	if strings.HasPrefix(name, "SHA256:") {
		return func(k *agent.Key) bool { return ssh.FingerprintSHA256(k) == name }, nil
	}
	key, _, err := sign.ParsePublicKey([]byte(name))
	switch {
	case err == nil:
		fingerprint := key.Fingerprint()
		return func(k *agent.Key) bool { return ssh.FingerprintSHA256(k) == fingerprint }, nil
	case !errors.Is(err, sign.ErrMalformedKey):
		return nil, fmt.Errorf("sshagent: %w", err)
	}
	return func(k *agent.Key) bool { return k.Comment == name }, nil
}

func (a *Agent) list() ([]*agent.Key, error) {
	keys, err := a.client.List()
	if err != nil {
		return nil, fmt.Errorf("sshagent: list keys: %w", a.cause(err))
	}
	return keys, nil
}

// signer refuses everything but good Ed25519 keys.
func (a *Agent) signer(key *agent.Key) (*sign.Signer, error) {
	public, _, err := sign.ParsePublicKey(ssh.MarshalAuthorizedKey(key))
	if err != nil {
		return nil, err
	}
	return sign.NewSigner(&remoteKey{agent: a, key: key, public: public.Ed25519()})
}

// holdings says what can be named instead of what was not found.
func (a *Agent) holdings(keys []*agent.Key) string {
	var names []string
	for _, key := range keys {
		if signer, err := a.signer(key); err == nil {
			names = append(names, fmt.Sprintf("%s (%q)", signer.PublicKey().Fingerprint(), key.Comment))
		}
	}
	if len(names) == 0 {
		return "it holds no Ed25519 key, or is locked: see ssh-add -l"
	}
	return "it holds " + strings.Join(names, ", ")
}

// cause prefers the end of the context to what it did to the connection.
func (a *Agent) cause(err error) error {
	if a.ctx.Err() != nil {
		return context.Cause(a.ctx)
	}
	return err
}
