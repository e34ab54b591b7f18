package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/oneanalytics/oa-archive/schema"
)

// MaxAuditLine is the longest line of an audit trail, in bytes, that is
// accepted. Longer ones are a problem of the trail.
const MaxAuditLine = 1 << 20

// auditCheck checks an audit trail as it is written to it: every line against
// its schema, and the chain of hashes across lines.
type auditCheck struct {
	path    string
	report  func(schema.Problem)
	inspect func(path string, line []byte, number int64) // looks at each event
	events  int64
	line    []byte
	tooLong bool
	prev    string // what the next line must give as its predecessor's hash
	broken  bool   // the chain's break was reported
}

func newAuditCheck(path string, report func(schema.Problem)) *auditCheck {
	return &auditCheck{path: path, report: report, prev: hex.EncodeToString(make([]byte, sha256.Size))}
}

// Write takes the next piece of the trail. It never fails.
func (a *auditCheck) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			a.keep(p)
			break
		}
		a.keep(p[:end])
		a.check()
		p = p[end+1:]
	}
	return n, nil
}

// finish reports a last line that has no line feed.
func (a *auditCheck) finish() {
	if len(a.line) > 0 || a.tooLong {
		a.check()
		a.problem("", "audit-line-feed", "the trail does not end with a line feed; its last event may be cut off")
	}
}

func (a *auditCheck) keep(p []byte) {
	if len(a.line)+len(p) > MaxAuditLine {
		a.tooLong = true
		a.line = a.line[:0]
	}
	if !a.tooLong {
		a.line = append(a.line, p...)
	}
}

func (a *auditCheck) check() {
	a.events++
	line := a.line
	a.line = a.line[:0]
	if a.tooLong {
		a.tooLong = false
		a.problem("", "audit-line-length", fmt.Sprintf("the event has more than %d bytes", MaxAuditLine))
		a.broken = true
		return
	}
	if a.inspect != nil {
		a.inspect(a.path, line, a.events)
	}
	if err := schema.Validate(schema.KindAuditEvent, line); err != nil {
		a.invalid(err)
		a.broken = true
		return
	}
	a.link(line)
}

// link checks that the event continues the chain.
func (a *auditCheck) link(line []byte) {
	var rec struct {
		Prev  string          `json:"prev"`
		Hash  string          `json:"hash"`
		Event json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(line, &rec); err != nil {
		a.problem("", "audit-chain", "the event cannot be read")
		return
	}
	prev, err := hex.DecodeString(rec.Prev)
	if err != nil || !a.broken && rec.Prev != a.prev {
		a.problem("/prev", "audit-chain", "the event does not follow the one before it: an event was removed, added or changed")
	}
	sum := sha256.New()
	sum.Write(prev)
	sum.Write(rec.Event)
	if got := hex.EncodeToString(sum.Sum(nil)); got != rec.Hash {
		a.problem("/hash", "audit-chain", "the event's hash is not that of its bytes: the event was changed")
	}
	a.prev, a.broken = rec.Hash, false
}

func (a *auditCheck) invalid(err error) {
	var invalid *schema.ValidationError
	if !errors.As(err, &invalid) {
		a.problem("", "audit-event", err.Error())
		return
	}
	for _, p := range invalid.Problems {
		p.Path, p.Line = a.path, int(a.events)
		a.report(p)
	}
}

func (a *auditCheck) problem(pointer, rule, text string) {
	a.report(schema.Problem{Path: a.path, Pointer: pointer, Line: int(a.events), Rule: rule, Text: text})
}
