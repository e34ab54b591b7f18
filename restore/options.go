package restore

import "github.com/oneanalytics/oa-archive/mapping"

// Decision says what becomes of an asset. The four that answer a conflict
// ([Ask], [Overwrite], [Fork], [Skip]) are policies too.
type Decision string

// The decisions.
const (
	Ask Decision = "ask" // policy only: a conflict blocks the plan until it is answered

	Create    Decision = "create"    // the target does not have it: it keeps its id
	Unchanged Decision = "unchanged" // the target has it in the state that the import would produce
	Overwrite Decision = "overwrite" // the target's state is replaced by the archive's
	Fork      Decision = "fork"      // imported beside the original, under a new id
	Merge     Decision = "merge"     // workspaces only: keeps its settings and takes the records that imported assets need
	Skip      Decision = "skip"      // not imported
	Delete    Decision = "delete"    // the target has it and the archive does not: see Options.Exact
	Blocked   Decision = "blocked"   // cannot be imported as asked; Step.Blocked says why
)

// Kind is a kind of asset.
type Kind string

// The kinds of assets.
const (
	Workspace Kind = "workspace" // the metadata document, which holds the records of the rest
	Dataset   Kind = "dataset"   // semantic model, rows, and its record
	Report    Kind = "report"
	Alert     Kind = "alert"
	File      Kind = "file" // an uploaded file and its record
	Audit     Kind = "audit"
	Extension Kind = "extension"
)

// Kinds returns all kinds in the order in which plans list them.
func Kinds() []Kind {
	return []Kind{Workspace, Dataset, Report, Alert, File, Audit, Extension}
}

// Choice is the answer for one asset. A workspace that the target has and
// that is skipped keeps its settings, but still takes the records that
// imported assets need.
type Choice struct {
	Decision Decision `json:"decision"`           // overwrite, fork or skip
	NewName  string   `json:"new_name,omitempty"` // fork only: the copy's name, instead of the name with " (copy)"
}

// Options of an import. The zero value is safe: everything is selected but
// rows and audit trail, every conflict asks, and only the tenant that the
// archive came from is accepted.
type Options struct {
	// Select lists selectors; empty means everything. See [ParseSelector].
	Select []string `json:"select,omitempty"`

	OnConflict Decision          `json:"on_conflict,omitempty"` // ask, overwrite, fork or skip; empty means ask
	PerKind    map[Kind]Decision `json:"per_kind,omitempty"`    // instead of OnConflict
	PerAsset   map[string]Choice `json:"per_asset,omitempty"`   // by the asset's id (an extension's path, "audit"), instead of both

	ForkLabel        string `json:"fork_label,omitempty"` // tells several copies of one asset apart; empty means "copy"
	AllowOtherTenant bool   `json:"allow_other_tenant,omitempty"`
	// AllowRecovered accepts an archive that was made of what was left of a
	// damaged one (docs/spec/manifest.md, M-21): something may be missing.
	AllowRecovered bool `json:"allow_recovered,omitempty"`
	Rows           bool `json:"rows,omitempty"`  // import rows, where the archive has them
	Audit          bool `json:"audit,omitempty"` // import the audit trail, into a tenant that has none

	// Mapping says who and what of the target stands for whom and what of
	// the archive, and what may be created. An entry goes before every rule.
	Mapping mapping.Map `json:"mapping,omitzero"`

	// CloneAs, when set, is the name of a clone that the import makes: every
	// workspace and all that is in it is copied, and nothing that exists is
	// written. UpdateClone names one that is brought up to date instead. They
	// exclude each other and ForkLabel, whose rules names follow.
	CloneAs     string `json:"clone_as,omitempty"`
	UpdateClone string `json:"update_clone,omitempty"`

	// Exact restores the selected workspaces to the archive's state: assets
	// that the target has there and the archive does not are deleted, and so
	// are records of the workspace, except those of people, roles and
	// connections, which stay as the target has them. Conflicts that no policy
	// answers are overwritten. It is for the tenant that the archive came from.
	Exact bool `json:"exact,omitempty"`

	// AllowAccess lists the ids of changes of Plan.Access that widen access
	// and are meant: see [Plan]. Without its id here, each blocks its step.
	AllowAccess []string `json:"allow_access,omitempty"`

	// Authorizer, when set, is asked while planning, and steps that it denies
	// are blocked. It is no part of the plan's document: Apply asks the one in
	// its own options.
	Authorizer Authorizer `json:"-"`

	// MaxDocument is the largest document, in bytes, that is accepted from
	// the archive and from the target. Zero means archive.DefaultLimits().Document.
	MaxDocument int64 `json:"max_document,omitempty"`
}
