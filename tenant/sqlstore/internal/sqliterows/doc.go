// Package sqliterows keeps the rows of a dataset in a table of SQLite and
// gives them back as they were: the values of every type that docs/rows.md
// lists, in their order, so that the Parquet file written from the table is,
// byte for byte, the canonical file of the rows that went in.
//
// A [Table] is the shape of such a table. It is STRICT, has a column for each
// of the schema's, and one more, [Ordinal], that holds the order of the rows.
// Its columns are called as the schema's are wherever SQLite can tell them
// apart: it compares names without regard to the case of ASCII letters, so the
// second of two such names gets a number. The schema's text, which the caller
// keeps, has the true names.
//
// [Table.Load] stores record batches, [Reader] makes them again, in memory
// bounded by a batch. Both work on a driver's connection, because database/sql
// would take longer per value than SQLite does. Transactions are the caller's,
// and so is the time at which a change of rows is noted: see [Table.Triggers].
package sqliterows
