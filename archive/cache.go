package archive

import (
	"fmt"
	"io"
	"sync"

	"github.com/oneanalytics/oa-archive/internal/frame"
)

// cachedFrames is how many decompressed frames an [Archive] keeps, so that
// neighbours cost no second read.
const cachedFrames = 4

// A frameCache reads frames by their number. It is safe for concurrent use.
type frameCache struct {
	r   io.ReaderAt
	t   *fileTable
	dec *frame.Decoder

	mu     sync.Mutex
	recent []*cachedFrame // latest use first

	contents, packed spares
}

// A cachedFrame is one frame's content, which nobody changes while it has users.
type cachedFrame struct {
	index int
	users int // who have it of get, and the cache while it keeps it; under its lock
	load  sync.Once
	data  []byte
	err   error

	mu       sync.Mutex
	verified map[int]bool // entries whose content in this frame has been verified
}

// get returns the frame with the given number, reading it if it must. The
// caller hands it to release when it needs its content no more. One that never
// does costs a buffer, which is then the garbage collector's.
func (c *frameCache) get(index int) (*cachedFrame, error) {
	f := c.find(index)
	f.load.Do(func() { f.data, f.err = c.read(index) })
	if f.err != nil {
		c.drop(f)
		c.release(f)
		return nil, f.err
	}
	return f, nil
}

func (c *frameCache) find(index int) *cachedFrame {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, f := range c.recent {
		if f.index == index {
			copy(c.recent[1:i+1], c.recent[:i])
			c.recent[0] = f
			f.users++
			return f
		}
	}
	f := &cachedFrame{index: index, users: 2, verified: make(map[int]bool)}
	if len(c.recent) < cachedFrames {
		c.recent = append(c.recent, nil)
	} else {
		c.leave(c.recent[len(c.recent)-1])
	}
	copy(c.recent[1:], c.recent)
	c.recent[0] = f
	return f
}

// release ends one use of f.
func (c *frameCache) release(f *cachedFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave(f)
}

// leave is release for those who hold the lock.
func (c *frameCache) leave(f *cachedFrame) {
	if f.users--; f.users == 0 {
		c.contents.give(f.data)
		f.data = nil
	}
}

// drop forgets a frame that could not be read, so that it is tried again.
func (c *frameCache) drop(f *cachedFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.recent {
		if other == f {
			c.recent = append(c.recent[:i], c.recent[i+1:]...)
			c.leave(f)
			return
		}
	}
}

// anew makes room for what is kept.
func anew(content int64) []byte { return make([]byte, 0, content) }

func (c *frameCache) read(index int) ([]byte, error) {
	at, length := c.t.at[index], c.t.at[index+1]-c.t.at[index]
	if length > frame.Bound(frame.MaxContent) {
		return nil, formatFinding(CodeFrameTooLarge, ruleBlocks, "", at, InFile, fmt.Errorf("frame %d takes %d bytes", index, length)).Err
	}
	b, err := readRange(c.r, c.packed.take(length), at, length)
	if err != nil {
		return nil, err
	}
	defer c.packed.give(b)
	data, fault := c.decode(index, b, frame.MaxContent, c.contents.take)
	if fault != nil {
		return nil, fault.Err
	}
	return data, nil
}

// decode checks and decompresses the bytes of the frame with the given number,
// into what room returns for the number of bytes of its content.
func (c *frameCache) decode(index int, b []byte, limit int64, room func(int64) []byte) ([]byte, *Finding) {
	at := c.t.at[index]
	refuse := func(code Code, rule string, err error) ([]byte, *Finding) {
		f := formatFinding(code, rule, "", at, InFile, err)
		return nil, &f
	}
	content, err := frame.Check(b, limit)
	if err != nil {
		f := frameFault(at, content, &frameLimits{manifest: limit, seen: limit == frame.MaxContent}, err)
		return nil, &f
	}
	if want := c.t.start[index+1] - c.t.start[index]; content != want {
		return refuse(CodeSeekTable, ruleTableRows, fmt.Errorf("frame %d states %d bytes of content, the seek table says %d", index, content, want))
	}
	data, err := c.dec.Decode(room(content), b, content)
	if err != nil {
		return refuse(CodeFrameDamaged, ruleContent, err)
	}
	if frame.Sum(b) != c.t.sums[index] {
		return refuse(CodeFrameSum, ruleFixity, fmt.Errorf("frame %d is not as it was written: its bytes do not match their sum", index))
	}
	return data, nil
}
