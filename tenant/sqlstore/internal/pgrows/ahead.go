package pgrows

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// An ahead decodes the batches of a Parquet file on a goroutine, one ahead of who
// takes them.
type ahead struct {
	batches chan arrow.RecordBatch // closed at the end
	err     error                  // what the end was; valid once batches is closed
	cancel  context.CancelFunc
}

// readAhead begins to decode f, which is read until close has returned.
func readAhead(ctx context.Context, f *parquetio.File) *ahead {
	ctx, cancel := context.WithCancel(ctx)
	a := &ahead{batches: make(chan arrow.RecordBatch), cancel: cancel}
	go func() {
		defer close(a.batches)
		a.err = a.decode(ctx, f)
	}()
	return a
}

// decode passes the batches on. At the end of the file it returns io.EOF.
func (a *ahead) decode(ctx context.Context, f *parquetio.File) error {
	for batch, err := range f.Batches(ctx) {
		if err != nil {
			return err
		}
		batch.Retain()
		select {
		case a.batches <- batch:
		case <-ctx.Done():
			batch.Release()
			return ctx.Err()
		}
	}
	return io.EOF
}

// next returns the next batch, which the caller releases. The error is io.EOF
// after the last one.
func (a *ahead) next() (arrow.RecordBatch, error) {
	if batch, more := <-a.batches; more {
		return batch, nil
	}
	return nil, a.err
}

// close gives up the rest and waits for the goroutine. It may be called again.
func (a *ahead) close() {
	a.cancel()
	for batch := range a.batches {
		batch.Release()
	}
}
