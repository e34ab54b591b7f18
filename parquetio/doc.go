// Package parquetio reads and writes the rows of a dataset as Parquet, as a
// stream, in memory that depends neither on the number of rows nor on what a
// file claims.
//
// It has a small set of column types of its own (see [Type] and docs/rows.md),
// each of which Arrow and Parquet hold exactly. A [Schema] has a text form:
//
//	id int64 not null, price decimal(12,2), at timestamp(us, utc), tags list<string>
//
// # Writing
//
// A [Writer] takes Arrow record batches ([Writer.Write]) or rows of Go values
// ([Writer.AppendRow]), in any mixture. Equal rows in equal order give equal
// bytes: row groups end at rows that follow from the rows alone, and nothing of
// time or machine is written. [Copy] turns the file of another program into the
// file that this package would have written.
//
// # Reading
//
// [Open] checks the footer before anything is allocated for it, and
// [File.Batches] yields record batches of the columns and row groups asked for,
// reading only their bytes. Uncompressed sizes, dictionaries, counts and windows
// are all bounded by [Limits]; decoding happens on the calling goroutine, where
// a panic of the Parquet library becomes a [*DamageError]. Pages are taken apart
// here and not by that library, because its own reader lets a page decompress
// to more than its header states.
//
// What a file says is checked as it is read: a string is UTF-8, JSON is JSON, a
// decimal has no more digits than its type, an int8 fits eight bits, a time of
// day is one. A file that breaks a rule is refused at that row; it never
// becomes another value.
//
// # Values
//
// A [Vector] is a typed view of one column of a batch: numbers and bytes in
// place for those who encode them further, Go values ([Vector.Value]) for a
// database driver, and text ([Vector.AppendText], [Vector.AppendJSON]). A
// [Table] makes CSV and NDJSON of a batch.
package parquetio
