package pgrows_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore/internal/pgrows"
)

// many returns a file of rows of the width in bytes, each another one.
func many(t testing.TB, rows, width int) (parquetio.Schema, []byte) {
	t.Helper()
	schema := parse(t, "n int64, text string")
	all := make([][]any, rows)
	for i := range all {
		all[i] = []any{i, strings.Repeat(fmt.Sprintf("%07d.", i), width/8)}
	}
	return schema, file(t, schema, all...)
}

func TestManyRowsComeInOrder(t *testing.T) {
	for _, c := range []struct{ rows, width int }{
		{3*parquetio.GroupRows + 5, 0}, // more than may wait, by rows
		{40, 1 << 20},                  // by bytes, each in a batch of its own
		{5, 7 << 20},                   // which are not kept
	} {
		schema, want := many(t, c.rows, c.width)
		stream, err := copied(t, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(t, schema, stream, 1<<20)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d rows of %d bytes: %v; another file came back", c.rows, c.width, err)
		}
	}
}

// broken fails when something is written to it for the second time.
type broken struct{ writes int }

var errDisk = errors.New("the disk is gone")

func (b *broken) Write(p []byte) (int, error) {
	if b.writes++; b.writes > 1 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestErrorsOfWhatIsWrittenAhead(t *testing.T) {
	schema, parquet := many(t, 3*parquetio.GroupRows, 0)
	stream, err := copied(t, parquet)
	if err != nil {
		t.Fatal(err)
	}
	w, err := parquetio.NewWriter(&broken{}, schema, parquetio.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d := pgrows.NewDecoder(w)
	_, err = io.Copy(d, bytes.NewReader(stream))
	if errClose := d.Close(); err == nil {
		err = errClose
	}
	if !errors.Is(err, errDisk) {
		t.Errorf("%v, want the error of writing", err)
	}
}

func TestGivingUp(t *testing.T) {
	_, parquet := many(t, 3*parquetio.GroupRows, 0)
	f, err := parquetio.Open(bytes.NewReader(parquet), int64(len(parquet)), parquetio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := pgrows.NewReader(t.Context(), f)
	if _, err := io.ReadFull(r, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r.Close()
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("a closed Reader yields all rows")
	}

	ctx, cancel := context.WithCancel(t.Context())
	r = pgrows.NewReader(ctx, f)
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) || !errors.Is(r.Err(), context.Canceled) {
		t.Errorf("after the end of its context: %v, %v", err, r.Err())
	}
}

// copied is encode, with pieces and batches as large as usual.
func copied(t testing.TB, parquet []byte) ([]byte, error) {
	t.Helper()
	f, err := parquetio.Open(bytes.NewReader(parquet), int64(len(parquet)), parquetio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := pgrows.NewReader(t.Context(), f)
	defer r.Close()
	return io.ReadAll(r)
}
