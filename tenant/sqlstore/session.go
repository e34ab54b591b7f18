package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

// A waiting writer sleeps between its attempts: briefly at first.
const (
	shortestPause = 5 * time.Millisecond
	longestPause  = 160 * time.Millisecond
)

// farewell bounds how long a transaction that is given up may take to end.
const farewell = 10 * time.Second

// A session is one transaction on a connection of its own. It is safe for
// concurrent use: statements run one after another. Where the dialect says
// so, the context of a statement that runs interrupts it, and the transaction
// is lost. SQLite is not interrupted: every statement is short, and callers
// look at their context between them.
type session struct {
	db       *DB
	turn     chan struct{} // holds one value while a statement runs
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	failed   error // what the transaction was lost by
	ended    bool
}

var errEnded = fmt.Errorf("sqlstore: the transaction or snapshot has ended: %w", fs.ErrClosed)

// read starts a read transaction in the scope of a tenant.
func (db *DB) read(ctx context.Context, tenant string) (*session, error) {
	return db.begin(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return db.dialect.beginRead(ctx, conn, tenant)
	})
}

// write starts a write transaction in the scope of a tenant, waiting for its
// turn. The error wraps [tenant.ErrLocked] when ctx ends first.
func (db *DB) write(ctx context.Context, scope string) (*session, error) {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		s, err := db.begin(ctx, func(ctx context.Context, conn *sql.Conn) error {
			return db.dialect.beginWrite(ctx, conn, scope)
		})
		switch {
		case err != nil && ctx.Err() != nil && pause > shortestPause:
			return nil, fmt.Errorf("sqlstore: %s: %w: %w", db.name, tenant.ErrLocked, ctx.Err())
		case !errors.Is(err, errBusy):
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("sqlstore: %s: %w: %w", db.name, tenant.ErrLocked, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// statementContext is the context that a statement runs with.
func (db *DB) statementContext(ctx context.Context) context.Context {
	if db.dialect.interruptible {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

func (db *DB) begin(ctx context.Context, start func(context.Context, *sql.Conn) error) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlstore: %s: %w", db.name, err)
	}
	running := db.statementContext(ctx)
	conn, err := db.pool.Conn(running)
	if err != nil {
		return nil, db.wrap(ctx, err)
	}
	switch err := start(running, conn); {
	case errors.Is(err, errBusy):
		return nil, errors.Join(err, conn.Close())
	case err != nil:
		discard(conn)
		return nil, db.wrap(ctx, fmt.Errorf("begin: %w", err))
	}
	return &session{db: db, turn: make(chan struct{}, 1), conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

// discard closes a connection for good, and with it whatever transaction it
// may be in.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// wrap says which database an error is about, and that the context ended if
// it did.
func (db *DB) wrap(ctx context.Context, err error) error {
	err = db.dialect.explain(err)
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		return fmt.Errorf("sqlstore: %s: %w: %w", db.name, ended, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", db.name, err)
}

// enter waits for the session's turn; leave ends it.
func (s *session) enter(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sqlstore: %s: %w", s.db.name, ctx.Err())
	}
}

func (s *session) leave() { <-s.turn }

// usable says why no statement can run any more, or nil.
func (s *session) usable() error {
	switch {
	case s.ended:
		return errEnded
	case s.failed != nil:
		return fmt.Errorf("sqlstore: %s: the transaction has failed before: %v", s.db.name, s.failed)
	}
	return nil
}

// alive is usable for those who do not have the session's turn.
func (s *session) alive(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.usable()
}

// fail takes an error of a statement.
func (s *session) fail(ctx context.Context, err error) error {
	err = s.db.wrap(ctx, err)
	if s.db.dialect.interruptible {
		s.failed = err
	}
	return err
}

// A statement is a query that can be run, prepared or not.
type statement interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

// unprepared is a statement that the driver prepares when it thinks fit.
type unprepared struct {
	conn  *sql.Conn
	query string
}

func (u unprepared) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return u.conn.ExecContext(ctx, u.query, args...)
}

func (u unprepared) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return u.conn.QueryContext(ctx, u.query, args...)
}

func (s *session) statement(ctx context.Context, query string) (statement, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	if s.db.dialect.prepares {
		return unprepared{s.conn, s.db.dialect.bind(query)}, nil
	}
	if stmt := s.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(s.db.statementContext(ctx), s.db.dialect.bind(query))
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	s.prepared[query] = stmt
	return stmt, nil
}

// exec runs a statement.
func (s *session) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.affect(ctx, query, args...)
	return err
}

// script runs statements that stand in one text.
func (s *session) script(ctx context.Context, text string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := s.usable(); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(s.db.statementContext(ctx), text); err != nil {
		return s.fail(ctx, err)
	}
	return nil
}

// affect runs a statement and returns how many rows it changed.
func (s *session) affect(ctx context.Context, query string, args ...any) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	stmt, err := s.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(s.db.statementContext(ctx), args...)
	if err != nil {
		return 0, s.fail(ctx, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, s.fail(ctx, err)
	}
	return n, nil
}

// work runs statements that need the connection itself. It passes ctx on as it
// is: where statements must not be interrupted, run sees to that.
func (s *session) work(ctx context.Context, run func(context.Context, *sql.Conn) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := s.usable(); err != nil {
		return err
	}
	if err := run(ctx, s.conn); err != nil {
		return s.fail(ctx, err)
	}
	return nil
}

// scanFunc reads the columns of the present row.
type scanFunc func(columns ...any) error

// query calls each for every row of a query's result, and returns how many
// there were.
func (s *session) query(ctx context.Context, each func(scanFunc) error, query string, args ...any) (n int, err error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	stmt, err := s.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	rows, err := stmt.QueryContext(s.db.statementContext(ctx), args...)
	if err != nil {
		return 0, s.fail(ctx, err)
	}
	defer func() {
		if errClose := rows.Close(); err == nil && errClose != nil {
			err = s.fail(ctx, errClose)
		}
	}()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return n, s.db.wrap(ctx, err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return n, s.fail(ctx, err)
	}
	return n, nil
}

// A commitError is an error that COMMIT itself ended with.
type commitError struct{ err error }

func (e *commitError) Error() string { return e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// commit makes the changes durable and ends the session.
func (s *session) commit(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := s.usable(); err != nil {
		return err
	}
	if err := s.db.dialect.commit(s.db.statementContext(ctx), s.conn); err != nil {
		return errors.Join(&commitError{s.fail(ctx, err)}, s.end(false))
	}
	return s.end(true)
}

// rollback ends the session without its changes, unless it has ended. It
// waits for a statement that runs.
func (s *session) rollback() error {
	ctx := context.Background()
	if s.db.dialect.interruptible {
		bounded, cancel := context.WithTimeout(ctx, farewell)
		defer cancel()
		ctx = bounded
	}
	s.turn <- struct{}{}
	defer s.leave()
	if s.ended {
		return nil
	}
	_, err := s.conn.ExecContext(ctx, "ROLLBACK")
	return s.end(err == nil)
}

// end gives the connection back if it is clean, or closes it.
func (s *session) end(clean bool) error {
	s.ended = true
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	if !clean {
		discard(s.conn)
		return nil
	}
	return errors.Join(append(errs, s.conn.Close())...)
}
