package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// A store is one bucket of one provider. It is safe for concurrent use. Its
// errors are classified where their meaning is known.
type store interface {
	// stat looks at an object.
	stat(ctx context.Context, key string) (version, error)
	// read begins to read length bytes at offset of that very version. The
	// error is ErrChanged when it is not there any more.
	read(ctx context.Context, key string, v version, offset, length int64) (io.ReadCloser, error)
	// create begins an object.
	create(ctx context.Context, key string, opts WriterOptions) (upload, error)
	// permanent reports whether it is no use to repeat what gave err.
	permanent(err error) bool
	close() error
}

// An upload is an object on its way. Its methods belong to one goroutine.
type upload interface {
	io.Writer
	// commit makes the object appear. sum is the CRC-32C of what was written.
	commit(ctx context.Context, sum uint32) (version, error)
	// abort leaves nothing behind; with keep, what can be resumed. It may be
	// called after commit and again.
	abort(keep bool) error
}

// A version is one state of an object.
type version struct {
	size      int64
	tag       string // ETag or generation: identifies the version
	modified  time.Time
	sum       uint32 // CRC-32C of the whole, as the store states it
	hasSum    bool
	mark      string // written by the upload, to know its own object again
	lock      Retention
	lockKnown bool // lock is what the store has
}

// openers open a bucket of each scheme that is in this build.
var openers = map[string]func(ctx context.Context, at Location, opts Options) (store, error){}

func openStore(ctx context.Context, at Location, opts Options) (store, error) {
	open := openers[at.Scheme]
	if open == nil {
		tag := schemes[at.Scheme]
		if tag == "" {
			return nil, fmt.Errorf("bucket: %+q: no such scheme", at.Scheme)
		}
		return nil, &Error{Op: "open", Location: at.Short(), Err: fmt.Errorf("%w: it was built with the tag %s", ErrNoProvider, tag)}
	}
	s, err := open(ctx, at, opts)
	if err != nil {
		return nil, fault(ctx, "open", at, err)
	}
	return s, nil
}

// A link makes requests to a store, patiently.
type link struct {
	store
	at   Location
	opts Options
}

func (l *link) again(ctx context.Context, op string, try func(ctx context.Context) (bool, error)) error {
	return fault(ctx, op, l.at, l.opts.again(ctx, l.permanentError, try))
}

func (l *link) permanentError(err error) bool {
	return !errors.Is(err, errStalled) && l.permanent(err)
}

// look is stat, patiently.
func (l *link) look(ctx context.Context, op string) (v version, err error) {
	err = l.again(ctx, op, func(ctx context.Context) (bool, error) {
		return false, l.opts.request(ctx, func(ctx context.Context, _ func()) (err error) {
			v, err = l.stat(ctx, l.at.Key)
			return err
		})
	})
	return v, err
}
