// Package sqlstore keeps tenants in an SQL database: SQLite, in one file that
// can hold several tenants, or PostgreSQL, in one schema that can.
//
// Documents keep their exact bytes; what the tables say beside them (kind,
// workspace, name, owner) is there to be queried. Content of up to 1 MiB lies
// in its document's row, larger content in pieces of 1 MiB, streamed in and
// out, so memory does not depend on its size. Small documents are read ahead,
// and in PostgreSQL stored, many at a time, within fixed bounds.
//
// The rows of a dataset are a table, from which their Parquet file is made
// whenever it is read; docs/rows.md says how values are held. Programs that are
// built with the tag norows do not know Parquet, and keep the file's bytes.
//
// A snapshot is one read transaction: it sees what was committed before it,
// for as long as it is open, and holds nobody up. It does keep the database
// from cleaning up behind itself (SQLite its log, the -wal file; PostgreSQL dead
// rows), so close it. An import is one write transaction. SQLite has one writer
// at a time, so imports into different tenants of one database wait for each
// other; in PostgreSQL they do not.
//
// In PostgreSQL a context that ends while a statement runs interrupts it, and
// with it the transaction: a snapshot or import whose statement was interrupted
// is over, and says so. In SQLite statements run to their end, which is near.
//
// A dialect is what differs between the two; everything else is shared.
// Packages of this module that do not need a database do not import this one.
package sqlstore
