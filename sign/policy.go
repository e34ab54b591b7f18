package sign

import (
	"errors"
	"fmt"
	"time"
)

// Level says how far a key is trusted. Only LevelTrusted permits anything.
type Level int

// The levels of trust.
const (
	// LevelUnknown: nobody said whom to trust. A signature that verifies shows
	// that the content is intact since some unknown key signed it.
	LevelUnknown Level = iota
	// LevelUntrusted: it was said whom to trust, and the key is not accepted.
	LevelUntrusted
	// LevelTrusted: an allowed signer's key, not revoked, valid now, for this
	// namespace.
	LevelTrusted
)

// String returns "unknown", "untrusted" or "trusted".
func (l Level) String() string {
	switch l {
	case LevelUnknown:
		return "unknown"
	case LevelUntrusted:
		return "untrusted"
	case LevelTrusted:
		return "trusted"
	}
	return fmt.Sprintf("level(%d)", int(l))
}

// A Policy decides which keys are trusted. It is read-only to its methods, which
// may be called concurrently. The zero value trusts nobody.
type Policy struct {
	// Allowed names the keys to trust. Nil means that nobody said: no key is
	// trusted, and the level is LevelUnknown. An empty list says that no key is.
	Allowed *AllowedSigners
	// Revoked names keys to refuse, whatever Allowed says and even if it is nil.
	Revoked *RevocationList
	// Now is the time to judge validity at; zero means the time of each call.
	// It should never come from the archive, whose own time is only a claim.
	Now time.Time
}

// A Verdict is what a [Policy] says of a key.
type Verdict struct {
	Level Level
	// Principal is the principals field of the line that accepted the key, as it
	// stands in the allowed signers, patterns included. If the key is listed but
	// not accepted, it is that of the line which Reason names, or of the first
	// one for a revoked key. Else it is empty.
	Principal string
	// Key is the key that was judged.
	Key PublicKey
	// Reason says why the level is LevelUntrusted and is nil otherwise. It wraps
	// [ErrUnknownKey], [ErrExpired], [ErrNotYetValid], [ErrRevoked],
	// [ErrNamespaceNotAllowed], or [ErrWeakKey] for the zero key.
	Reason error
}

// Judge says whether a signature by key for namespace is to be trusted. It does
// not verify the signature: that is [Signature.Verify].
//
// Revocation goes first. Then any line of the allowed signers that names the key,
// matches the namespace and is valid now suffices, and the first one gives the
// principal. Both ends of a period are part of it, and fractions of a second do
// not count, as in ssh-keygen. If no line accepts the key, the reason is the one
// closest to acceptance: expired, then not yet valid, then the namespace.
//
// The cost is a lookup and the lines that name the key.
func (p Policy) Judge(key PublicKey, namespace string) Verdict {
	verdict := Verdict{Level: LevelUntrusted, Key: key}
	if key.IsZero() {
		verdict.Reason = fmt.Errorf("%w: the zero key", ErrWeakKey)
		return verdict
	}
	if p.Revoked != nil {
		if line, ok := p.Revoked.lineOf(key); ok {
			verdict.Principal = p.Allowed.principal(key)
			verdict.Reason = fmt.Errorf("%w: %s (%s, line %d)", ErrRevoked, key.Fingerprint(), revocationFile, line)
			return verdict
		}
	}
	if p.Allowed == nil {
		verdict.Level = LevelUnknown
		return verdict
	}
	now := p.Now
	if now.IsZero() {
		now = time.Now()
	}
	p.Allowed.judge(&verdict, namespace, now.Unix())
	return verdict
}

// judge completes the verdict on a key that is not revoked.
func (a *AllowedSigners) judge(verdict *Verdict, namespace string, now int64) {
	var best *grant
	var reason error
	grants := a.grants[verdict.Key]
	for i := range grants {
		g := &grants[i]
		err := g.options.check(namespace, now)
		if err == nil {
			verdict.Level, verdict.Principal = LevelTrusted, g.principals
			return
		}
		if best == nil || g.closer(err, best, reason) {
			best, reason = g, err
		}
	}
	if best == nil {
		verdict.Reason = fmt.Errorf("%w: %s", ErrUnknownKey, verdict.Key.Fingerprint())
		return
	}
	verdict.Principal = best.principals
	verdict.Reason = fmt.Errorf("%w: %s (%s, line %d)", reason, best.principals, allowedSignersFile, best.line)
}

// closer reports whether g, refused with err, was closer to accepting than best,
// refused with reason: by the kind of refusal, then by the time missed.
func (g *grant) closer(err error, best *grant, reason error) bool {
	rank, bestRank := closeness(err), closeness(reason)
	switch {
	case rank != bestRank:
		return rank > bestRank
	case errors.Is(err, ErrExpired):
		return g.options.notAfter > best.options.notAfter
	case errors.Is(err, ErrNotYetValid):
		return g.options.notBefore < best.options.notBefore
	}
	return false
}

func closeness(err error) int {
	switch {
	case errors.Is(err, ErrExpired):
		return 2
	case errors.Is(err, ErrNotYetValid):
		return 1
	}
	return 0
}

// principal returns the principals of the first line that names key, if any.
func (a *AllowedSigners) principal(key PublicKey) string {
	if a == nil || len(a.grants[key]) == 0 {
		return ""
	}
	return a.grants[key][0].principals
}
