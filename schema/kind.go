package schema

import "github.com/oneanalytics/oa-archive/layout"

// Kind names a kind of document.
type Kind string

// The kinds of documents. All are JSON but models and mapping files, which are
// YAML.
const (
	KindManifest   Kind = "manifest"
	KindMetadata   Kind = "metadata"
	KindModel      Kind = "model"
	KindReport     Kind = "report"
	KindAlert      Kind = "alert"
	KindAuditEvent Kind = "audit-event" // one line of audit/events.ndjson
	KindPlan       Kind = "plan"
	KindMapping    Kind = "mapping"

	KindUndoPlan     Kind = "undo-plan"
	KindInsurance    Kind = "insurance" // what an import did, in the archive of what it replaced
	KindImportResult Kind = "import-result"
)

// Kinds returns every kind, in the order in which the documentation treats them.
func Kinds() []Kind {
	return []Kind{
		KindManifest, KindMetadata, KindModel, KindReport, KindAlert, KindAuditEvent,
		KindPlan, KindMapping, KindUndoPlan, KindInsurance, KindImportResult,
	}
}

// KindOf returns the kind of document that entries of kind k hold; ok is
// false when they hold no single document (rows, files, the audit trail,
// extensions).
func KindOf(k layout.Kind) (kind Kind, ok bool) {
	switch k {
	case layout.Manifest:
		return KindManifest, true
	case layout.Metadata:
		return KindMetadata, true
	case layout.Model:
		return KindModel, true
	case layout.Report:
		return KindReport, true
	case layout.Alert:
		return KindAlert, true
	}
	return "", false
}
