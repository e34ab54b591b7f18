package frame

// A Probe looks for the end of a frame that may begin where some bytes do, in a
// file that may hold anything. It decompresses nothing.
type Probe struct{ w walker }

// NewProbe returns a Probe for a frame of at most limit bytes of content.
func NewProbe(limit int64) *Probe { return &Probe{walker{limit: limit, content: -1}} }

// Step looks at the bytes from the frame's beginning on; each call gives at
// least as many as the one before. It returns how many it needs to go on or,
// when done, how many the frame has. An error means that no frame of the one
// form that archives have begins there.
func (p *Probe) Step(b []byte) (need int64, done bool, err error) { return p.w.step(b) }

// Content returns the bytes of content that the frame states, once done.
func (p *Probe) Content() int64 { return p.w.content }

// Blocks returns the number of block headers that were looked at: what the
// Probe has cost so far.
func (p *Probe) Blocks() int64 { return p.w.blocks }
