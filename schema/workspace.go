package schema

import (
	"iter"

	"github.com/oneanalytics/oa-archive/layout"
)

// CheckWorkspace checks what the documents of one workspace say about each
// other: every reference has its target, every dataset its record and its
// model, every document the ids of its path. It takes documents of the kinds
// metadata, model, report and alert in any order and passes over other kinds
// (rows and files are checked by their presence). Contents are not kept after
// their turn.
//
// Each document should have passed [Validate]; one that cannot be read is
// reported as a problem. Problems that concern principals not declared in the
// metadata are warnings, since principals belong to the tenant. Problems come
// in canonical order of the paths; nil means that there is none.
func CheckWorkspace(docs iter.Seq2[layout.Name, []byte]) []Problem {
	return nil
}
