//go:build norows

package sqlstore

func postgresRows() rowTables { return nil }
