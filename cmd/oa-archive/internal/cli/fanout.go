//go:build !nocloud

package cli

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// How much of a stream is on its way to the writers of a fan-out at once.
const (
	fanPiece  = 256 << 10
	fanPieces = 8
)

// A piece of a stream on its way to several writers.
type piece struct {
	content []byte
	pending atomic.Int32 // writers that have not yet taken it
}

// fanOut copies r to all writers at once, each in a goroutine of its own, so
// that the slowest sets the pace and not the sum of all. Each is given all of r
// in order, or its beginning. progress is called with the length of each piece
// that was read. The first error ends it, and is returned once no writer is at
// work any more.
func fanOut(r io.Reader, progress func(int), writers ...io.Writer) error {
	free := make(chan *piece, fanPieces)
	for range fanPieces {
		free <- &piece{}
	}
	var first error
	var once sync.Once
	broken := make(chan struct{})
	fail := func(err error) {
		once.Do(func() {
			first = err
			close(broken)
		})
	}
	var running sync.WaitGroup
	lanes := make([]chan *piece, len(writers))
	for i, w := range writers {
		lanes[i] = make(chan *piece, fanPieces)
		running.Go(func() { takeAll(w, lanes[i], free, broken, fail) })
	}
	for ended := false; !ended; {
		select {
		case <-broken:
			ended = true
			continue
		case p := <-free:
			if p.content == nil {
				p.content = make([]byte, fanPiece)
			}
			n, err := r.Read(p.content[:fanPiece])
			p.content = p.content[:n]
			p.pending.Store(int32(len(writers)))
			if n > 0 {
				progress(n)
			}
			for _, lane := range lanes {
				lane <- p // has room for all pieces
			}
			if ended = err != nil; ended && !errors.Is(err, io.EOF) {
				fail(err)
			}
		}
	}
	for _, lane := range lanes {
		close(lane)
	}
	running.Wait()
	return first
}

// takeAll writes the pieces of one lane to w. Once something is broken it only
// empties the lane.
func takeAll(w io.Writer, lane <-chan *piece, free chan<- *piece, broken <-chan struct{}, fail func(error)) {
	for p := range lane {
		select {
		case <-broken:
		default:
			if _, err := w.Write(p.content); err != nil {
				fail(err)
			}
		}
		if p.pending.Add(-1) == 0 {
			free <- p // has room for all pieces
		}
	}
}
