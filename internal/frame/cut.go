package frame

// A Cutter applies the rule that says where a tar is cut into frames. It takes
// the lengths of the members, headers and padding included, in their order.
// The frames depend on nothing else.
type Cutter struct {
	// Emit is called with the content length of each frame, in order.
	Emit func(length int64)
	open int64
}

// Small adds a small member: the global header, a signature, or an entry whose
// content has at most [MaxSmall] bytes. It reports whether the member begins a
// frame.
func (c *Cutter) Small(length int64) (begins bool) {
	if c.open > 0 && c.open+length > Target {
		c.Cut()
	}
	c.open += length
	return c.open == length
}

// Large adds an entry of more than [MaxSmall] bytes of content: its headers
// have a frame of their own, its content is cut every [MaxContent] bytes.
// padded is the length of the content with its padding.
func (c *Cutter) Large(headers, padded int64) {
	c.Cut()
	c.Emit(headers)
	for ; padded > MaxContent; padded -= MaxContent {
		c.Emit(MaxContent)
	}
	c.Emit(padded)
}

// Alone adds a member that has a frame of its own: the manifest, and what ends
// the tar.
func (c *Cutter) Alone(length int64) {
	c.Cut()
	c.Emit(length)
}

// Cut ends the open frame, if it holds anything.
func (c *Cutter) Cut() {
	if c.open > 0 {
		c.Emit(c.open)
		c.open = 0
	}
}
