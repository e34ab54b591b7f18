package cli

import (
	"math/big"
	"strings"
	"testing"
	"time"
)

// FuzzTime holds that what stands for a span before now is that span, however
// long it is.
func FuzzTime(f *testing.F) {
	for _, text := range []string{"2026-01-02", "2026-01-02T03:04:05Z", "72h", "30d", "1.5d", "-1d", "200000d", "300000d", "2562047h", "", "d"} {
		f.Add(text)
	}
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseTime(text, now)
		if err != nil {
			return
		}
		days, ok := strings.CutSuffix(text, "d")
		n, whole := new(big.Int).SetString(days, 10)
		if ok && whole && n.IsInt64() && !at.Equal(now.AddDate(0, 0, -int(n.Int64()))) {
			t.Errorf("%q is %s", text, at)
		}
	})
}

// FuzzStore holds that what a person gives as a store is one, or is refused
// without its password.
func FuzzStore(f *testing.F) {
	for _, rest := range []string{"host/db", "host:5432/db?schema=x", "/db", "[::1]/db", "a,b/db", "?host=/run", "host/db?sslmode=require&a=b", "host#f"} {
		f.Add("postgres", "user", rest)
	}
	f.Add("dir", "", "folder")
	f.Add("sqlite", "a", "b.db")
	const password = "pa55-w0rd"
	f.Fuzz(func(t *testing.T, scheme, user, rest string) {
		if strings.Contains(scheme+user+rest, password) {
			return
		}
		text := scheme + "://" + user + ":" + password + "@" + rest
		spec, err := parseStore("--from", text)
		switch {
		case err != nil && strings.Contains(err.Error(), password):
			t.Errorf("%q: %v", text, err)
		case err == nil && spec.scheme == "postgres" && strings.Contains(spec.String(), password):
			t.Errorf("%q is shown as %s", text, spec)
		case err == nil && spec.scheme != "postgres" && spec.scheme+":"+spec.path != text:
			t.Errorf("%q is %+v", text, spec)
		}
	})
}
