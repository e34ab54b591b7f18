package strictyaml

import "go.yaml.in/yaml/v4"

// A Sink takes what [Plain] reads, in the order of the text. Lines count from 1
// and are those that [Decode] gives the same nodes.
type Sink interface {
	Begin(line int, mapping bool) // a mapping or sequence
	Name(name string)             // of the member whose value comes next
	Text(line int, text string)
	Scalar(line int, value any) // nil, bool, int64 or float64
	End()                       // of what began last
}

// maxPlainName is the length of the longest name in a plain document.
const maxPlainName = 128 // bytes

// Plain reads a document that is written as nearly all are, ten times
// faster than [Decode]: block mappings and sequences, flow collections and
// scalars on one line, comments. It reports false for any other document, right
// or wrong, and for all that Decode refuses; what the sink was given until then
// means nothing. Where it reports true, Decode accepts the document, and what
// the sink was given is the document's content. FuzzPlain holds the two against
// each other.
func Plain(data []byte, lim Limits, sink Sink) bool {
	lim, err := lim.withDefaults()
	if err != nil || scan(data, lim) != nil {
		return false
	}
	p := &plain{text: string(data), lim: lim, sink: sink}
	return p.nextLine() && p.indent == 0 && p.block(1) && p.ended && !p.bad
}

// plain reads a plain document line by line. The first thing that is not plain
// sets bad.
type plain struct {
	text string
	lim  Limits
	sink Sink

	next   int    // in text, of the line after this one
	line   int    // number of the line at hand
	indent int    // of what is left of it: spaces, and dashes of sequences
	rest   string // of the line
	ended  bool   // there is no line left
	bad    bool
	nodes  int
	names  [][]string // of the mappings that are open; kept to be used again
	open   int        // of names
}

func (p *plain) fail() bool {
	p.bad = true
	return false
}

// nextLine moves on to the next line with content. A tab could be indentation
// or space; it is left to Decode.
func (p *plain) nextLine() bool {
	for p.next < len(p.text) {
		line := p.text[p.next:]
		end := 0
		for end < len(line) && line[end] != '\n' {
			if line[end] == '\t' || line[end] == '\r' {
				return p.fail()
			}
			end++
		}
		p.next += min(end+1, len(line))
		p.line++
		indent := 0
		for indent < end && line[indent] == ' ' {
			indent++
		}
		if indent < end && line[indent] != '#' {
			p.indent, p.rest = indent, line[indent:end]
			return true
		}
	}
	p.ended, p.indent, p.rest = true, -1, ""
	return true
}

// count takes in one node.
func (p *plain) count() bool {
	p.nodes++
	return p.nodes <= p.lim.Nodes || p.fail()
}

// block reads the mapping or sequence that begins where the line is.
func (p *plain) block(depth int) bool {
	switch {
	case depth > p.lim.Depth:
		return p.fail()
	case isDash(p.rest):
		return p.blockSequence(depth)
	}
	return p.blockMapping(depth)
}

// isDash reports whether s begins with an entry of a sequence that stands on
// the same line.
func isDash(s string) bool { return len(s) > 2 && s[0] == '-' && s[1] == ' ' }

func (p *plain) blockSequence(depth int) bool {
	indent := p.indent
	if !p.count() {
		return false
	}
	p.sink.Begin(p.line, false)
	for p.indent == indent && isDash(p.rest) {
		if !p.skip(2) || !p.entry(depth) {
			return false
		}
		if p.indent > indent {
			return p.fail()
		}
	}
	p.sink.End()
	return true
}

// skip takes n bytes and the spaces behind them off the line, of which
// something must be left.
func (p *plain) skip(n int) bool {
	for n < len(p.rest) && p.rest[n] == ' ' {
		n++
	}
	p.indent, p.rest = p.indent+n, p.rest[n:]
	return p.rest != "" && p.rest[0] != '#' || p.fail()
}

// entry reads what follows the dash of a sequence in a collection of the given
// depth.
func (p *plain) entry(depth int) bool {
	if isDash(p.rest) || plainName(p.rest) > 0 {
		return p.block(depth + 1)
	}
	return p.inline(depth)
}

func (p *plain) blockMapping(depth int) bool {
	indent := p.indent
	if !p.count() {
		return false
	}
	p.sink.Begin(p.line, true)
	p.pushNames()
	for p.indent == indent && !p.ended {
		n := plainName(p.rest)
		if n == 0 || !p.name(p.rest[:n]) {
			return p.fail()
		}
		if !p.member(n+1, indent, depth) {
			return false
		}
		if p.indent > indent {
			return p.fail()
		}
		if p.indent == indent && isDash(p.rest) {
			break // of the sequence around, if it is one
		}
	}
	p.open--
	p.sink.End()
	return true
}

// member reads the value of a member behind the first n bytes of the line.
func (p *plain) member(n, indent, depth int) bool {
	for n < len(p.rest) && p.rest[n] == ' ' {
		n++
	}
	if n < len(p.rest) && (p.rest[n] != '#' || p.rest[n-1] != ' ') {
		p.indent, p.rest = p.indent+n, p.rest[n:]
		return p.inline(depth)
	}
	if !p.nextLine() {
		return false
	}
	if p.indent > indent && (isDash(p.rest) || plainName(p.rest) > 0) || p.indent == indent && isDash(p.rest) {
		return p.block(depth + 1)
	}
	return p.fail() // null, or a scalar on a line of its own
}

// inline reads a value that ends on this line, and moves on to the next.
func (p *plain) inline(depth int) bool {
	f := flow{plain: p, rest: p.rest}
	if !f.value(depth, false) {
		return p.fail()
	}
	before := len(f.rest)
	f.space()
	if f.rest != "" && (f.rest[0] != '#' || len(f.rest) == before) {
		return p.fail()
	}
	return p.nextLine()
}

// pushNames begins a mapping's list of names.
func (p *plain) pushNames() {
	if p.open == len(p.names) {
		p.names = append(p.names, nil)
	}
	p.names[p.open] = p.names[p.open][:0]
	p.open++
}

// manyPlainNames is how many members a mapping of a plain document has at most:
// each name is compared with all before it.
const manyPlainNames = 64

// name takes in the name of a member of the innermost mapping.
func (p *plain) name(name string) bool {
	if _, isText, ok := resolvePlain(name); !isText || !ok || !p.count() {
		return false
	}
	names := p.names[p.open-1]
	if len(names) >= min(p.lim.Keys, manyPlainNames) {
		return false
	}
	for _, other := range names {
		if other == name {
			return false
		}
	}
	p.names[p.open-1] = append(names, name)
	p.sink.Name(name)
	return true
}

// plainName returns the length of the name that s begins with, if a colon and
// a space or the end follow; else 0.
func plainName(s string) int {
	for i := range min(len(s), maxPlainName) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		case i > 0 && c == ':' && (i+1 == len(s) || s[i+1] == ' '):
			return i
		default:
			return 0
		}
	}
	return 0
}

// mayMeanMore reports whether a plain scalar can be anything but a text:
// numbers by their first character, null and the like by their length.
func mayMeanMore(s string) bool {
	c := s[0]
	return c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.' || c == '~' || len(s) <= len("false")
}

// nowhere is where errors of numbers are that nobody is told of.
var nowhere = &yaml.Node{}

// resolvePlain is [Resolve] for the text of a plain scalar. ok is false where
// it gives an error; a text is no value but itself.
func resolvePlain(s string) (value any, isText, ok bool) {
	if !mayMeanMore(s) {
		return nil, true, true
	}
	switch value, is := resolveWord(s); is {
	case aText:
		return nil, true, true
	case aWord:
		return value, false, true
	}
	value, err := resolveNumber(s, nowhere)
	_, isText = value.(string)
	return value, isText, err == nil
}
