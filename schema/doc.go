// Package schema knows the documents of an archive: what each may hold, where
// one refers to another, and what makes a semantic model sound.
//
// # Documents
//
// There are eight kinds: the manifest, a workspace's metadata, a dataset's
// semantic model, reports, alerts, the lines of the audit trail, and the plan
// and the mapping file of a restore. Each has a JSON Schema (draft 2020-12), embedded here and
// returned by [JSON]. The schemas are their own documentation: every member
// has a description. Their $id values identify them and are never fetched.
//
// # Validation
//
// [Validate] reads the document strictly (package strictjson, and strictyaml
// for models and mappings), then holds it against its schema, then against the rules that
// a schema cannot state. It lists every [Problem] with its place, and a
// sentence that says what to do. [CheckWorkspace] adds the rules that span the
// documents of one workspace.
//
// Members that a schema does not name are always allowed: services add their
// own, and an archive keeps them. Validation never rewrites a document.
//
// # References
//
// Where a member refers to something else, its schema carries the keyword
// x-oa-ref; where a member gives something its identity, the keyword is
// x-oa-def. [References] and [Definitions] walk a document along its schema
// and return both, so no code that maps or rewrites identifiers keeps a list
// of members of its own. Free-form members (a visual's options, its layout)
// are not walked: identifiers in there are found by their spelling alone.
//
// # One pass
//
// [Parse] reads a document once, for callers that validate it, ask for its
// references and hand it to [CheckDocuments] besides.
//
// All functions are safe for concurrent use.
package schema
