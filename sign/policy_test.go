package sign

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var judgementDay = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	key := keyLine(t, "ed25519")
	other := keyLine(t, "other")
	lines := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	const none = "none" // no file at all, as opposed to an empty one
	for _, c := range []struct {
		name, allowed, revoked string
		level                  Level
		principal              string
		reason                 error
		text                   string
	}{
		{"no trust file", none, none, LevelUnknown, "", nil, ""},
		{"no trust file, other key revoked", none, other, LevelUnknown, "", nil, ""},
		{"no trust file, revoked", none, key, LevelUntrusted, "", ErrRevoked, "(revocation list, line 1)"},
		{"empty trust file", "", none, LevelUntrusted, "", ErrUnknownKey, "key is not among the allowed signers: SHA256:"},
		{"other key", "bob " + other, none, LevelUntrusted, "", ErrUnknownKey, "SHA256:"},
		{"trusted", "alice " + key, none, LevelTrusted, "alice", nil, ""},
		{"trusted, other revoked", "alice " + key, other, LevelTrusted, "alice", nil, ""},
		{"revoked", "alice " + key, "\n\n" + key, LevelUntrusted, "alice", ErrRevoked, "key is revoked: SHA256:"},
		{"revoked, second line", "alice " + key, other + "\n" + key, LevelUntrusted, "alice", ErrRevoked, "(revocation list, line 2)"},
		{"namespace", `alice namespaces="oa-archive.v1:*" ` + key, none, LevelTrusted, "alice", nil, ""},
		{"other namespace", `alice namespaces="file,git" ` + key, none, LevelUntrusted, "alice", ErrNamespaceNotAllowed, "key is not allowed to sign for this namespace: alice (allowed signers, line 1)"},
		{"no namespace", `alice namespaces="" ` + key, none, LevelUntrusted, "alice", ErrNamespaceNotAllowed, ""},
		{"not yet", `alice valid-after="20261122" ` + key, none, LevelUntrusted, "alice", ErrNotYetValid, "key is not yet valid: valid from 2026-11-22T00:00:00Z: alice (allowed signers, line 1)"},
		{"expired", `alice valid-before="20261121" ` + key, none, LevelUntrusted, "alice", ErrExpired, "key has expired: valid until 2026-11-21T00:00:00Z: alice (allowed signers, line 1)"},
		{"in its period", `alice valid-after="20261121",valid-before="20261122" ` + key, none, LevelTrusted, "alice", nil, ""},
		{"first second", `alice valid-after="20261121120000Z" ` + key, none, LevelTrusted, "alice", nil, ""},
		{"a second early", `alice valid-after="20261121120001Z" ` + key, none, LevelUntrusted, "alice", ErrNotYetValid, ""},
		{"last second", `alice valid-before="20261121120000Z" ` + key, none, LevelTrusted, "alice", nil, ""},
		{"a second late", `alice valid-before="20261121115959Z" ` + key, none, LevelUntrusted, "alice", ErrExpired, ""},

		{"first accepting line", lines(`a valid-before="20260101" `+key, "b "+key, "c "+key), none, LevelTrusted, "b", nil, ""},
		{"closest: the latest end", lines(`a valid-before="20260101" `+key, `b valid-before="20260301" `+key, `c valid-before="20260201" `+key), none,
			LevelUntrusted, "b", ErrExpired, "line 2"},
		{"closest: the earliest start", lines(`a valid-after="20280101" `+key, `b valid-after="20270101" `+key), none,
			LevelUntrusted, "b", ErrNotYetValid, "line 2"},
		{"closest: expired before not yet valid", lines(`a valid-after="20270101" `+key, `b valid-before="20260301" `+key), none,
			LevelUntrusted, "b", ErrExpired, "line 2"},
		{"closest: a period before the namespace", lines(`a namespaces="file" `+key, `b valid-after="20270101" `+key), none,
			LevelUntrusted, "b", ErrNotYetValid, "line 2"},
		{"closest: the period counts only for the namespace", lines(`a namespaces="file",valid-before="20260101" `+key, `b namespaces="git" `+key), none,
			LevelUntrusted, "a", ErrNamespaceNotAllowed, "line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			policy := Policy{Now: judgementDay}
			if c.allowed != none {
				policy.Allowed = parseAllowed(t, c.allowed)
			}
			if c.revoked != none {
				policy.Revoked = parseRevocations(t, c.revoked)
			}
			v := policy.Judge(testKey(t, "ed25519"), testNamespace)
			if v.Level != c.level || v.Principal != c.principal || v.Key != testKey(t, "ed25519") || !errors.Is(v.Reason, c.reason) {
				t.Errorf("verdict %v of %q because %v; want %v of %q because %v", v.Level, v.Principal, v.Reason, c.level, c.principal, c.reason)
			}
			if (v.Level == LevelUntrusted) != (v.Reason != nil) {
				t.Errorf("level %v with reason %v", v.Level, v.Reason)
			}
			if c.text != "" && !strings.Contains(fmt.Sprint(v.Reason), c.text) {
				t.Errorf("reason %q does not contain %q", v.Reason, c.text)
			}
		})
	}
}

func TestJudgeZeroValues(t *testing.T) {
	key := testKey(t, "ed25519")
	if v := (Policy{}).Judge(key, "file"); v.Level != LevelUnknown || v.Reason != nil {
		t.Errorf("zero policy: %+v", v)
	}
	if v := (Policy{Allowed: new(AllowedSigners), Revoked: new(RevocationList)}).Judge(key, "file"); v.Level != LevelUntrusted || !errors.Is(v.Reason, ErrUnknownKey) {
		t.Errorf("zero lists: %+v", v)
	}
	if v := (Policy{}).Judge(PublicKey{}, "file"); v.Level != LevelUntrusted || !errors.Is(v.Reason, ErrWeakKey) {
		t.Errorf("zero key: %+v", v)
	}
}

// Without a time of its own, a policy judges at the time of the call, so a
// long-lived one notices that a key expires.
func TestJudgeNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(time.Hour).UTC()
		policy := Policy{Allowed: parseAllowed(t, `alice valid-before="`+end.Format("20060102150405Z")+`" `+keyLine(t, "ed25519"))}
		time.Sleep(time.Hour + 999*time.Millisecond) // the last second counts as a whole
		if v := policy.Judge(testKey(t, "ed25519"), "file"); v.Level != LevelTrusted {
			t.Errorf("at the end: %+v", v)
		}
		time.Sleep(time.Millisecond)
		if v := policy.Judge(testKey(t, "ed25519"), "file"); !errors.Is(v.Reason, ErrExpired) {
			t.Errorf("after the end: %+v", v)
		}
	})
}

func TestLevelString(t *testing.T) {
	for level, want := range map[Level]string{LevelUnknown: "unknown", LevelUntrusted: "untrusted", LevelTrusted: "trusted", 7: "level(7)"} {
		if level.String() != want {
			t.Errorf("%d is %q, want %q", int(level), level, want)
		}
	}
}
