// Package dirstore keeps a tenant as a folder in the archive's own layout,
// with plain files at plain paths that a person can read, edit and put under
// version control:
//
//	tenant.json           {"id": …, "name": …, "region": …, "jurisdiction": …, "residency": …}
//	workspaces/…          as package layout names them
//	audit/events.ndjson
//	extensions/…
//	.oa-archive/          the store's own: lock, staging, journal of imports
//
// # What else may stand in the folder
//
// Files and folders whose names begin with a dot are ignored. Whatever else
// has no path in the archive's grammar (a README.md, an editor's backup) is
// left alone and reported by the snapshot's Omissions, so that an archive says
// what it does not hold. Symbolic links, devices, pipes and sockets below
// workspaces, audit and extensions are errors, because following them would
// read what is not the tenant's. Nothing outside the folder is ever read or
// written.
//
// # Reading and importing at the same time
//
// An import stages its files below .oa-archive and takes effect at the moment
// at which one file, commit.json, appears there; then the staged files are
// renamed to their places. A process that dies in between leaves commit.json
// behind, and whoever opens the folder next finishes the renames. A snapshot
// remembers each file's size, time and identity, and reading one that has
// changed since is [tenant.ErrChanged]. docs/decisions/0010-directory-commit.md
// tells why.
//
// People who edit the folder while an import runs are not locked out: the lock
// binds only programs that use this package.
package dirstore
