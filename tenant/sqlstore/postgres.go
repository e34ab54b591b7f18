package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/oneanalytics/oa-archive/tenant"
)

// oldestPostgres is the first major version that this package works with.
const oldestPostgres = 14

// tenantSetting names the setting that row-level security looks at.
const tenantSetting = "oa_archive.tenant"

// impatience is how long a server may take to give up a statement whose
// context has ended, before the connection is closed.
const impatience = 5 * time.Second

// OpenPostgres opens the tenants in a PostgreSQL database, version 14 or
// newer, in a schema that [CreatePostgres] has made; the error wraps
// [fs.ErrNotExist] when the schema is missing. dsn is a connection string as
// libpq reads it, postgres://user@host:port/database?parameters, with one
// parameter more: schema, "oa_archive" by default. PGPASSWORD and other
// variables of libpq are respected, and so is a password file.
//
// A schema of an earlier version is brought up to date, which its owner alone
// may do; one of a later version is refused. Rights that the role lacks are
// errors that wrap [fs.ErrPermission]. No error holds a password.
func OpenPostgres(ctx context.Context, dsn string) (*DB, error) {
	return startPostgres(ctx, dsn, func(p *postgres, db *DB) error {
		state, err := p.look(ctx, db)
		if err != nil {
			return err
		}
		if !state.ours {
			return fmt.Errorf("sqlstore: %s: there is no schema %s of this program: %w", db.name, p.identifier(), fs.ErrNotExist)
		}
		return db.update(ctx)
	})
}

// CreatePostgres is [OpenPostgres], but makes the schema and its tables when
// they are missing. The role becomes their owner; it needs the right CREATE on
// the database, or on the schema when that exists without tables. A schema
// with anything else in it is refused. Programs that create at the same time
// wait for each other.
func CreatePostgres(ctx context.Context, dsn string) (*DB, error) {
	return startPostgres(ctx, dsn, func(p *postgres, db *DB) error {
		state, err := p.look(ctx, db)
		if err != nil {
			return err
		}
		if state.ours {
			return db.update(ctx)
		}
		return db.migrate(ctx, func(ctx context.Context, s *session) (int, error) {
			// Under the lock: another program may have been faster.
			state, err := p.lookIn(ctx, s)
			switch {
			case err != nil:
				return 0, err
			case state.ours:
				return schemaVersion(ctx, s)
			case state.exists:
				return 0, nil
			}
			return 0, s.script(ctx, "CREATE SCHEMA "+p.identifier())
		})
	})
}

// startPostgres opens a pool of connections and lets ready look at the schema.
func startPostgres(ctx context.Context, dsn string, ready func(*postgres, *DB) error) (*DB, error) {
	cfg, schema, err := parsePostgres(dsn)
	if err != nil {
		return nil, err
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "oa-archive"
	}
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	// A cancelled statement is given up by the server, and the connection lives.
	cfg.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: impatience}
	}
	p := &postgres{schema: schema}
	db := &DB{name: RedactPostgres(dsn), pool: stdlib.OpenDB(*cfg, stdlib.OptionShouldPing(always))}
	if db.dialect, err = p.dialect(); err == nil {
		err = p.checkServer(ctx, db)
	}
	if err == nil {
		err = ready(p, db)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// always has connections checked before they are used again, so that the first
// transaction after a restart of the server does not fail.
func always(context.Context, stdlib.ShouldPingParams) bool { return true }

// postgres is what the dialect knows of its database.
type postgres struct {
	schema  string
	version int // the server's, major
}

func (p *postgres) identifier() string { return pgx.Identifier{p.schema}.Sanitize() }

// checkServer refuses servers that this package does not work with.
func (p *postgres) checkServer(ctx context.Context, db *DB) error {
	var version int
	var encoding string
	err := db.pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding)
	if err != nil {
		return db.wrap(ctx, err)
	}
	if p.version = version / 10000; p.version < oldestPostgres {
		return fmt.Errorf("sqlstore: %s runs PostgreSQL %d; this program needs version %d or newer", db.name, p.version, oldestPostgres)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("sqlstore: %s has the encoding %s; make a database with the encoding UTF8", db.name, encoding)
	}
	return nil
}

// A schemaState tells whose a schema is.
type schemaState struct{ exists, ours bool }

func (p *postgres) look(ctx context.Context, db *DB) (state schemaState, err error) {
	s, err := db.read(ctx, noTenant)
	if err != nil {
		return state, err
	}
	state, err = p.lookIn(ctx, s)
	return state, errors.Join(err, s.rollback())
}

// lookIn reads the catalogue, which needs no rights. The error says that the
// schema is another program's, or that the role may not use it.
func (p *postgres) lookIn(ctx context.Context, s *session) (state schemaState, err error) {
	var used, allowed bool
	n, err := s.query(ctx, func(scan scanFunc) error { return scan(&state.ours, &used, &allowed) }, `
		SELECT COALESCE(obj_description(v.oid, 'pg_class') = 'oa-archive', FALSE),
		       EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid),
		       has_schema_privilege(n.oid, 'USAGE')
		FROM pg_namespace n LEFT JOIN pg_class v ON v.relnamespace = n.oid AND v.relname = 'schema_version'
		WHERE n.nspname = ?`, p.schema)
	state.exists = n == 1
	switch {
	case err != nil || n == 0:
		return state, err
	case !allowed:
		return state, fmt.Errorf("sqlstore: %s: this role may not use schema %s; make it a member of %s or %s: %w", s.db.name, p.identifier(), ExporterRole, ImporterRole, fs.ErrPermission)
	case used && !state.ours:
		return state, fmt.Errorf("sqlstore: %s: schema %s belongs to another program; name another one, as in ?%s=archives", s.db.name, p.identifier(), schemaParameter)
	}
	return state, nil
}

func (p *postgres) dialect() (*dialect, error) {
	migrations, err := fs.Sub(migrationFiles, "migrations/postgres")
	if err != nil {
		return nil, err
	}
	return &dialect{
		migrations:    migrations,
		bind:          numbered,
		interruptible: true,
		prepares:      true,
		beginRead: func(ctx context.Context, conn *sql.Conn, scope string) error {
			return p.begin(ctx, conn, true, "ISOLATION LEVEL REPEATABLE READ, READ ONLY", scope)
		},
		joinRead: func(ctx context.Context, conn *sql.Conn, scope, snapshot string) error {
			if !snapshotForm.MatchString(snapshot) {
				return fmt.Errorf("%+.80q does not name a snapshot", snapshot)
			}
			return p.begin(ctx, conn, true, "ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT '"+snapshot+"'", scope)
		},
		beginWrite: p.beginWrite,
		commit:     commitPostgres,
		setScope: func(ctx context.Context, s *session, scope string) error {
			return s.exec(ctx, "SELECT set_config('"+tenantSetting+"', ?, TRUE)", scope)
		},
		explain:   explainPostgres,
		unsettled: unsettledPostgres,
		newLoader: func(e entries) loader { return &batch{entries: e} },
		among: func(column string, numbers []int64) (string, any) {
			return column + " = ANY (?)", numbers
		},
		contents: postgresContents,
		rows:     postgresRows(),
	}, nil
}

// snapshotForm is how pg_export_snapshot names snapshots. SET TRANSACTION
// SNAPSHOT takes no placeholder.
var snapshotForm = regexp.MustCompile(`^[0-9A-F]+-[0-9A-F]+-[0-9]+$`)

// numbered replaces the placeholders ? by $1, $2 and so on. No query of this
// package has a ? in a literal.
func numbered(query string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// begin starts a transaction. The settings last as long as it does, so that a
// pooler between here and the server may share connections out. Bounds on
// time are lifted, as pg_dump does: an export may take long, and waits for
// others in between. options are of the form "READ ONLY"; more statements may
// follow them.
func (p *postgres) begin(ctx context.Context, conn *sql.Conn, readOnly bool, options, scope string) error {
	text := "BEGIN TRANSACTION " + options + "; SET LOCAL search_path = " + p.identifier() + ", pg_temp"
	limits := []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}
	if p.version >= 17 {
		limits = append(limits, "transaction_timeout")
	}
	for _, limit := range limits {
		text += "; SET LOCAL " + limit + " = 0"
	}
	// Every query here finds its rows by a key. Left to itself the planner, who
	// has no statistics of what a transaction has just stored, would rather read
	// the whole table, or keep a plan from when it was empty.
	// What is turned off is not forbidden but called dear, which makes the server
	// compile such a query first; that takes longer than all of these run.
	text += "; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off"
	// Rows of datasets are taken as they lie, from the first page to the last.
	text += "; SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0"
	if scope != everyTenant && tenant.CheckID(scope) != nil {
		scope = noTenant // and nothing that could end the literal
	}
	// The first query of the transaction takes the snapshot, which the lock
	// precedes: tables of rows that a snapshot can read are not dropped.
	if readOnly && scope != noTenant && scope != everyTenant {
		text += "; LOCK TABLE retired_rows IN ACCESS SHARE MODE"
	}
	_, err := conn.ExecContext(ctx, text+"; SELECT set_config('"+tenantSetting+"', '"+scope+"', TRUE)")
	return err
}

// beginWrite reads what is committed at each statement: the snapshot of a
// stricter transaction could be from before it had the lock.
func (p *postgres) beginWrite(ctx context.Context, conn *sql.Conn, scope string) error {
	if err := p.begin(ctx, conn, false, "ISOLATION LEVEL READ COMMITTED, READ WRITE", scope); err != nil {
		return err
	}
	query := "SELECT pg_try_advisory_xact_lock($1), TRUE"
	if scope != noTenant {
		query = "SELECT pg_try_advisory_xact_lock($1), has_table_privilege('documents', 'INSERT')"
	}
	var locked, allowed bool
	if err := conn.QueryRowContext(ctx, query, p.lock(scope)).Scan(&locked, &allowed); err != nil {
		return err
	}
	switch {
	case !allowed:
		return fmt.Errorf("this role may not import; use one that is a member of %s: %w", ImporterRole, fs.ErrPermission)
	case !locked:
		if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			return err
		}
		return errBusy
	}
	return nil
}

// lock is the number of a tenant's advisory lock, or of the schema's. Two of
// them could fall together; then their imports would wait for each other.
func (p *postgres) lock(scope string) int64 {
	sum := sha256.Sum256([]byte("oa-archive import\x00" + p.schema + "\x00" + scope))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// commitPostgres commits. The server answers COMMIT of a transaction that has
// failed by rolling it back, without an error.
func commitPostgres(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver's connection is a %T", raw)
		}
		tag, err := c.Conn().Exec(ctx, "COMMIT")
		if err == nil && tag.String() != "COMMIT" {
			return fmt.Errorf("the server answered COMMIT with %s", tag)
		}
		return err
	})
}

// explainPostgres says what to do about missing rights.
func explainPostgres(err error) error {
	const insufficientPrivilege = "42501"
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == insufficientPrivilege && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; this takes the rights of %s, or of the schema's owner: %w", err, ImporterRole, fs.ErrPermission)
	}
	return err
}

// unsettledPostgres reports whether the server has not said that it rolled
// back: an error of severity ERROR does, the end of the connection does not.
func unsettledPostgres(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return !ok || e.SeverityUnlocalized != "ERROR"
}
