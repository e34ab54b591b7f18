package sshagent

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// remoteKey makes a key in an agent a [crypto.Signer].
type remoteKey struct {
	agent  *Agent
	key    *agent.Key
	public ed25519.PublicKey
}

// Public returns the key's ed25519.PublicKey.
func (r *remoteKey) Public() crypto.PublicKey { return r.public }

// Sign has the agent sign message. The agent makes pure Ed25519 signatures only,
// so options that name a hash are refused. The agent may ask its user first.
func (r *remoteKey) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.Hash(0) {
		return nil, errors.New("sshagent: only pure Ed25519 is supported, not Ed25519ph")
	}
	signature, err := r.agent.client.Sign(r.key, message)
	if err != nil {
		return nil, fmt.Errorf("sshagent: the agent did not sign: %w", r.agent.cause(err))
	}
	if signature.Format != ssh.KeyAlgoED25519 {
		return nil, fmt.Errorf("sshagent: the agent answered with a %.64q signature, want %s", signature.Format, ssh.KeyAlgoED25519)
	}
	return signature.Blob, nil
}
