package pgtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Database is a database of the test's own on a server.
type Database struct {
	Name   string
	Server *Server
}

var created atomic.Int64

// New makes a blank database on the server that the test binary shares. It is
// dropped at the end of the test.
func New(tb testing.TB) *Database {
	tb.Helper()
	s, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return s.New(tb)
}

var commonMade sync.Mutex

// Common returns a database that the tests of the binary share, for those that
// keep to a schema of their own. That is quicker than a database for each.
func Common(tb testing.TB) *Database {
	tb.Helper()
	s, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	commonMade.Lock()
	defer commonMade.Unlock()
	admin := &Database{Name: "postgres", Server: s}
	if admin.Value(tb, "SELECT count(*) FROM pg_database WHERE datname = 'common'") == "0" {
		admin.Exec(tb, "CREATE DATABASE common")
	}
	return &Database{Name: "common", Server: s}
}

// New makes a blank database on the server, dropped at the end of the test.
func (s *Server) New(tb testing.TB) *Database {
	tb.Helper()
	d := &Database{Name: fmt.Sprintf("test%d", created.Add(1)), Server: s}
	admin := &Database{Name: "postgres", Server: s}
	admin.Exec(tb, "CREATE DATABASE "+d.Name)
	tb.Cleanup(func() { admin.Exec(tb, "DROP DATABASE "+d.Name+" WITH (FORCE)") })
	return d
}

// URL returns the connection string of the database as a superuser.
func (d *Database) URL() string { return d.Server.URL(d.Name, superuser) }

// URLAs returns the connection string of the database as another role.
func (d *Database) URLAs(role string) string { return d.Server.URL(d.Name, role) }

// Role makes an ordinary role that may log in, dropped with all it owns at the
// end of the test, and returns its name. Grants are parts of SQL, as "CREATE".
func (d *Database) Role(tb testing.TB, databaseGrants ...string) string {
	tb.Helper()
	role := fmt.Sprintf("role%d", created.Add(1))
	text := "CREATE ROLE " + role + " LOGIN"
	if len(databaseGrants) > 0 {
		text += "; GRANT " + strings.Join(databaseGrants, ", ") + " ON DATABASE " + d.Name + " TO " + role
	}
	d.Exec(tb, text)
	tb.Cleanup(func() { d.Exec(tb, "DROP OWNED BY "+role+" CASCADE; DROP ROLE "+role) })
	return role
}

// Exec runs statements as a superuser.
func (d *Database) Exec(tb testing.TB, text string) {
	tb.Helper()
	d.connect(tb, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, text)
		return err
	})
}

// Value returns the one value that a query yields to a superuser, as text.
func (d *Database) Value(tb testing.TB, query string) (value string) {
	tb.Helper()
	d.connect(tb, func(ctx context.Context, conn *pgx.Conn) error {
		var v any
		err := conn.QueryRow(ctx, query).Scan(&v)
		value = fmt.Sprint(v)
		return err
	})
	return value
}

func (d *Database) connect(tb testing.TB, use func(context.Context, *pgx.Conn) error) {
	tb.Helper()
	// Not the test's context, which has ended when it cleans up.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, d.URL())
	if err != nil {
		tb.Fatal(err)
	}
	if err := use(ctx, conn); err != nil {
		tb.Errorf("pgtest: %v", err)
	}
	if err := conn.Close(ctx); err != nil {
		tb.Error(err)
	}
}
