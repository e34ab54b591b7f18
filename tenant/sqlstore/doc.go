// Package sqlstore keeps tenants in an SQL database: SQLite, in one file that
// can hold several tenants.
//
// Documents keep their exact bytes; what the tables say beside them (kind,
// workspace, name, owner) is there to be queried. Content of up to 1 MiB lies
// in its document's row, larger content in pieces of 1 MiB, streamed in and
// out, so memory does not depend on its size.
//
// A snapshot is one read transaction: it sees what was committed before it,
// for as long as it is open, and holds nobody up. It does keep the database
// from shrinking its log (the -wal file beside it), so close it. An import is
// one write transaction. SQLite has one writer at a time, so imports into
// different tenants of one database wait for each other.
//
// Packages of this module that do not need a database do not import this one.
package sqlstore
