// Package pgrows moves rows between Parquet and PostgreSQL's binary COPY: it
// names the columns of the table that holds a dataset's rows, encodes record
// batches as COPY reads them (Reader), and decodes what COPY writes (Decoder).
// docs/rows.md says which type becomes which, and what is refused.
//
// The format is that of "Binary Format" under COPY in PostgreSQL's manual: a
// header, then for each row the number of fields, and for each field its length
// and its value in network order; a length of -1 is null.
package pgrows
