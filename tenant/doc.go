// Package tenant is the model of a tenant as the archive sees it: an ordered
// set of entries (documents, rows, files) with the paths of package layout.
//
// A service that wants to export its tenants implements [Source]; one that
// wants to import implements [Target]. Package tenanttest holds the suite
// that shows an implementation to be right. Packages dirstore and sqlstore
// implement both.
package tenant
