package restore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/access"
)

// PlanFormat is the version of the plan documents that this package writes
// and reads.
const PlanFormat = "1.0"

// Plan says what an import will do. It is a document with the schema
// schema.KindPlan; its members stand in this order.
type Plan struct {
	Format     string       `json:"format"`  // "1.0"
	ID         string       `json:"id"`      // UUIDv5 over the rest of the plan: the same inputs give the same plan
	Archive    ArchiveRef   `json:"archive"` // what is imported
	Target     TargetRef    `json:"target"`  // into what, and in which state it was found
	SameTenant bool         `json:"same_tenant"`
	Options    Options      `json:"options"`
	Summary    Summary      `json:"summary"`
	Steps      []Step       `json:"steps"`                // in canonical order of the archive
	Unresolved []Unresolved `json:"unresolved,omitempty"` // principals and connections that the target does not have
	Removed    []Removed    `json:"removed,omitempty"`    // of a clone that is brought up to date: what the archive no longer has; it stays
	Warnings   []string     `json:"warnings,omitempty"`   // sentences

	// Access is who gains or loses what: in the tenant, in workspaces and of
	// assets that the target has already, and whatever widens. A change that
	// widens blocks its step unless Options.AllowAccess names its id.
	Access []access.Change `json:"access,omitempty"`

	// Asleep is what arrives switched off, and how it is switched on.
	Asleep []Asleep `json:"asleep,omitempty"`

	made *made // if this process made the plan
}

// Removed is an asset of a clone whose original the archive no longer has.
type Removed struct {
	Kind      Kind   `json:"kind"`
	Workspace string `json:"workspace"` // id in the target
	ID        string `json:"id"`        // in the target
	Name      string `json:"name,omitempty"`
	Original  string `json:"original"` // id of the original
}

// ArchiveRef identifies the archive of a plan.
type ArchiveRef struct {
	ID          string `json:"id"`
	Tenant      string `json:"tenant"`       // id
	Created     string `json:"created"`      // RFC 3339, UTC: the archive's own claim
	ContentHash string `json:"content_hash"` // "h1:…"
	Manifest    string `json:"manifest"`     // SHA-256 of manifest.json, 64 lower-case hexadecimal digits
}

// TargetRef identifies the target of a plan and its state.
type TargetRef struct {
	Tenant      string `json:"tenant"`      // id
	Fingerprint string `json:"fingerprint"` // content hash over everything that the target holds, "h1:…"
	Entries     int    `json:"entries"`
}

// Summary counts the steps by decision, and what they write.
type Summary struct {
	Create    int   `json:"create"`
	Unchanged int   `json:"unchanged"`
	Overwrite int   `json:"overwrite"`
	Fork      int   `json:"fork"`
	Merge     int   `json:"merge"`
	Skip      int   `json:"skip"`
	Blocked   int   `json:"blocked"`
	Delete    int   `json:"delete,omitempty"`
	Entries   int   `json:"entries"` // that are written
	Bytes     int64 `json:"bytes"`   // that are written
}

// String returns the counts that are not zero on one line.
func (s Summary) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		verb string
	}{
		{s.Create, "created"}, {s.Overwrite, "overwritten"}, {s.Delete, "deleted"}, {s.Fork, "copied"}, {s.Merge, "merged"},
		{s.Unchanged, "unchanged"}, {s.Skip, "skipped"}, {s.Blocked, "blocked"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.verb))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}

// Step is what becomes of one asset of the archive; or, after all these, of an
// asset of the target that the archive does not have, and that an exact
// restore deletes.
type Step struct {
	Kind      Kind     `json:"kind"`
	Workspace string   `json:"workspace,omitempty"` // id in the archive; empty for audit and extensions
	ID        string   `json:"id"`                  // in the archive; "audit", or the path of an extension
	Name      string   `json:"name,omitempty"`
	Decision  Decision `json:"decision"`
	Reason    string   `json:"reason"` // a sentence: why this decision
	Why       string   `json:"why"`    // "selected", or "needed by …"

	TargetWorkspace string `json:"target_workspace,omitempty"` // id of the workspace it lands in
	TargetID        string `json:"target_id,omitempty"`        // its id in the target
	NewName         string `json:"new_name,omitempty"`         // of a copy

	Entries   []StepEntry `json:"entries"`
	DependsOn []string    `json:"depends_on,omitempty"` // ids of steps, as in ID
	Changes   []string    `json:"changes,omitempty"`    // sentences: what differs from the archive, or is worth knowing
	Blocked   []string    `json:"blocked,omitempty"`    // sentences: why it is blocked, and how to go on

	Access []string     `json:"access,omitempty"` // ids of changes in Plan.Access
	Needs  []Permission `json:"needs,omitempty"`  // what one must be allowed to do for this step
}

// StepEntry is one entry of a step's asset. Digests are SHA-256 in 64
// lower-case hexadecimal digits.
type StepEntry struct {
	Path       string `json:"path"`                  // in the archive; for steps that delete it, Digest and Size are those of the target
	Digest     string `json:"digest"`                // in the archive
	Size       int64  `json:"size"`                  // in the archive, in bytes
	TargetPath string `json:"target_path,omitempty"` // in the target; absent when the entry is not imported
	Current    string `json:"current,omitempty"`     // digest in the target now; absent when it is not there
	Result     string `json:"result,omitempty"`      // digest in the target after the import; absent for blocked steps
	ResultSize int64  `json:"result_size,omitempty"` // in bytes
	Write      bool   `json:"write,omitempty"`       // whether the import writes it: Result differs from Current
	Delete     bool   `json:"delete,omitempty"`      // whether the import deletes it
}

// Unresolved is a principal or connection of the archive for which the target
// has none.
type Unresolved struct {
	Kind   string   `json:"kind"` // user, team, role, connection
	ID     string   `json:"id"`   // in the archive
	Name   string   `json:"name,omitempty"`
	Email  string   `json:"email,omitempty"`
	UsedBy []string `json:"used_by"` // ids of steps
	Effect string   `json:"effect"`  // a sentence: what becomes of what refers to it
}

// BlockedSteps returns the steps that keep the plan from being applied. They are
// those of the plan, not copies.
func (p *Plan) BlockedSteps() []*Step { return p.stepsThat(Blocked) }

// Writes reports whether applying the plan would change the target.
func (p *Plan) Writes() bool { return p.Summary.Entries > 0 || p.Summary.Delete > 0 }

// Destroys returns the steps that replace or delete something of the target:
// those that an operator should confirm. They are those of the plan, not copies.
func (p *Plan) Destroys() []*Step { return p.stepsThat(Overwrite, Delete) }

func (p *Plan) stepsThat(are ...Decision) []*Step {
	var all []*Step
	for i := range p.Steps {
		if s := &p.Steps[i]; slices.Contains(are, s.Decision) {
			all = append(all, s)
		}
	}
	return all
}
