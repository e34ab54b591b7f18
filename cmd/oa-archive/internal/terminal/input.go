package terminal

import (
	"context"
	"io"
)

// Input returns standard input as a reader whose Read ends with ctx's cause
// when ctx ends, also while it waits for a pipe that nobody writes to. What was
// read ahead is lost then, so the process should be about to end.
func (t *Terminal) Input(ctx context.Context) io.Reader {
	in := &input{ctx: ctx, source: t.In, asked: make(chan struct{}), given: make(chan piece)}
	go in.pump()
	return in
}

// readAhead is how much the pump reads at once.
const readAhead = 256 << 10

type piece struct {
	bytes []byte
	err   error
}

type input struct {
	ctx    context.Context
	source io.Reader
	asked  chan struct{}
	given  chan piece
	rest   piece // what was given and not read yet
}

// pump reads a piece each time one is asked for, so that its buffer is in one
// hand at a time.
func (in *input) pump() {
	buffer := make([]byte, readAhead)
	for {
		select {
		case <-in.asked:
		case <-in.ctx.Done():
			return
		}
		n, err := in.source.Read(buffer)
		select {
		case in.given <- piece{buffer[:n], err}:
		case <-in.ctx.Done():
			return
		}
	}
}

// Read implements [io.Reader].
func (in *input) Read(p []byte) (int, error) {
	if len(in.rest.bytes) == 0 && in.rest.err == nil {
		select {
		case in.asked <- struct{}{}:
		case <-in.ctx.Done():
			return 0, context.Cause(in.ctx)
		}
		select {
		case in.rest = <-in.given:
		case <-in.ctx.Done():
			return 0, context.Cause(in.ctx)
		}
	}
	if len(in.rest.bytes) == 0 {
		return 0, in.rest.err
	}
	n := copy(p, in.rest.bytes)
	in.rest.bytes = in.rest.bytes[n:]
	return n, nil
}
