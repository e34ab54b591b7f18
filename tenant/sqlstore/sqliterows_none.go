//go:build norows

package sqlstore

// sqliteRows returns nothing: without Parquet rows stay the bytes of a file.
func sqliteRows() rowTables { return nil }
