package export

import (
	"errors"
	"strconv"

	"github.com/oneanalytics/oa-archive/audit"
	"github.com/oneanalytics/oa-archive/schema"
)

// newTrail returns what checks an audit trail as it passes: every line against
// its schema, and the chain of hashes across lines. inspect looks at each line.
func newTrail(path string, report func(schema.Problem), inspect func(path string, line []byte, number int64)) *audit.Chain {
	return &audit.Chain{
		Report: func(f audit.Fault) {
			text := f.Text
			if f.Event != "" {
				text = "event " + strconv.QuoteToASCII(f.Event) + ": " + text
			}
			report(schema.Problem{Path: path, Pointer: f.Pointer, Line: int(f.Line), Rule: f.Rule, Text: text})
		},
		Line: func(line []byte, number int64) bool {
			inspect(path, line, number)
			err := schema.Validate(schema.KindAuditEvent, line)
			if err != nil {
				reportInvalid(path, number, err, report)
			}
			return err == nil
		},
	}
}

func reportInvalid(path string, number int64, err error, report func(schema.Problem)) {
	var invalid *schema.ValidationError
	if !errors.As(err, &invalid) {
		report(schema.Problem{Path: path, Line: int(number), Rule: audit.RuleEvent, Text: err.Error()})
		return
	}
	for _, p := range invalid.Problems {
		p.Path, p.Line = path, int(number)
		report(p)
	}
}
