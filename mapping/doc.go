// Package mapping reads and writes mapping files: who and what of a target
// tenant stands for the users, teams, roles, connections and workspaces of an
// archive.
//
// A mapping file is one YAML document that people edit. It is read in the
// narrow dialect of models (package internal/strictyaml): no anchors, aliases,
// tags or duplicate keys. Its schema is schema/v1/mapping.json
// (schema.KindMapping), and docs/mapping.md describes it with examples.
//
// Each kind has a [Section]: rules by which stand-ins are found, what becomes
// of those for whom none is found, and entries that go before the rules. An
// entry whose target is blank says nothing: the rules decide, as if it were
// not there. That is what a file that was written for filling in begins with.
//
// The package knows nothing of any tenant. Whether a target exists is for
// package restore to say.
package mapping
