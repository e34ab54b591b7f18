package strictjson

import (
	"bytes"
	"fmt"
	"math"
	"sync"
	"unicode/utf8"
)

// Limits bound what [Check] accepts. Zero fields stand for the values of
// [DefaultLimits].
type Limits struct {
	Size    int64 // bytes of the document
	Depth   int   // arrays and objects inside one another
	Members int   // members of one object
	Number  int   // bytes of one number
	Values  int   // of all kinds, arrays and objects among them
}

// DefaultLimits returns no limit of size and values, depth 64, 1,000,000 members
// and numbers of 64 bytes.
func DefaultLimits() Limits {
	return Limits{Size: math.MaxInt64, Depth: 64, Members: 1_000_000, Number: 64, Values: math.MaxInt}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.Size == 0 {
		l.Size = d.Size
	}
	if l.Depth == 0 {
		l.Depth = d.Depth
	}
	if l.Members == 0 {
		l.Members = d.Members
	}
	if l.Number == 0 {
		l.Number = d.Number
	}
	if l.Values == 0 {
		l.Values = d.Values
	}
	return l
}

// An Error says where a document breaks which rule.
type Error struct {
	Offset int64  // byte in the document, from 0
	Line   int    // from 1
	Rule   string // in words; names from the document are quoted
}

// Error names the line and the byte.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d (byte %d): %s", e.Line, e.Offset, e.Rule)
}

// Check reports the first place where data is not strict JSON. The error is an
// [*Error]. Its time is linear in len(data); its memory is bounded by the
// members of the objects that are open.
func Check(data []byte, limits Limits) error {
	s := scanner{data: data, limits: limits.withDefaults()}
	return s.run()
}

// keptNames is the length of the longest list of names that goes on to another
// document.
const keptNames = 1024

var nameLists = sync.Pool{New: func() any { return new([][]byte) }}

func (s *scanner) run() error {
	list := nameLists.Get().(*[][]byte)
	s.names = *list
	s.document()
	if s.names = s.names[:cap(s.names)]; len(s.names) <= keptNames {
		clear(s.names)
		*list = s.names[:0]
		nameLists.Put(list)
	}
	if s.rule == "" {
		return nil
	}
	return &Error{Offset: int64(s.bad), Line: 1 + bytes.Count(s.data[:min(s.bad, len(s.data))], []byte{'\n'}), Rule: s.rule}
}

// A Sink takes what [Read] reads, in the order of the text. Lines count from 1.
type Sink interface {
	Begin(line int, object bool) // an object or array
	Name(name string)            // of the member whose value comes next
	Text(line int, text string)
	Number(line int, text string) // as it stands in the document
	Scalar(line int, value any)   // nil or a bool
	End()                         // of what began last
}

// Read is [Check], and tells the sink what the document holds. Names, texts and
// numbers are parts of one copy of it, unless they hold escapes. With an error,
// what the sink was given means nothing.
func Read(data []byte, limits Limits, sink Sink) error {
	s := scanner{data: data, limits: limits.withDefaults(), sink: sink, line: 1}
	if int64(len(data)) <= s.limits.Size {
		s.copy = string(data)
	}
	return s.run()
}

// A scanner reads one document. The first broken rule sticks.
type scanner struct {
	data   []byte
	pos    int
	limits Limits
	depth  int
	values int
	names  [][]byte // folded names of the members of all open objects
	rule   string   // broken, if not empty
	bad    int      // where

	sink Sink   // may be nil
	copy string // of data, if there is a sink
	line int    // of pos
}

func (s *scanner) fail(at int, format string, args ...any) bool {
	if s.rule == "" {
		s.rule, s.bad = fmt.Sprintf(format, args...), at
	}
	return false
}

func (s *scanner) document() {
	switch {
	case int64(len(s.data)) > s.limits.Size:
		s.fail(0, "document of %d bytes, limit %d", len(s.data), s.limits.Size)
		return
	case bytes.HasPrefix(s.data, []byte("\xef\xbb\xbf")):
		s.fail(0, "begins with a byte order mark")
		return
	}
	if s.value() {
		s.space()
		if s.pos < len(s.data) {
			s.fail(s.pos, "goes on after its value")
		}
	}
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '\n':
			s.line++
		case ' ', '\t', '\r':
		default:
			return
		}
		s.pos++
	}
}

// next skips space and returns the next byte without taking it, 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) value() bool {
	if s.values++; s.values > s.limits.Values {
		return s.fail(s.pos, "the document has more than %d values", s.limits.Values)
	}
	switch c := s.next(); {
	case c == '{':
		return s.object()
	case c == '[':
		return s.array()
	case c == '"':
		start := s.pos
		text, ok := s.string()
		if ok && s.sink != nil {
			s.sink.Text(s.line, s.said(start, text))
		}
		return ok
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	}
	if s.pos >= len(s.data) {
		return s.fail(s.pos, "ends in the middle")
	}
	return s.fail(s.pos, "a value cannot begin with %s", quoteByte(s.data[s.pos:]))
}

func (s *scanner) literal(word string) bool {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
		return s.fail(s.pos, "not a value: expected %s", word)
	}
	s.pos += len(word)
	if s.sink != nil {
		switch word {
		case "true":
			s.sink.Scalar(s.line, true)
		case "false":
			s.sink.Scalar(s.line, false)
		default:
			s.sink.Scalar(s.line, nil)
		}
	}
	return true
}

// said returns the text of the string that begins at start and ends before pos,
// as a part of the copy if it can: escapes make a text shorter.
func (s *scanner) said(start int, text []byte) string {
	if len(text) == s.pos-start-2 {
		return s.copy[start+1 : s.pos-1]
	}
	return string(text)
}

// begin tells the sink of the array or object at pos.
func (s *scanner) begin(object bool) {
	if s.sink != nil {
		s.sink.Begin(s.line, object)
	}
}

// leave takes the bracket that closes an array or object.
func (s *scanner) leave() bool {
	s.pos, s.depth = s.pos+1, s.depth-1
	if s.sink != nil {
		s.sink.End()
	}
	return true
}

func (s *scanner) enter() bool {
	if s.depth++; s.depth > s.limits.Depth {
		return s.fail(s.pos, "nested deeper than %d levels", s.limits.Depth)
	}
	s.pos++
	return true
}

func (s *scanner) array() bool {
	s.begin(false)
	if !s.enter() {
		return false
	}
	if s.next() == ']' {
		return s.leave()
	}
	for s.value() {
		switch s.next() {
		case ',':
			s.pos++
		case ']':
			return s.leave()
		default:
			return s.fail(s.pos, "expected ',' or ']' in an array")
		}
	}
	return false
}

func (s *scanner) object() bool {
	s.begin(true)
	if !s.enter() {
		return false
	}
	seen := members{base: len(s.names)}
	defer func() { s.names = s.names[:seen.base] }()
	if s.next() == '}' {
		return s.leave()
	}
	for {
		if s.next() != '"' {
			return s.fail(s.pos, "expected a member's name in quotation marks")
		}
		at := s.pos
		name, ok := s.string()
		if !ok || !seen.add(s, at, name) {
			return false
		}
		if s.sink != nil {
			s.sink.Name(s.said(at, name))
		}
		if s.next() != ':' {
			return s.fail(s.pos, "expected ':' after a member's name")
		}
		s.pos++
		if !s.value() {
			return false
		}
		switch s.next() {
		case ',':
			s.pos++
		case '}':
			return s.leave()
		default:
			return s.fail(s.pos, "expected ',' or '}' in an object")
		}
	}
}

// string reads the string that begins at pos and returns its text: a part of
// the document, or a copy when it holds escapes.
func (s *scanner) string() (text []byte, ok bool) {
	start := s.pos
	for i := start + 1; i < len(s.data); {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			return s.data[start+1 : i], true
		case c == '\\':
			return s.escapedString(start, i)
		case c < ' ':
			return nil, s.fail(i, "a string holds the control character 0x%02x unescaped", c)
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(s.data[i:])
			if r == utf8.RuneError && n == 1 {
				return nil, s.fail(i, "a string is not valid UTF-8")
			}
			i += n
		}
	}
	return nil, s.fail(len(s.data), "ends within a string")
}

// escapedString goes on from the first escape at i.
func (s *scanner) escapedString(start, i int) ([]byte, bool) {
	text := bytes.Clone(s.data[start+1 : i])
	for i < len(s.data) {
		c := s.data[i]
		switch {
		case c == '"':
			s.pos = i + 1
			return text, true
		case c < ' ':
			return nil, s.fail(i, "a string holds the control character 0x%02x unescaped", c)
		case c != '\\':
			r, n := utf8.DecodeRune(s.data[i:])
			if r == utf8.RuneError && n == 1 {
				return nil, s.fail(i, "a string is not valid UTF-8")
			}
			text = append(text, s.data[i:i+n]...)
			i += n
		default:
			r, n, rule := unescape(s.data[i:])
			if rule != "" {
				return nil, s.fail(i, "%s", rule)
			}
			text = utf8.AppendRune(text, r)
			i += n
		}
	}
	return nil, s.fail(len(s.data), "ends within a string")
}

func quoteByte(rest []byte) string {
	r, n := utf8.DecodeRune(rest)
	if r == utf8.RuneError && n == 1 {
		return fmt.Sprintf("byte 0x%02x", rest[0])
	}
	return fmt.Sprintf("%+q", r)
}
