// Package residency reads policies that say where archives of a tenant may go,
// and holds destinations against them before the first byte is written.
//
// A policy is one YAML or JSON document (docs/residency.md). It declares
// places: addresses of stores, with the country and the jurisdictions that they
// are in, because no address says that by itself. And it has rules: which data
// each is for, and which destinations that data may have. The first rule that is
// for the data decides. Whatever is not known counts as not permitted: data that
// no rule is for, a destination that no place declares, a fact about the data that
// a rule asks for and nobody has stated.
//
// A policy guards against mistakes of those who follow it. It is no access
// control: whoever holds an archive and is not bound by it can copy the archive.
//
// The package makes no network call. It resolves symbolic links of local paths,
// and otherwise takes addresses as they are written.
package residency
