package restore

import (
	"errors"
	"fmt"
	"strings"
)

// Errors for callers to test with errors.Is.
var (
	// ErrArchiveChanged: the archive at hand is not the one that the plan names.
	ErrArchiveChanged = errors.New("the plan was made for another archive")

	// ErrPlanAltered: the plan is not the one that its inputs give: it was
	// edited, or made by another version of this package.
	ErrPlanAltered = errors.New("the plan is not what its options give; make a new plan")
)

// OtherTenantError refuses the import into a tenant that the archive did not
// come from.
type OtherTenantError struct {
	Archive string // tenant id of the archive
	Target  string // tenant id of the target
}

// Error names both tenants and says how to go on.
func (e *OtherTenantError) Error() string {
	return fmt.Sprintf("restore: the archive is of tenant %q and the target is tenant %q; allow another tenant explicitly to move assets between them", e.Archive, e.Target)
}

// RecoveredError refuses the import of an archive that was recovered from a
// damaged one.
type RecoveredError struct {
	Complete bool  // everything that was in the damaged archive is there
	Lost     int64 // entries that are known to be missing
}

// Error says what is missing and how to go on.
func (e *RecoveredError) Error() string {
	missing := "what is missing is not known"
	switch {
	case e.Complete:
		missing = "nothing is missing"
	case e.Lost > 0:
		missing = fmt.Sprintf("at least %d entries are missing", e.Lost)
	}
	return "restore: the archive was recovered from a damaged one (" + missing + "); allow recovered archives explicitly to import it"
}

// SelectorError refuses a selector that cannot be read or matches nothing.
type SelectorError struct {
	Selector string
	Rule     string   // what is wrong with it
	Near     []string // names and ids that resemble it
}

// Error quotes the selector and lists what resembles it.
func (e *SelectorError) Error() string {
	msg := fmt.Sprintf("restore: selector %q: %s", e.Selector, e.Rule)
	if len(e.Near) > 0 {
		msg += "; did you mean " + strings.Join(e.Near, ", ") + "?"
	}
	return msg
}

// OptionsError refuses options that contradict themselves or the archive.
type OptionsError struct {
	Option string // as in the JSON of [Options], for example "per_asset"
	Rule   string
}

// Error names the option and the rule.
func (e *OptionsError) Error() string { return fmt.Sprintf("restore: option %s: %s", e.Option, e.Rule) }

// MappingError lists everything that is wrong with a mapping.
type MappingError struct {
	Problems []string // sentences
}

// Error lists the problems.
func (e *MappingError) Error() string {
	return "restore: mapping: " + strings.Join(e.Problems, "; ")
}

// BlockedError refuses to apply a plan with blocked steps.
type BlockedError struct {
	Steps []*Step // the blocked ones
}

// Error lists what is blocked and why, one a line.
func (e *BlockedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "restore: %d blocked steps", len(e.Steps))
	for _, s := range e.Steps {
		for _, why := range s.Blocked {
			fmt.Fprintf(&b, "\n  %s %s: %s", s.Kind, s.label(), why)
		}
	}
	return b.String()
}

// Drift is one entry of the target that is not as the plan found it.
type Drift struct {
	Path string `json:"path"`
	Was  string `json:"was,omitempty"` // digest that the plan saw; empty when the plan does not know
	Is   string `json:"is,omitempty"`  // digest now; empty when it is gone
	What string `json:"what"`          // changed, gone or new; with an empty path, "elsewhere": outside the plan
}

// StaleError refuses a plan because the target changed since it was made.
type StaleError struct {
	Was, Is string  // fingerprints
	Changed []Drift // what the plan knows of that differs; entries outside the plan may have changed too
}

// Error lists what changed and says how to go on.
func (e *StaleError) Error() string {
	var b strings.Builder
	b.WriteString("restore: the target changed since the plan was made; make a new plan")
	for i, d := range e.Changed {
		if i == 20 {
			fmt.Fprintf(&b, "\n  … and %d more", len(e.Changed)-i)
			break
		}
		if d.Path == "" {
			b.WriteString("\n  entries that the plan does not touch")
			continue
		}
		fmt.Fprintf(&b, "\n  %s: %s", d.Path, d.What)
	}
	return b.String()
}

// CommitError is a commit whose outcome is not known: the target may be in
// the state before the import or after it. Applying the plan again settles
// it.
type CommitError struct{ Err error }

// Error says what to do.
func (e *CommitError) Error() string {
	return fmt.Sprintf("restore: commit: %v; apply the same plan again to learn whether it took effect", e.Err)
}

// Unwrap returns the cause.
func (e *CommitError) Unwrap() error { return e.Err }

// label names a step for people.
func (s *Step) label() string {
	if s.Name == "" {
		return s.ID
	}
	return fmt.Sprintf("%q (%s)", s.Name, s.ID)
}

// InsuranceError is insurance that could not be written. The import did not
// happen.
type InsuranceError struct{ Err error }

// Error says that nothing was changed.
func (e *InsuranceError) Error() string {
	return fmt.Sprintf("restore: insurance: %v; nothing was changed", e.Err)
}

// Unwrap returns the cause.
func (e *InsuranceError) Unwrap() error { return e.Err }
