// Package testkit makes up tenants: of any size, alike to real ones, and the
// same bytes for the same options on every machine and with every version of
// Go. They are for benchmarks, for tests of what only shows at size, and for
// people who want to see what a large archive does.
//
// # What a tenant is like
//
// Workspaces are of very different sizes. Their datasets come from ten fields
// of business with tables, dimensions and measures of their own; models are
// YAML as people write it, with comments, in several styles; reports query what
// their models define and lead to one another; metadata records everything.
// People, places and texts are of many languages and scripts. Sizes are skewed
// as they are in life: a report has 4 KB in the median, and one in ten thousand
// more than 150 KB. [Options] says how much there is of each.
//
// Every document passes [schema.Validate], and every workspace
// [schema.CheckWorkspace] without even a warning.
//
// # How it is made
//
// Nothing is stored. An asset is a slot, a number below the count of its kind
// in its workspace; its identifier is built so that identifiers are in the
// order of slots and a slot can be read off its identifier; and its content is
// drawn from a generator seeded by the tenant's seed, the workspace and the
// slot. So any entry can be opened without those before it, memory does not
// depend on the tenant's size, and contents may be made on all cores. What
// documents must agree on (the fields of a dataset, its version, the size and
// digest of a file) is computed again by each that needs it.
//
// Arithmetic is on integers alone, and nothing depends on the order of a map.
//
// # A second state
//
// [Source.Mutate] gives the state of the same tenant some time later: a stated
// share of assets is changed, added and removed. The rest keeps its bytes, but
// for the metadata of workspaces in which something changed.
//
// [schema.Validate]: https://pkg.go.dev/github.com/oneanalytics/oa-archive/schema#Validate
// [schema.CheckWorkspace]: https://pkg.go.dev/github.com/oneanalytics/oa-archive/schema#CheckWorkspace
package testkit
