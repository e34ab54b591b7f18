package bucket

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"
)

// errStalled: a request moved no byte for too long.
var errStalled = errors.New("the link went silent")

// Options say how patiently a store is spoken to, and how much is read ahead.
// Fields that are zero stand for the default.
type Options struct {
	// Attempts is how many requests in a row may fail without bringing the
	// operation any further. Default 8, which takes about half a minute.
	Attempts int
	// Backoff is the first pause before a request is repeated. Each further one
	// is twice as long, up to 50 times the first, less a random part. Default
	// 200 ms.
	Backoff time.Duration
	// Stall is how long a request may move no byte. Default 30 s.
	Stall time.Duration
	// Tail is how much of the object's end Open begins to read at once, since
	// archives are read from there. Default 512 KiB; -1 is nothing. Objects up
	// to twice as large are read whole.
	Tail int64
	// Parallel is how many ranges are read, or parts are written, at once.
	// Default 4, at most 16. Each takes up to 4 MiB of memory when reading.
	Parallel int
}

const (
	maxParallel    = 16
	maxBackoffRate = 50
)

// checked returns the options with defaults filled in.
func (o Options) checked() (Options, error) {
	if o.Attempts < 0 || o.Backoff < 0 || o.Stall < 0 || o.Tail < -1 || o.Parallel < 0 || o.Parallel > maxParallel {
		return o, errors.New("bucket: options out of range")
	}
	if o.Attempts == 0 {
		o.Attempts = 8
	}
	if o.Backoff == 0 {
		o.Backoff = 200 * time.Millisecond
	}
	if o.Stall == 0 {
		o.Stall = 30 * time.Second
	}
	if o.Tail == 0 {
		o.Tail = 512 << 10
	}
	if o.Parallel == 0 {
		o.Parallel = 4
	}
	return o, nil
}

// pause waits before attempt number failed+1. It returns ctx's cause when that
// ends first.
func (o *Options) pause(ctx context.Context, failed int) error {
	d := o.Backoff
	for range failed - 1 {
		d = min(2*d, maxBackoffRate*o.Backoff)
	}
	t := time.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// again calls try until it succeeds, fails for good, or has failed too often
// in a row without progress. try says whether it came further.
func (o *Options) again(ctx context.Context, permanent func(error) bool, try func(ctx context.Context) (progress bool, err error)) error {
	for failed := 0; ; {
		progress, err := try(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if permanent(err) {
			return err
		}
		if progress {
			failed = 0
		}
		if failed++; failed >= o.Attempts {
			return err
		}
		if err := o.pause(ctx, failed); err != nil {
			return err
		}
	}
}

// request calls call once, with a context that ends when alive was not called
// for o.Stall.
func (o *Options) request(ctx context.Context, call func(ctx context.Context, alive func()) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(o.Stall, func() { cancel(errStalled) })
	defer timer.Stop()
	err := call(ctx, func() { timer.Reset(o.Stall) })
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// A liveReader calls alive whenever bytes were read through it.
type liveReader struct {
	r     io.ReadSeeker
	alive func()
}

func (l *liveReader) Read(p []byte) (int, error) {
	// In pieces, so that a slow link shows signs of life.
	n, err := l.r.Read(p[:min(len(p), 64<<10)])
	l.alive()
	return n, err
}

func (l *liveReader) Seek(offset int64, whence int) (int64, error) { return l.r.Seek(offset, whence) }
