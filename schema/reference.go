package schema

// RefKind says what an identifier names.
type RefKind string

// What identifiers name. The last two groups live inside one report, and
// inside one dataset's model.
const (
	RefWorkspace  RefKind = "workspace"
	RefDataset    RefKind = "dataset"
	RefReport     RefKind = "report"
	RefAlert      RefKind = "alert"
	RefFile       RefKind = "file"
	RefFolder     RefKind = "folder"
	RefTag        RefKind = "tag"
	RefSavedQuery RefKind = "saved_query"
	RefGrant      RefKind = "grant"

	RefUser  RefKind = "user"
	RefTeam  RefKind = "team"
	RefRole  RefKind = "role"
	RefLink  RefKind = "link"  // a public link: a principal that is defined nowhere
	RefEmbed RefKind = "embed" // an embed key: likewise

	RefConnection RefKind = "connection"
	RefSecret     RefKind = "secret" // a slot that an operator fills; its content is never in an archive

	RefPage     RefKind = "page" // of a report, as are visuals and bookmarks
	RefVisual   RefKind = "visual"
	RefBookmark RefKind = "bookmark"

	RefMeasure   RefKind = "measure"
	RefDimension RefKind = "dimension"
	RefColumn    RefKind = "column" // table.column
	RefField     RefKind = "field"  // a dimension, a measure or a column
)

// refKinds are the words that schemas may use.
var refKinds = map[RefKind]bool{
	RefWorkspace: true, RefDataset: true, RefReport: true, RefAlert: true, RefFile: true, RefFolder: true, RefTag: true,
	RefSavedQuery: true, RefGrant: true, RefUser: true, RefTeam: true, RefRole: true, RefLink: true, RefEmbed: true,
	RefConnection: true, RefSecret: true, RefPage: true, RefVisual: true, RefBookmark: true,
	RefMeasure: true, RefDimension: true, RefColumn: true, RefField: true,
}

// IsPrincipal reports whether identifiers of this kind name somebody who can
// be given rights: a user, a team, a role, a public link or an embed.
func (k RefKind) IsPrincipal() bool {
	switch k {
	case RefUser, RefTeam, RefRole, RefLink, RefEmbed:
		return true
	}
	return false
}

// IsUUID reports whether identifiers of this kind are UUIDs, which a fork
// rewrites wherever they occur.
func (k RefKind) IsUUID() bool {
	switch k {
	case RefWorkspace, RefDataset, RefReport, RefAlert, RefFile, RefFolder, RefTag, RefSavedQuery:
		return true
	}
	return false
}

// InModel reports whether identifiers of this kind mean something only within
// the model of one dataset.
func (k RefKind) InModel() bool {
	switch k {
	case RefMeasure, RefDimension, RefColumn, RefField:
		return true
	}
	return false
}

// A Reference is one place of a document that names something else.
type Reference struct {
	Pointer string // RFC 6901, of the string that holds the identifier
	Line    int    // 1-based; 0 when not known
	To      RefKind
	ID      string

	// Scope is where the identifier is looked up: the id of a dataset for
	// what lives in its model, the id of a report for a page. It is empty in
	// models, which are their own scope, and where a document does not say;
	// then any dataset that the document lists will do.
	Scope string

	// Embedded tells that the identifier is a part of the string, in braces
	// (the expression of a derived measure), rather than all of it.
	Embedded bool

	// Required tells references that their document, or their record in the
	// metadata, cannot do without (the dataset of a visual, the principal of
	// a grant) from those that can be dropped (an owner, a tag, a folder).
	Required bool

	// Subject marks whom a rule of row security applies to. Dropping one can
	// widen what somebody sees, so an unresolved subject blocks its model.
	Subject bool
}

// A Definition is one place of a document that gives something its identity.
type Definition struct {
	Pointer string // RFC 6901, of the string that holds the identifier
	Line    int    // 1-based; 0 when not known
	Kind    RefKind
	ID      string
}

// References returns what doc refers to, in document order; an object's
// members count in the order in which they stand. The document must be
// readable, that is pass the strict syntax check, but need not be valid:
// members of a wrong type are passed over. A syntax fault is a
// [*ValidationError].
func References(kind Kind, doc []byte) (refs []Reference, err error) {
	use(kind, doc, func(d *Document) { refs, err = d.References() })
	return refs, err
}

// Definitions returns what doc defines, under the same terms as [References].
func Definitions(kind Kind, doc []byte) (defs []Definition, err error) {
	use(kind, doc, func(d *Document) { defs, err = d.Definitions() })
	return defs, err
}

// IsBuiltinRole reports whether every tenant has the role id without
// declaring it: viewer, editor, admin and owner.
func IsBuiltinRole(id string) bool {
	switch id {
	case "viewer", "editor", "admin", "owner":
		return true
	}
	return false
}
