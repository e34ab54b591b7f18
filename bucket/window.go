package bucket

import (
	"context"
	"errors"
	"io"
	"slices"
)

const (
	minFetch   = 64 << 10 // smallest range that is asked for
	maxFetch   = 4 << 20  // largest range that is read ahead
	maxWindow  = 8 << 20  // largest range that is asked for at once
	steadyFrom = 1 << 20  // read on this far to be read ahead for
	gap        = 64 << 10 // that a reader may skip and still read on
	piece      = 256 << 10
)

// A window is a range of the object that has arrived or is on its way. All
// fields belong to the Object's lock; data beyond have belongs to its fetch.
type window struct {
	off  int64
	data []byte
	have int
	done bool
	err  error
	used int64 // when
}

func (w *window) end() int64 { return w.off + int64(len(w.data)) }

// find returns the window that holds off, or nil.
func (o *Object) find(off int64) *window {
	i, found := slices.BinarySearchFunc(o.windows, off, func(w *window, off int64) int {
		switch {
		case w.end() <= off:
			return -1
		case w.off > off:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return o.windows[i]
}

// start begins to fetch up to length bytes at off, which no window holds, but
// not what the next one does.
func (o *Object) start(off, length int64) *window {
	i, _ := slices.BinarySearchFunc(o.windows, off, func(w *window, off int64) int {
		if w.off < off {
			return -1
		}
		return 1
	})
	end := min(off+length, o.v.size)
	if i < len(o.windows) {
		end = min(end, o.windows[i].off)
	}
	o.makeRoom(end-off, true)
	// Windows may have gone; nothing came in between.
	i, _ = slices.BinarySearchFunc(o.windows, off, func(w *window, off int64) int {
		if w.off < off {
			return -1
		}
		return 1
	})
	o.tick++
	w := &window{off: off, data: make([]byte, end-off), used: o.tick}
	o.windows = slices.Insert(o.windows, i, w)
	o.busy.Go(func() { o.fetch(w) })
	return w
}

func (o *Object) drop(w *window) {
	o.windows = slices.DeleteFunc(o.windows, func(have *window) bool { return have == w })
}

// room is how much is kept.
func (o *Object) room() int64 { return int64(o.l.opts.Parallel+3) * maxFetch }

// makeRoom drops windows until so many more bytes fit, those that were not used
// for longest first. What readers are about to reach goes last, and only when
// the room must be made. It reports whether there is room.
func (o *Object) makeRoom(more int64, must bool) bool {
	held := more
	for _, w := range o.windows {
		held += int64(len(w.data))
	}
	for held > o.room() {
		w := o.dispensable(false)
		if w == nil && must {
			w = o.dispensable(true)
		}
		if w == nil {
			return must
		}
		held -= int64(len(w.data))
		o.drop(w)
	}
	return true
}

// dispensable returns the window that was not used for longest, or nil: of
// those that have arrived, and unless ahead is set, that no reader is about to
// reach.
func (o *Object) dispensable(ahead bool) (oldest *window) {
	for _, w := range o.windows {
		if w.done && (oldest == nil || w.used < oldest.used) && (ahead || !o.awaited(w)) {
			oldest = w
		}
	}
	return oldest
}

// awaited reports whether a reader that reads on is in w or about to reach it.
func (o *Object) awaited(w *window) bool {
	for _, t := range o.trail {
		if t.run >= steadyFrom && w.end() > t.from && w.off < t.end+int64(o.l.opts.Parallel+1)*maxFetch {
			return true
		}
	}
	return false
}

// A trail is how far a reader has read on.
type trail struct {
	from int64 // where its last read began
	end  int64 // and where it ended
	run  int64 // bytes read without going elsewhere
	used int64
}

// follow notes a read and returns how much is to be fetched ahead at a time: 0
// until a reader has shown that it reads on.
func (o *Object) follow(off, length int64) int64 {
	o.tick++
	oldest := &o.trail[0]
	for i := range o.trail {
		t := &o.trail[i]
		if t.used > 0 && off >= t.end && off <= t.end+gap {
			t.run += off + length - t.end
			t.from, t.end, t.used = off, off+length, o.tick
			if t.run < steadyFrom {
				return 0
			}
			return min(t.run, maxFetch)
		}
		if t.used < oldest.used {
			oldest = t
		}
	}
	*oldest = trail{from: off, end: off + length, run: length, used: o.tick}
	return 0
}

// readAhead starts fetches of size bytes each from off on, as many as may be
// under way at once and find room.
func (o *Object) readAhead(off, size int64) {
	under := 0
	for _, w := range o.windows {
		if !w.done {
			under++
		}
	}
	limit := off + int64(o.l.opts.Parallel)*size
	for off < min(limit, o.v.size) && under < o.l.opts.Parallel {
		if w := o.find(off); w != nil {
			off = w.end()
			continue
		}
		if !o.makeRoom(size, false) {
			return
		}
		off = o.start(off, size).end()
		under++
	}
}

// fetch fills w, from where it broke off when a request fails.
func (o *Object) fetch(w *window) {
	err := o.l.again(o.ctx, "read", func(ctx context.Context) (bool, error) {
		before := w.have
		err := o.l.opts.request(ctx, func(ctx context.Context, alive func()) error { return o.fill(ctx, w, alive) })
		return w.have > before, err
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	w.done, w.err = true, err
	o.arrived.Broadcast()
}

// fill makes one request for what w still lacks.
func (o *Object) fill(ctx context.Context, w *window, alive func()) (err error) {
	o.mu.Lock()
	o.traffic.Requests++
	o.mu.Unlock()
	r, err := o.l.read(ctx, o.l.at.Key, o.v, w.off+int64(w.have), int64(len(w.data)-w.have))
	if err != nil {
		return err
	}
	defer func() {
		// What the connection says once everything has arrived is of no interest.
		if cerr := r.Close(); err == nil && w.have < len(w.data) {
			err = cerr
		}
	}()
	for w.have < len(w.data) {
		n, err := r.Read(w.data[w.have:min(len(w.data), w.have+piece)])
		if n > 0 {
			alive()
			o.mu.Lock()
			w.have += n
			o.traffic.Bytes += int64(n)
			o.arrived.Broadcast()
			o.mu.Unlock()
		}
		switch {
		case w.have == len(w.data):
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
	return nil
}
