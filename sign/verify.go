package sign

import (
	"crypto/ed25519"
	"sync/atomic"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// verifies reports whether value is k's signature of message, with the verdict
// of [ed25519.Verify] in half its time: curve25519-voi is asked for exactly the
// standard library's rules, and keeps multiples of the key that the signatures
// of an archive share. FuzzVerdict and TestVerdictsAgree hold the two against
// each other. Should it give up on an input, the standard library decides.
func (k PublicKey) verifies(message []byte, value *[ed25519.SignatureSize]byte) (ok bool) {
	expanded := k.expand()
	if expanded == nil {
		return ed25519.Verify(k.point[:], message, value[:])
	}
	defer func() {
		if r := recover(); r != nil {
			ok = ed25519.Verify(k.point[:], message, value[:])
		}
	}()
	return voi.VerifyExpandedWithOptions(expanded, message, value[:], &standardRules)
}

// standardRules are those of [ed25519.Verify]: the equation without cofactor,
// and the point R by its bytes.
var standardRules = voi.Options{Verify: voi.VerifyOptionsStdLib}

// An expandedKey is a key with what is computed from it alone.
type expandedKey struct {
	key      PublicKey
	expanded *voi.ExpandedPublicKey
}

// lastExpanded is the key that verified last.
var lastExpanded atomic.Pointer[expandedKey]

// expand returns k ready for use; nil if that cannot be had.
func (k PublicKey) expand() *voi.ExpandedPublicKey {
	if last := lastExpanded.Load(); last != nil && last.key == k {
		return last.expanded
	}
	expanded, err := voi.NewExpandedPublicKey(k.point[:])
	if err != nil {
		return nil
	}
	lastExpanded.Store(&expandedKey{k, expanded})
	return expanded
}
