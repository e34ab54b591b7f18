package restore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/schema"
)

// splitLimits bound what of a plan's text is held at a time, in bytes.
type splitLimits struct {
	whole int // documents of this size are not split
	batch int // steps are checked together once their text has this size
	step  int // of one step, with those before it in its batch
	frame int // of all that is not a step
}

// planLimits hold whatever a plan could hold that was read whole: the frame's is
// that of package schema for one document.
var planLimits = splitLimits{whole: 8 << 20, batch: 1 << 20, step: 16 << 20, frame: 64 << 20}

// A planSplitter splits a plan's text, which may be anything, into the elements
// of its steps and the frame around them. It tells strings from the rest and
// counts brackets, and leaves the judgement to whoever reads the parts: the text
// is a sound document if the frame is one and each batch is a sound array of one
// element or more. That holds because no part hides a byte, no batch holds the
// bracket that would end its array, and a batch without an element is not let
// through.
type planSplitter struct {
	limits splitLimits
	take   func(doc, array []byte, line int) error // a plan of the batch, the array in it, and the line of the document that it begins in

	frame []byte // the document with an empty array for its steps
	batch []byte // minimalPlan, and the elements with the space and commas between them
	place splitPlace
	name  int // in the frame: where the name begins that is being read

	inString, escaped bool
	depth             int  // of the frame, or within the steps while inSteps
	inSteps           bool // the text is of the steps
	split             bool // the steps have begun, and perhaps ended
	taken             bool // a batch was
	filled            bool // the batch has more than space

	line  int // of the byte that is next, from 1
	begun int // line that the batch begins in
	above int // lines of the frame up to the steps
	below int // line of the document in which the steps end
}

// splitPlace is where in the outermost object the text is.
type splitPlace byte

const (
	elsewhere   splitPlace = iota
	beforeName             // a name may follow
	inName                 // in the string that is one
	afterName              // which is "steps"
	beforeValue            // and a colon has followed
)

// minimalPlan is a plan up to its first step; minimalEnd ends it.
const (
	minimalPlan = `{"format":"1.0","id":"00000000-0000-5000-8000-000000000000",` +
		`"archive":{"id":"00000000-0000-7000-8000-000000000000","tenant":"a","created":"2026-01-01T00:00:00Z",` +
		`"content_hash":"h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","manifest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},` +
		`"target":{"tenant":"a","fingerprint":"h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","entries":0},"same_tenant":true,"options":{},` +
		`"summary":{"create":0,"unchanged":0,"overwrite":0,"fork":0,"merge":0,"skip":0,"blocked":0,"entries":0,"bytes":0},"steps":[`
	minimalEnd = `]}`
)

func newPlanSplitter(limits splitLimits, take func(doc, array []byte, line int) error) *planSplitter {
	return &planSplitter{limits: limits, take: take, batch: []byte(minimalPlan), line: 1}
}

// readFrom splits all that r gives.
func (s *planSplitter) readFrom(r io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		for part := buf[:n]; len(part) > 0; {
			var taken int
			var fault error
			if s.inSteps {
				taken, fault = s.takeSteps(part)
			} else {
				taken, fault = s.takeFrame(part)
			}
			if fault != nil {
				return fault
			}
			part = part[taken:]
		}
		if err == io.EOF {
			return s.end()
		}
		if err != nil {
			return err
		}
	}
}

// text takes a byte if it is of a string.
func (s *planSplitter) text(c byte) bool {
	switch {
	case !s.inString:
		return false
	case s.escaped:
		s.escaped = false
	case c == '\\':
		s.escaped = true
	case c == '"':
		s.inString = false
	}
	return true
}

// takeFrame takes bytes up to the first step, or all.
func (s *planSplitter) takeFrame(part []byte) (int, error) {
	for i, c := range part {
		s.frame = append(s.frame, c)
		if c == '\n' {
			s.line++
		}
		if s.text(c) {
			if !s.inString && s.place == inName {
				s.place = elsewhere
				if string(s.frame[s.name:]) == `"steps"` {
					s.place = afterName
				}
			}
			continue
		}
		if s.structure(c) {
			s.inSteps, s.split, s.depth = true, true, 0
			s.begun, s.above = s.line, s.line
			return i + 1, nil
		}
	}
	if len(s.frame) > s.limits.frame {
		return 0, s.tooLarge(s.frame, 1, fmt.Sprintf("more than %d bytes that are not steps", s.limits.frame))
	}
	return len(part), nil
}

// structure takes a byte of the frame that is not in a string, and reports
// whether the steps follow.
func (s *planSplitter) structure(c byte) bool {
	was := s.place
	switch c {
	case ' ', '\t', '\r', '\n':
		return false
	}
	s.place = elsewhere
	switch c {
	case '"':
		s.inString = true
		if was == beforeName {
			s.place, s.name = inName, len(s.frame)-1
		}
	case '{', '[':
		if c == '[' && was == beforeValue && !s.split {
			return true
		}
		s.depth++
		if c == '{' && s.depth == 1 {
			s.place = beforeName
		}
	case '}', ']':
		s.depth--
	case ',':
		if s.depth == 1 {
			s.place = beforeName
		}
	case ':':
		if was == afterName {
			s.place = beforeValue
		}
	}
	return false
}

// takeSteps takes bytes up to the bracket that ends the steps, or all.
func (s *planSplitter) takeSteps(part []byte) (int, error) {
	from := 0
	for i, c := range part {
		if c == '\n' {
			s.line++
		}
		if s.text(c) {
			continue
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '"':
			s.inString = true
		case '{', '[':
			s.depth++
		case '}', ']':
			if c == ']' && s.depth == 0 {
				s.batch = append(s.batch, part[from:i]...)
				return i, s.endSteps()
			}
			s.depth--
		case ',':
			if s.depth == 0 && s.filled && len(s.batch)+i-from >= s.limits.batch {
				s.batch = append(s.batch, part[from:i]...)
				if err := s.flush(); err != nil {
					return 0, err
				}
				from = i + 1
				continue
			}
		}
		s.filled = true
	}
	s.batch = append(s.batch, part[from:]...)
	if len(s.batch) > s.limits.step {
		return 0, s.tooLarge(s.batch, s.begun, fmt.Sprintf("a step of more than %d bytes", s.limits.step))
	}
	return len(part), nil
}

// endSteps takes the last batch. The frame goes on with the bracket.
func (s *planSplitter) endSteps() error {
	switch {
	case s.filled:
		if err := s.flush(); err != nil {
			return err
		}
	case s.taken: // a comma stands before the bracket
		return syntaxError(s.line, "a value cannot begin with ']'")
	}
	s.inSteps, s.depth = false, 1
	s.below = s.line
	if s.line > s.above {
		s.frame = append(s.frame, '\n')
	}
	s.batch = nil
	return nil
}

// flush has the batch taken, and begins the next.
func (s *planSplitter) flush() error {
	end := len(s.batch) + len("]")
	s.batch = append(s.batch, minimalEnd...)
	if err := s.take(s.batch, s.batch[len(minimalPlan)-len("["):end], s.begun); err != nil {
		return err
	}
	s.batch = s.batch[:len(minimalPlan)]
	s.begun, s.taken, s.filled = s.line, true, false
	return nil
}

// end takes the end of the text. Within the steps it is a fault.
func (s *planSplitter) end() error {
	if !s.inSteps {
		return nil
	}
	if err := checkSyntax(s.batch, s.begun, 0); err != nil {
		return err
	}
	return syntaxError(s.line, "ends in the middle")
}

// inWhole gives the problems of the frame the lines of the document.
func (s *planSplitter) inWhole(err error) error {
	left := s.below - s.above
	if left > 0 {
		left-- // one line feed stands for them in the frame
	}
	return movedLines(err, func(line int) int {
		if line > s.above {
			line += left
		}
		return line
	})
}

// tooLarge refuses a text that exceeds its limit. What is wrong earlier counts
// more: it may be why the text has no end.
func (s *planSplitter) tooLarge(text []byte, line int, rule string) error {
	const cut = 12 // the longest token that may be cut in two, an escaped surrogate pair
	if err := checkSyntax(text, line, cut); err != nil {
		return err
	}
	return syntaxError(s.line, rule)
}

// checkSyntax reports what is wrong with the syntax of a text, but for its last
// bytes. The text begins in the line.
func checkSyntax(text []byte, line, but int) error {
	var fault *strictjson.Error
	if err := strictjson.Check(text, strictjson.Limits{}); !errors.As(err, &fault) || but > 0 && fault.Offset > int64(len(text)-but) {
		return nil
	}
	return syntaxError(line+bytes.Count(text[:min(int(fault.Offset), len(text))], []byte("\n")), fault.Rule)
}

func syntaxError(line int, rule string) error {
	return &schema.ValidationError{Kind: schema.KindPlan, Problems: []schema.Problem{{Line: line, Rule: "json-syntax", Text: rule}}}
}

// movedProblems gives the problems of a batch, in which the first step is that
// of the number and the first line that of the document, the places that they
// have in the document.
func movedProblems(err error, first, line int) error {
	var invalid *schema.ValidationError
	if errors.As(err, &invalid) {
		for i := range invalid.Problems {
			p := &invalid.Problems[i]
			rest, ok := strings.CutPrefix(p.Pointer, "/steps/")
			number, rest, more := strings.Cut(rest, "/")
			if n, err := strconv.Atoi(number); ok && err == nil {
				p.Pointer = "/steps/" + strconv.Itoa(first+n)
				if more {
					p.Pointer += "/" + rest
				}
			}
		}
	}
	return movedLines(err, func(l int) int { return line + l - 1 })
}

func movedLines(err error, move func(line int) int) error {
	var invalid *schema.ValidationError
	if errors.As(err, &invalid) {
		for i := range invalid.Problems {
			if p := &invalid.Problems[i]; p.Line > 0 {
				p.Line = move(p.Line)
			}
		}
	}
	return err
}
