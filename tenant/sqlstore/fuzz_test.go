package sqlstore

import (
	"strings"
	"testing"
)

// FuzzConnectionString holds that a connection string is read or refused without
// a panic, and that neither an error nor what is shown holds its password,
// wherever it stands.
func FuzzConnectionString(f *testing.F) {
	for _, text := range []string{
		"postgres://acme:%s@db.example/warehouse", "postgres:///warehouse?host=/run&user=acme&password=%s", "host=db user=acme password='%s'",
		"host=db password=%s port=6000 schema=x", "postgres://acme:%s@one:1,two:2/db", "postgresql://a@b/c?sslpassword=%s", "postgres://acme:%s@[::1", "%s",
	} {
		f.Add(text)
	}
	const password = "pa55-w0rd"
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "service") { // it names files to read
			return
		}
		dsn := strings.Replace(text, "%s", password, 1)
		cfg, schema, err := parsePostgres(dsn)
		if err != nil {
			if strings.Contains(err.Error(), password) && !strings.Contains(text, "schema") {
				t.Errorf("%q: %v", dsn, err)
			}
			return
		}
		if schema == "" || strings.HasPrefix(schema, "pg_") || strings.ContainsRune(schema, 0) {
			t.Errorf("%q: schema %q", dsn, schema)
		}
		if cfg.Password == password && !strings.Contains(cfg.Host+cfg.User+cfg.Database+schema, password) {
			if shown := RedactPostgres(dsn); strings.Contains(shown, password) {
				t.Errorf("%q is shown as %q", dsn, shown)
			}
		}
	})
}
