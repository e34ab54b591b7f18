package restore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// Revert is the decision to put back what an import has replaced or deleted.
// The others of an [UndoPlan] are Delete, Unchanged and Blocked.
const Revert Decision = "revert"

// UndoPlanFormat is the version of the undo plans that this package writes and
// reads.
const UndoPlanFormat = "1.0"

// UndoPlan says what undoing an import will do. It is a document with the
// schema schema.KindUndoPlan; its members stand in this order.
type UndoPlan struct {
	Format    string       `json:"format"` // "1.0"
	ID        string       `json:"id"`     // UUIDv5 over the rest of the plan
	Import    UndoneImport `json:"import"` // what is undone
	Insurance ArchiveRef   `json:"insurance"`
	Target    TargetRef    `json:"target"` // in which state it was found
	Options   UndoOptions  `json:"options"`
	Summary   UndoSummary  `json:"summary"`
	Steps     []UndoStep   `json:"steps"`              // in canonical order of the target
	Warnings  []string     `json:"warnings,omitempty"` // sentences
	// Access is who gains or loses what by the undo, as in [Plan]. What widens
	// blocks nothing here: the import took it away.
	Access []access.Change `json:"access,omitempty"`
}

// UndoneImport is what the target's journal says of an import.
type UndoneImport struct {
	ID      string `json:"id"`
	At      string `json:"at"` // RFC 3339, UTC
	Archive string `json:"archive,omitempty"`
	Summary string `json:"summary,omitempty"`
}

// UndoOptions of [MakeUndoPlan]. The zero value is safe.
type UndoOptions struct {
	// DiscardLaterEdits undoes an import although something was edited since:
	// those edits are lost, to be found in the undo's own insurance only. What
	// came to depend on what the import brought is left with references that
	// lead nowhere; the plan's warnings list them.
	DiscardLaterEdits bool `json:"discard_later_edits,omitempty"`
}

// UndoSummary counts the steps by decision, and what they write.
type UndoSummary struct {
	Revert    int   `json:"revert"`
	Delete    int   `json:"delete"`
	Unchanged int   `json:"unchanged"`
	Blocked   int   `json:"blocked"`
	Entries   int   `json:"entries"` // that are written
	Bytes     int64 `json:"bytes"`   // that are written
	Deleted   int   `json:"deleted"` // entries that are deleted
}

// String returns the counts that are not zero on one line.
func (s UndoSummary) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		verb string
	}{{s.Revert, "put back"}, {s.Delete, "deleted"}, {s.Unchanged, "unchanged"}, {s.Blocked, "blocked"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.verb))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}

// UndoStep is what becomes of one asset that the import wrote or deleted.
type UndoStep struct {
	Kind      Kind        `json:"kind"`
	Workspace string      `json:"workspace,omitempty"` // absent for audit and extensions
	ID        string      `json:"id"`                  // as in [Step]
	Name      string      `json:"name,omitempty"`
	Decision  Decision    `json:"decision"` // revert, delete, unchanged or blocked
	Reason    string      `json:"reason"`   // a sentence
	Entries   []UndoEntry `json:"entries"`
	Blocked   []string    `json:"blocked,omitempty"` // sentences
}

// UndoEntry is one entry of a step. Digests are SHA-256 in 64 lower-case
// hexadecimal digits, absent where there is no entry.
type UndoEntry struct {
	Path       string `json:"path"`
	Left       string `json:"left,omitempty"`        // what the import left
	Current    string `json:"current,omitempty"`     // what is there now
	Result     string `json:"result,omitempty"`      // what will be there: what was before the import
	ResultSize int64  `json:"result_size,omitempty"` // in bytes
	Write      bool   `json:"write,omitempty"`
	Delete     bool   `json:"delete,omitempty"`
}

// BlockedSteps returns the steps that keep the plan from being carried out.
func (p *UndoPlan) BlockedSteps() []UndoStep {
	var blocked []UndoStep
	for _, s := range p.Steps {
		if s.Decision == Blocked {
			blocked = append(blocked, s)
		}
	}
	return blocked
}

// Writes reports whether carrying out the plan would change the target.
func (p *UndoPlan) Writes() bool { return p.Summary.Entries > 0 || p.Summary.Deleted > 0 }

// Marshal returns the plan as a document, as [Plan.Marshal] does.
func (p *UndoPlan) Marshal() ([]byte, error) { return p.listing().text() }

// Write writes the document that [UndoPlan.Marshal] returns, a step at a time.
func (p *UndoPlan) Write(w io.Writer) error { return p.listing()(w) }

func (p *UndoPlan) listing() listing {
	frame := *p
	frame.Steps = []UndoStep{}
	return listingOf("undo plan", &frame, "steps", p.Steps)
}

// Digest returns the SHA-256 of the plan's document: what the target's journal
// keeps of it.
func (p *UndoPlan) Digest() (layout.Digest, error) { return p.listing().digest() }

func (p *UndoPlan) computeID() (string, error) {
	without := *p
	without.ID = ""
	return idOf(without.listing())
}

// ParseUndoPlan reads what [UndoPlan.Marshal] wrote, as [ParsePlan] does.
func ParseUndoPlan(doc []byte) (*UndoPlan, error) {
	if err := schema.Validate(schema.KindUndoPlan, doc); err != nil {
		return nil, fmt.Errorf("restore: read undo plan: %w", err)
	}
	var p UndoPlan
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("restore: read undo plan: %w", err)
	}
	if p.Format != UndoPlanFormat {
		return nil, fmt.Errorf("restore: read undo plan: it has format %q, this version reads %q; make a new plan", p.Format, UndoPlanFormat)
	}
	id, err := p.computeID()
	if err != nil {
		return nil, err
	}
	if id != p.ID {
		return nil, fmt.Errorf("restore: read undo plan %s: %w", p.ID, ErrPlanAltered)
	}
	return &p, nil
}

// UndoBlockedError refuses to carry out an undo plan with blocked steps.
type UndoBlockedError struct {
	Import string
	Steps  []UndoStep // the blocked ones
}

// Error lists what is blocked and why, one a line.
func (e *UndoBlockedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "restore: import %s cannot be undone without losing what came later: %d blocked steps", e.Import, len(e.Steps))
	for _, s := range e.Steps {
		for _, why := range s.Blocked {
			fmt.Fprintf(&b, "\n  %s %s: %s", s.Kind, s.label(), why)
		}
	}
	return b.String()
}

// label names a step for people.
func (s *UndoStep) label() string {
	if s.Name == "" {
		return s.ID
	}
	return fmt.Sprintf("%q (%s)", s.Name, s.ID)
}

// Needs returns what one must be allowed to do to carry out the plan, sorted:
// to overwrite what comes back, and to delete what goes.
func (p *UndoPlan) Needs() []Permission {
	var all []Permission
	for _, s := range p.Steps {
		switch resource := (Resource{string(s.Kind), s.ID}); s.Decision {
		case Revert:
			all = append(all, Permission{string(s.Kind) + ".overwrite", resource})
		case Delete:
			all = append(all, Permission{string(s.Kind) + ".delete", resource})
		}
	}
	return sortPermissions(all)
}
