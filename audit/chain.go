package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
)

// MaxLine is the longest line of a trail, in bytes without the line feed, that
// is accepted.
const MaxLine = 1 << 20

// The rules that a [Fault] can name.
const (
	RuleEvent      = "audit-event"       // the line is not an event, or not strict JSON
	RuleChain      = "audit-chain"       // the event does not follow the one before it, or was changed
	RuleLineLength = "audit-line-length" // the line has more than [MaxLine] bytes
	RuleLineFeed   = "audit-line-feed"   // the trail does not end with a line feed
)

// A Fault is one thing that is wrong with a trail.
type Fault struct {
	Line    int64  // number of the line, from 1
	Event   string // the event's id, at most 128 bytes of what it claims; "" when it cannot be read
	After   string // the id of the event before it, as Event; "" at the first
	Pointer string // JSON pointer into the line; "" for the line as a whole
	Rule    string
	Text    string // what is wrong, without place
}

// Error says where and what. The ids are quoted, so that it is safe on a
// terminal.
func (f *Fault) Error() string {
	where := fmt.Sprintf("line %d", f.Line)
	switch {
	case f.Event != "":
		where += fmt.Sprintf(", event %+q", f.Event)
	case f.After != "":
		where += fmt.Sprintf(", after event %+q", f.After)
	}
	return where + ": " + f.Text
}

// A Chain checks a trail that is written to it, cut into pieces in any way. The
// zero value is ready to use. It is not safe for concurrent use.
type Chain struct {
	// Report, when set, is called with every fault, in order.
	Report func(Fault)

	// Line, when set, is called with each line that is not too long, before the
	// chain is checked, and says whether it is an event whose members can be
	// relied on. Otherwise lines are held to strict JSON alone. It may not keep
	// the line.
	Line func(line []byte, number int64) bool

	events  int64
	line    []byte
	tooLong bool
	prev    string // what the next line must give as its predecessor's hash
	id      string // of the event before
	broken  bool   // the chain's break was reported
}

// origin is what the first event gives as its predecessor's hash.
var origin = hex.EncodeToString(make([]byte, sha256.Size))

// Events returns how many events there were so far.
func (c *Chain) Events() int64 { return c.events }

// Write takes the next piece of the trail. It never fails.
func (c *Chain) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			c.keep(p)
			break
		}
		c.keep(p[:end])
		c.check()
		p = p[end+1:]
	}
	return n, nil
}

// Finish ends the trail: it checks a last line that has no line feed.
func (c *Chain) Finish() {
	if len(c.line) > 0 || c.tooLong {
		c.check()
		c.fault(c.id, "", "", RuleLineFeed, "the trail does not end with a line feed; its last event may be cut off")
	}
}

func (c *Chain) keep(p []byte) {
	if len(c.line)+len(p) > MaxLine {
		c.tooLong = true
		c.line = c.line[:0]
	}
	if !c.tooLong {
		c.line = append(c.line, p...)
	}
}

// check looks at a complete line.
func (c *Chain) check() {
	c.events++
	line := c.line
	c.line = c.line[:0]
	if c.tooLong {
		c.tooLong = false
		c.lose()
		c.fault("", c.id, "", RuleLineLength, fmt.Sprintf("the event has more than %d bytes", MaxLine))
		return
	}
	if c.Line != nil {
		if !c.Line(line, c.events) {
			c.lose()
			return
		}
	} else if err := strictjson.Check(line, strictjson.Limits{}); err != nil {
		c.lose()
		c.fault("", c.id, "", RuleEvent, "the line is not strict JSON")
		return
	}
	c.link(line)
}

// lose notes that the line before the next one cannot be relied on: what the
// next one gives as its hash is believed.
func (c *Chain) lose() { c.broken = true }

// link checks that the event continues the chain.
func (c *Chain) link(line []byte) {
	var rec struct {
		Prev  string          `json:"prev"`
		Hash  string          `json:"hash"`
		Event json.RawMessage `json:"event"`
	}
	if json.Unmarshal(line, &rec) != nil || len(rec.Event) == 0 {
		c.lose()
		c.fault("", c.id, "", RuleEvent, "the line is not an event: it needs prev, hash and event")
		return
	}
	var event struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(rec.Event, &event) // an event without an id is named by its line
	id := shorten(event.ID)
	prev, err := hex.DecodeString(rec.Prev)
	if err != nil || len(prev) != sha256.Size || !c.broken && rec.Prev != c.expected() {
		c.fault(id, c.id, "/prev", RuleChain, "the event does not follow the one before it"+c.after()+": an event was removed, added or changed")
	}
	sum := sha256.New()
	sum.Write(prev)
	sum.Write(rec.Event)
	if hex.EncodeToString(sum.Sum(nil)) != rec.Hash {
		c.fault(id, c.id, "/hash", RuleChain, "the event's hash is not that of its bytes: the event was changed")
	}
	c.prev, c.id, c.broken = rec.Hash, id, false
}

func (c *Chain) expected() string {
	if c.prev == "" {
		return origin
	}
	return c.prev
}

// after names the event before.
func (c *Chain) after() string {
	if c.id == "" {
		return ""
	}
	return fmt.Sprintf(" (%+q)", c.id)
}

func (c *Chain) fault(event, after, pointer, rule, text string) {
	if c.Report != nil {
		c.Report(Fault{Line: c.events, Event: event, After: after, Pointer: pointer, Rule: rule, Text: text})
	}
}

// shorten bounds what a hostile trail can have repeated.
func shorten(id string) string {
	const most = 128
	if len(id) <= most {
		return id
	}
	cut := most
	for !utf8.RuneStart(id[cut]) {
		cut--
	}
	return id[:cut]
}
