package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

// TestCancellation cancels statements that wait for a lock in the server: they
// end at once, on both sides.
func TestCancellation(t *testing.T) {
	db, at := createPostgres(t)
	s := newTenant(t, db, acme)
	store(t, s, 0, state(0))
	const everyTable = "schema_version, tenants, documents, chunks, imports"
	for name, c := range map[string]struct {
		tables string
		begun  bool // before the tables are locked
		call   func(context.Context, tenant.Tx) error
	}{
		"Snapshot":  {everyTable, false, func(ctx context.Context, _ tenant.Tx) error { _, err := contents(ctx, s); return err }},
		"Tenants":   {everyTable, false, func(ctx context.Context, _ tenant.Tx) error { _, err := db.Tenants(ctx); return err }},
		"Imports":   {everyTable, false, func(ctx context.Context, _ tenant.Tx) error { _, err := s.Imports(ctx); return err }},
		"Open":      {everyTable, false, func(ctx context.Context, _ tenant.Tx) error { _, err := OpenPostgres(ctx, at.url); return err }},
		"Begin":     {everyTable, false, func(ctx context.Context, _ tenant.Tx) error { _, err := s.Begin(ctx); return err }},
		"Inventory": {everyTable, false, func(ctx context.Context, _ tenant.Tx) error { return firstError(s.Inventory(ctx)) }},
		"contents":  {"chunks", false, func(ctx context.Context, _ tenant.Tx) error { _, err := contents(ctx, s); return err }},
		"Put": {"documents", true, func(ctx context.Context, tx tenant.Tx) error {
			return tx.Put(ctx, largeName, -1, strings.NewReader(strings.Repeat("x", 2<<20)))
		}},
		"Delete":                 {"documents", true, func(ctx context.Context, tx tenant.Tx) error { return tx.Delete(ctx, largeName) }},
		"Commit":                 {"documents", true, func(ctx context.Context, tx tenant.Tx) error { return tx.Commit(ctx, record(1)) }},
		"the import's inventory": {"documents", true, func(ctx context.Context, tx tenant.Tx) error { return firstError(tx.Inventory(ctx)) }},
	} {
		t.Run(name, func(t *testing.T) {
			var tx tenant.Tx
			if c.begun {
				tx = begin(t, s)
				put(t, tx, passing, "x")
			}
			locked, release := make(chan struct{}), make(chan struct{})
			var holder sync.WaitGroup
			holder.Go(func() { holdTables(t, at, c.tables, locked, release) })
			defer holder.Wait()
			defer close(release)
			<-locked
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := make(chan error, 1)
			go func() { result <- c.call(ctx, tx) }()
			waiting(t, at, 1)
			cancel()
			select {
			case err := <-result:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%v, want context.Canceled", err)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the statement goes on")
			}
			waiting(t, at, 0)
			if tx != nil {
				if err := tx.Rollback(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wantSomeStateIs(t, s, 0)
}

func firstError(entries iter.Seq2[tenant.Entry, error]) error {
	for _, err := range entries {
		return err
	}
	return nil
}

// holdTables locks tables until release is closed.
func holdTables(t *testing.T, at place, tables string, locked, release chan struct{}) {
	db, err := OpenPostgres(t.Context(), at.url)
	if err != nil {
		t.Error(err)
		close(locked)
		return
	}
	defer func() { _ = db.Close() }()
	s, err := db.write(t.Context(), "holder")
	if err == nil {
		err = s.script(t.Context(), "LOCK TABLE "+tables+" IN ACCESS EXCLUSIVE MODE")
	}
	close(locked)
	if err != nil {
		t.Error(err)
		return
	}
	<-release
	if err := s.rollback(); err != nil {
		t.Error(err)
	}
}

// waiting waits until so many statements wait for a lock.
func waiting(t *testing.T, at place, want int) {
	t.Helper()
	at.behind(t, fmt.Sprintf(`DO $$
		BEGIN
			FOR i IN 1..1000 LOOP
				PERFORM pg_stat_clear_snapshot();
				IF (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') = %d THEN RETURN; END IF;
				PERFORM pg_sleep(0.01);
			END LOOP;
			RAISE 'statements wait for a lock that should not';
		END $$`, want))
}
