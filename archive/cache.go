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
}

// A cachedFrame is one frame's content, which nobody changes.
type cachedFrame struct {
	index int
	load  sync.Once
	data  []byte
	err   error

	mu       sync.Mutex
	verified map[int]bool // entries whose content in this frame has been verified
}

// get returns the frame with the given number, reading it if it must.
func (c *frameCache) get(index int) (*cachedFrame, error) {
	f := c.find(index)
	f.load.Do(func() { f.data, f.err = c.read(index) })
	if f.err != nil {
		c.drop(f)
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
			return f
		}
	}
	f := &cachedFrame{index: index, verified: make(map[int]bool)}
	if len(c.recent) < cachedFrames {
		c.recent = append(c.recent, nil)
	}
	copy(c.recent[1:], c.recent)
	c.recent[0] = f
	return f
}

// drop forgets a frame that could not be read, so that it is tried again.
func (c *frameCache) drop(f *cachedFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.recent {
		if other == f {
			c.recent = append(c.recent[:i], c.recent[i+1:]...)
			return
		}
	}
}

func (c *frameCache) read(index int) ([]byte, error) {
	at, length := c.t.at[index], c.t.at[index+1]-c.t.at[index]
	if length > frame.Bound(frame.MaxContent) {
		return nil, formatFinding(CodeFrameTooLarge, ruleBlocks, "", at, InFile, fmt.Errorf("frame %d takes %d bytes", index, length)).Err
	}
	b, err := readRange(c.r, nil, at, length)
	if err != nil {
		return nil, err
	}
	data, fault := c.decode(index, b, frame.MaxContent)
	if fault != nil {
		return nil, fault.Err
	}
	return data, nil
}

// decode checks and decompresses the bytes of the frame with the given number.
func (c *frameCache) decode(index int, b []byte, limit int64) ([]byte, *Finding) {
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
	data, err := c.dec.Decode(nil, b, content)
	if err != nil {
		return refuse(CodeFrameDamaged, ruleContent, err)
	}
	if frame.Sum(b) != c.t.sums[index] {
		return refuse(CodeFrameSum, ruleFixity, fmt.Errorf("frame %d is not as it was written: its bytes do not match their sum", index))
	}
	return data, nil
}
