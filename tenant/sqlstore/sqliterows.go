//go:build !norows

package sqlstore

// sqliteRows returns nil: SQLite keeps rows as the bytes of a file.
func sqliteRows() rowTables { return nil }
