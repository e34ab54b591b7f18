package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// An Object is one version of an object in a store, open for reading. It is
// safe for concurrent use. What is read is kept for a while, so that readers
// that go to and fro ask the store once; whoever reads on and on is served from
// several ranges that are read ahead at the same time.
type Object struct {
	l      *link
	v      version
	ctx    context.Context
	cancel context.CancelCauseFunc
	busy   sync.WaitGroup // fetches

	mu      sync.Mutex
	arrived *sync.Cond
	windows []*window // by offset, not overlapping
	tick    int64
	trail   [4]trail // of readers that read on
	broken  error    // ErrChanged: sticks
	traffic Traffic
}

// A Traffic counts what a store was asked for.
type Traffic struct {
	Requests int64 // that read, repeated ones included
	Bytes    int64 // of content that arrived
}

var errClosed = errors.New("bucket: the object is closed")

// Open opens the object at a location and begins to read its end. ctx bounds
// the life of the Object: when it ends, reads fail. The caller closes the
// Object.
//
// Errors are an [*Error] wrapping [ErrNoObject], [ErrForbidden],
// [ErrNoCredentials] and others of this package.
func Open(ctx context.Context, at Location, opts Options) (*Object, error) {
	opts, err := opts.checked()
	if err != nil {
		return nil, err
	}
	s, err := openStore(ctx, at, opts)
	if err != nil {
		return nil, err
	}
	l := &link{store: s, at: at, opts: opts}
	v, err := l.look(ctx, "open")
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return newObject(ctx, l, v), nil
}

func newObject(ctx context.Context, l *link, v version) *Object {
	o := &Object{l: l, v: v}
	o.arrived = sync.NewCond(&o.mu)
	o.ctx, o.cancel = context.WithCancelCause(ctx)
	context.AfterFunc(o.ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.arrived.Broadcast()
	})
	if tail := l.opts.Tail; tail > 0 && v.size > 0 {
		from := max(0, v.size-tail)
		if v.size <= 2*tail {
			from = 0
		}
		o.mu.Lock()
		o.start(from, v.size-from)
		o.mu.Unlock()
	}
	return o
}

// Size returns the object's size in bytes.
func (o *Object) Size() int64 { return o.v.size }

// Version identifies the version that is open, by the store's ETag or
// generation.
func (o *Object) Version() string { return o.v.tag }

// Traffic returns what was asked of the store so far, the request that Open
// made not counted.
func (o *Object) Traffic() Traffic {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.traffic
}

// Close ends all requests. It may be called again.
func (o *Object) Close() error {
	o.mu.Lock()
	closed := errors.Is(context.Cause(o.ctx), errClosed)
	o.cancel(errClosed)
	o.windows = nil
	o.mu.Unlock()
	if closed {
		return nil
	}
	o.busy.Wait()
	return o.l.close()
}

// ReadAt implements [io.ReaderAt]. Errors wrap [ErrChanged] when the object is
// not what it was when it was opened.
func (o *Object) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("bucket: negative offset %d", off)
	}
	want := p[:max(0, min(int64(len(p)), o.v.size-off))]
	o.mu.Lock()
	defer o.mu.Unlock()
	ahead := o.follow(off, int64(len(want)))
	if len(want) > maxWindow {
		ahead = maxFetch
	}
	for n < len(want) {
		w, err := o.at(off+int64(n), int64(len(want)-n), ahead)
		if err != nil {
			return n, err
		}
		n += copy(want[n:], w)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// at returns what has arrived at off, at least one byte. It is called, and
// returns, with the lock held; the bytes may be copied as long as it is.
func (o *Object) at(off, want int64, ahead int64) ([]byte, error) {
	for waited := false; ; waited = true {
		switch {
		case o.ctx.Err() != nil:
			return nil, fmt.Errorf("bucket: read %s: %w", o.l.at.Short(), context.Cause(o.ctx))
		case o.broken != nil:
			return nil, o.broken
		}
		w := o.find(off)
		if w != nil && w.err != nil && !waited {
			o.drop(w) // it failed some time ago: things may be better now
			w = nil
		}
		if w == nil {
			w = o.start(off, min(max(want, minFetch), maxWindow))
		}
		o.tick++
		w.used = o.tick
		if ahead > 0 {
			o.readAhead(w.end(), ahead)
		}
		have := w.data[:w.have][min(off-w.off, int64(w.have)):]
		switch {
		case int64(len(have)) >= min(want, w.end()-off):
			return have, nil
		case w.err != nil:
			o.drop(w)
			if errors.Is(w.err, ErrChanged) {
				o.broken = w.err
			}
			return nil, w.err
		}
		o.arrived.Wait()
	}
}
