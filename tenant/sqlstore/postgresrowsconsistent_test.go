package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
)

// TestExportIsConsistent reads a tenant again and again while a writer moves
// amounts from one table to another, and counts its moves in both and in a
// document.
func TestExportIsConsistent(t *testing.T) {
	db, at, _ := withRoles(t)
	s := newTenant(t, db, acme)
	const otherPath = "workspaces/" + workspace + "/datasets/" + workspace + "/rows.parquet"
	account := func() string {
		var rows [][]any
		for i := range 500 {
			rows = append(rows, []any{i, 0, 1000})
		}
		return string(rowsFile(t, "id int64, moves int64, amount int64", rows...))
	}
	store(t, s, 1, map[string]string{rowsPath: account(), otherPath: account(), "extensions/v/moves": "000000"})
	table := func(asset string) string {
		return "oa_archive.rows_" + at.database.Value(t, "SELECT id::text FROM oa_archive.documents WHERE asset_id = '"+asset+"'")
	}
	from, to := table(asset), table(workspace)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() { move(ctx, t, at.database, from, to) })
	defer writer.Wait()
	defer stop()
	last := int64(-1)
	for range 40 {
		got, err := contents(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		movesFrom, amountFrom := sums(t, got[rowsPath])
		movesTo, amountTo := sums(t, got[otherPath])
		if movesFrom != movesTo || fmt.Sprintf("%06d", movesFrom) != string(got["extensions/v/moves"]) || amountFrom+amountTo != 1000000 || movesFrom < last {
			t.Fatalf("a mixture: %d and %d moves beside %s, %d + %d", movesFrom, movesTo, got["extensions/v/moves"], amountFrom, amountTo)
		}
		last = movesFrom
	}
	if last < 1 {
		t.Errorf("the writer made %d moves", last)
	}
}

// move changes both tables and the document in one transaction, until ctx ends.
func move(ctx context.Context, t *testing.T, d *pgtest.Database, from, to string) {
	conn, err := pgx.Connect(context.WithoutCancel(ctx), d.URL())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for n := 1; ctx.Err() == nil; n++ {
		content := fmt.Appendf(nil, "%06d", n)
		_, err := conn.Exec(context.WithoutCancel(ctx), fmt.Sprintf(`BEGIN;
			UPDATE %s SET moves = moves + 1, amount = amount - 3 WHERE id = %d;
			UPDATE oa_archive.documents SET content = '%s', sha256 = '%s' WHERE path = 'extensions/v/moves';
			UPDATE %s SET moves = moves + 1, amount = amount + 3 WHERE id = %d;
			COMMIT`, from, n%500, content, layout.DigestOf(content), to, n*7%500))
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// sums adds up the columns moves and amount.
func sums(t *testing.T, file []byte) (moves, amount int64) {
	t.Helper()
	f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{Columns: []string{"moves", "amount"}})
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range f.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for i, sum := range []*int64{&moves, &amount} {
			v, err := parquetio.NewVector(parquetio.Type{Kind: parquetio.Int64}, batch.Column(i))
			if err != nil {
				t.Fatal(err)
			}
			for row := range v.Len() {
				*sum += v.Int(row)
			}
		}
	}
	return moves, amount
}

// troubled lets something happen when its content is read the second time, to
// be loaded.
type troubled struct {
	*bytes.Reader
	reads   int
	trouble func()
}

func (r *troubled) ReadAt(p []byte, at int64) (int, error) {
	if r.reads++; r.reads == 4 { // after the footer
		r.trouble()
	}
	return r.Reader.ReadAt(p, at)
}

// TestLoadThatIsInterrupted leaves the target as it was.
func TestLoadThatIsInterrupted(t *testing.T) {
	db, at := createPostgres(t)
	s := newTenant(t, db, acme)
	store(t, s, 0, state(0))
	var rows [][]any
	for i := range 300000 {
		rows = append(rows, []any{i, "some text"})
	}
	file := rowsFile(t, "id int64, text string", rows...)
	for name, interrupt := range map[string]func(context.CancelFunc){
		"cancelled":       func(cancel context.CancelFunc) { cancel() },
		"connection lost": func(context.CancelFunc) { terminate(t, at) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		tx := begin(t, s)
		r := &troubled{Reader: bytes.NewReader(file), trouble: func() { interrupt(cancel) }}
		start := time.Now()
		err := tx.Put(ctx, rowsName, int64(len(file)), struct {
			io.Reader
			io.ReaderAt
		}{r.Reader, r})
		cancel()
		if err == nil || r.reads < 4 {
			t.Fatalf("%s: Put: %v after %d reads", name, err, r.reads)
		}
		if name == "cancelled" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if time.Since(start) > 30*time.Second {
			t.Errorf("%s: it took %s", name, time.Since(start))
		}
		_ = tx.Rollback()
		wantSomeStateIs(t, s, 0)
	}
}
