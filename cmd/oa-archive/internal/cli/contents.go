package cli

import (
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/audit"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// Codes of findings about what entries say, which package archive does not
// look at. docs/cli.md promises them.
const (
	codeAudit = archive.Code("audit-trail")
	codeRows  = archive.Code("rows-mismatch")
)

// ruleRows is the number of the rule in docs/spec about statistics of rows.
const ruleRows = "M-20"

// A footer sums up a rows file that is written to it. Its result compares that
// with what the manifest states.
type footer interface {
	io.Writer
	sum() func(stated *manifest.RowStatistics) error
}

// contents looks into entries while an archive is verified: at the chain of the
// audit trail, and at what the manifest says of rows. It holds a line of the
// trail or the footer of one rows file at a time, and a few bytes for each.
type contents struct {
	limit   int // findings to keep
	trail   *audit.Chain
	faults  []audit.Fault
	dropped int

	footer footer // of the rows at path
	path   string
	rows   map[string]func(*manifest.RowStatistics) error
}

// sink is an [archive.Options.Content].
func (c *contents) sink(path string, _ int64) io.Writer {
	c.endRows()
	name, err := layout.Parse(path)
	switch {
	case err != nil:
	case name.Kind == layout.Audit:
		c.faults, c.dropped = nil, 0
		c.trail = &audit.Chain{Report: func(f audit.Fault) {
			if len(c.faults) == c.limit {
				c.dropped++
				return
			}
			c.faults = append(c.faults, f)
		}}
		return c.trail
	case name.Kind == layout.Rows && newFooter != nil:
		c.path, c.footer = path, newFooter()
		return c.footer
	}
	return nil
}

// endRows sums up the rows that have passed, and frees the rest.
func (c *contents) endRows() {
	if c.footer == nil {
		return
	}
	if c.rows == nil {
		c.rows = map[string]func(*manifest.RowStatistics) error{}
	}
	c.rows[c.path], c.footer = c.footer.sum(), nil
}

// conclude adds what was found to the report, but for entries of which the
// report says already that their bytes are not the right ones.
func (c *contents) conclude(r *archive.Report) {
	c.endRows()
	if c.trail != nil {
		c.trail.Finish()
	}
	if r.Manifest == nil || r.Incomplete {
		return
	}
	damaged := map[string]bool{}
	for _, f := range r.Findings {
		damaged[f.Path] = true
	}
	add := func(code archive.Code, path, rule string, err error) {
		if len(r.Findings) >= c.limit {
			r.Dropped++
			return
		}
		r.Findings = append(r.Findings, archive.Finding{Code: code, Path: path, Offset: -1, Rule: rule, Err: &archive.FormatError{
			Code: code, Path: path, Offset: -1, Rule: rule, Err: err,
		}})
	}
	for i := range r.Manifest.Entries {
		e := &r.Manifest.Entries[i]
		if compare := c.rows[e.Path]; compare != nil && e.Rows != nil && !damaged[e.Path] {
			if err := compare(e.Rows); err != nil {
				add(codeRows, e.Path, ruleRows, err)
			}
		}
	}
	if damaged[layout.AuditPath] {
		return
	}
	for i := range c.faults {
		add(codeAudit, layout.AuditPath, c.faults[i].Rule, fmt.Errorf("%w", &c.faults[i]))
	}
	r.Dropped += c.dropped
}
