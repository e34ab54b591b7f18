package restore

import (
	"slices"

	"github.com/oneanalytics/oa-archive/schema"
)

// refKind is a kind of reference in a byte: an index holds very many.
type refKind uint8

// refKinds are the kinds of what stands outside of documents, or of parts of
// reports.
var refKinds = []schema.RefKind{
	schema.RefWorkspace, schema.RefDataset, schema.RefReport, schema.RefAlert, schema.RefFile, schema.RefFolder, schema.RefTag,
	schema.RefSavedQuery, schema.RefGrant, schema.RefUser, schema.RefTeam, schema.RefRole, schema.RefLink, schema.RefEmbed,
	schema.RefConnection, schema.RefPage, schema.RefVisual, schema.RefBookmark,
}

// refKindOf panics for kinds that indexes do not hold: those of what stands in
// models, and secrets.
func refKindOf(k schema.RefKind) refKind {
	i := slices.Index(refKinds, k)
	if i < 0 {
		panic("restore: no reference of an index is of the kind " + string(k))
	}
	return refKind(i)
}

func (k refKind) kind() schema.RefKind { return refKinds[k] }
