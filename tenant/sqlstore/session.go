package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

// lockPause is how long a waiting writer sleeps before it tries again.
const lockPause = 10 * time.Millisecond

// A session is one transaction on a connection of its own. It is safe for
// concurrent use: statements run one after another, each to its end. They are
// not interrupted by contexts, because SQLite gives up the whole transaction
// with an interrupted statement; every statement is short, and callers look
// at their context between them.
type session struct {
	db       *DB
	mu       sync.Mutex
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	ended    bool
}

var errEnded = fmt.Errorf("sqlstore: the transaction or snapshot has ended: %w", fs.ErrClosed)

// read starts a read transaction.
func (db *DB) read(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlstore: %s: %w", db.name, err)
	}
	return db.begin(db.dialect.beginRead)
}

// write starts a write transaction, waiting for its turn. The error wraps
// [tenant.ErrLocked] when ctx ends first.
func (db *DB) write(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlstore: %s: %w", db.name, err)
	}
	for {
		s, err := db.begin(db.dialect.beginWrite)
		if err == nil || !db.dialect.busy(err) {
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("sqlstore: %s: %w: %w", db.name, tenant.ErrLocked, ctx.Err())
		case <-time.After(lockPause):
		}
	}
}

func (db *DB) begin(start func(context.Context, *sql.Conn) error) (*session, error) {
	ctx := context.Background() // see session
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: %s: %w", db.name, err)
	}
	if err := start(ctx, conn); err != nil {
		discard(conn)
		return nil, fmt.Errorf("sqlstore: %s: begin: %w", db.name, err)
	}
	return &session{db: db, conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

// discard closes a connection for good, and with it whatever transaction it
// may be in.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// statement returns the prepared form of a query.
func (s *session) statement(query string) (*sql.Stmt, error) {
	if s.ended {
		return nil, errEnded
	}
	if stmt := s.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(context.Background(), s.db.dialect.bind(query))
	if err != nil {
		return nil, s.wrap(err)
	}
	s.prepared[query] = stmt
	return stmt, nil
}

func (s *session) wrap(err error) error {
	return fmt.Errorf("sqlstore: %s: %w", s.db.name, err)
}

// exec runs a statement. Several statements may stand in one text without
// arguments.
func (s *session) exec(query string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(args) == 0 && !s.ended {
		if _, err := s.conn.ExecContext(context.Background(), query); err != nil {
			return s.wrap(err)
		}
		return nil
	}
	_, err := s.change(query, args...)
	return err
}

// affect runs a statement and returns how many rows it changed.
func (s *session) affect(query string, args ...any) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := s.change(query, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, s.wrap(err)
	}
	return n, nil
}

func (s *session) change(query string, args ...any) (sql.Result, error) {
	stmt, err := s.statement(query)
	if err != nil {
		return nil, err
	}
	result, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return nil, s.wrap(err)
	}
	return result, nil
}

// scanFunc reads the columns of the present row.
type scanFunc func(columns ...any) error

// query calls each for every row of a query's result, and returns how many
// there were.
func (s *session) query(each func(scanFunc) error, query string, args ...any) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt, err := s.statement(query)
	if err != nil {
		return 0, err
	}
	rows, err := stmt.QueryContext(context.Background(), args...)
	if err != nil {
		return 0, s.wrap(err)
	}
	defer func() {
		if errClose := rows.Close(); err == nil && errClose != nil {
			err = s.wrap(errClose)
		}
	}()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return n, s.wrap(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return n, s.wrap(err)
	}
	return n, nil
}

// commit makes the changes durable and ends the session.
func (s *session) commit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errEnded
	}
	if _, err := s.conn.ExecContext(context.Background(), "COMMIT"); err != nil {
		return errors.Join(s.wrap(err), s.end(false))
	}
	return s.end(true)
}

// rollback ends the session without its changes, unless it has ended.
func (s *session) rollback() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	_, err := s.conn.ExecContext(context.Background(), "ROLLBACK")
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
