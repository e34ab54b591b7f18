package main

import (
	"context"
	"fmt"
)

// database is the connection string of one of the server's databases.
func database(name string) string { return "postgres://oa@/" + name + "?host=$PGHOST" }

// fresh makes a database anew, and lets the server finish what it has to write.
func fresh(name string) string {
	return fmt.Sprintf(`psql -qX -d postgres -c "DROP DATABASE IF EXISTS %s WITH (FORCE)" -c "CREATE DATABASE %[1]s" -c CHECKPOINT`, name)
}

// table makes a tenant with one dataset of rows in PostgreSQL, which the jobs on
// rows take out and bring in. $TABLE is its table there.
func table(ctx context.Context, s *stage) error {
	path, err := flights()
	if err != nil {
		return err
	}
	if err := s.startServer(ctx); err != nil {
		return err
	}
	err = s.need(ctx, "corpus/table",
		"rm -rf corpus/table.new && mkdir corpus/table.new",
		`echo '{"id":"flights","name":"Flights"}' >corpus/table.new/tenant.json`,
		fmt.Sprintf("bench make table %d %s corpus/table.new", s.scale.TableRows, quoted(path)),
		"mv corpus/table.new corpus/table")
	if err != nil {
		return err
	}
	return s.need(ctx, "seed.oa-archive",
		fresh("one"),
		"oa-archive create --unsigned --from dir:corpus/table --rows -o seed.oa-archive --quiet",
		`oa-archive import seed.oa-archive --allow-unsigned --into "`+database("one")+`" --create-tenant --rows --quiet`)
}

// flat makes the same rows a plain table with a primary key, for pg_dump: what
// the store adds to its tables would not restore without the rest.
func flat(ctx context.Context, s *stage) error {
	return s.need(ctx, "flat.done",
		`psql -qX -d one -c "SET oa_archive.tenant = 'flights'" -c "DROP TABLE IF EXISTS flat" -c "CREATE TABLE flat AS SELECT * FROM $TABLE" -c "ALTER TABLE flat ADD PRIMARY KEY (oa_row)" -c "VACUUM ANALYZE flat" && touch flat.done`)
}

const dump = "pg_dump -Fc -d one -t flat -f table.dump"

// named sets $TABLE once the rows are in the database.
func named(ctx context.Context, s *stage) error {
	if s.settings["TABLE"] != "" {
		return nil
	}
	id, err := s.output(ctx, `psql -qtAX -d one -c "SET oa_archive.tenant = 'flights'" -c "SELECT id FROM oa_archive.documents WHERE kind = 'rows'"`)
	s.set("TABLE", "oa_archive.rows_"+id)
	return err
}

func corpusOfTable(s scale) string {
	return fmt.Sprintf("%s flights of flights-3m.parquet in a table of PostgreSQL, 5 columns and the number of the row", grouped(s.TableRows))
}

const postgresNotes = "The server has its own settings, `fsync` among them, and runs on the same cores; what it computes stands beside what the command does. "

func rowsOut(s scale) job {
	command := `oa-archive create --unsigned --from "` + database("one") + `" --rows -o table.oa-archive --quiet`
	copied := `psql -qX -d one -c "SET oa_archive.tenant = 'flights'" -c "\\copy (SELECT * FROM $TABLE) TO 'table.copy'"`
	return job{
		name: "rows-out", title: "Rows out of PostgreSQL", corpus: corpusOfTable(s), rounds: s.rounds(3),
		notes:   postgresNotes + "oa-archive writes Parquet and hashes it, `\\copy` text.",
		prepare: []step{keys, table, named, flat},
		variants: []variant{
			{name: ours, command: command, before: "rm -f table.oa-archive", output: "table.oa-archive", server: true},
			{name: `psql \copy`, command: copied, before: "rm -f table.copy", output: "table.copy", server: true},
			{name: "pg_dump -Fc", command: dump, before: "rm -f table.dump", output: "table.dump", server: true, rounds: s.rounds(2)},
		},
		aims: []aim{
			{text: "at most 1.3 × the time of `psql \\copy`", against: `psql \copy`, metric: wall, most: 1.3},
			{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
		},
	}
}

func rowsIn(s scale) job {
	const empty = `psql -qX -d one -c "SET client_min_messages = warning" -c "DROP TABLE IF EXISTS plain" -c "CREATE TABLE plain (LIKE $TABLE)"`
	const plain = empty + " -c CHECKPOINT"
	const primaryKey = ` -c "ALTER TABLE plain ADD PRIMARY KEY (oa_row)"`
	const copyIn = `psql -qX -d one -c "\\copy plain FROM 'table.copy'"`
	return job{
		name: "rows-in", title: "Rows into PostgreSQL", corpus: corpusOfTable(s), rounds: s.rounds(3),
		notes: postgresNotes + "The import verifies the archive, makes a primary key over the number of the row, and reads the table back before it commits; " +
			"`\\copy` does neither. The bare table has no key; the same table has one, which is made after `\\copy` or is there before it. " +
			"`pg_restore` makes the primary key too.",
		prepare: []step{keys, table, named, flat,
			func(ctx context.Context, st *stage) error {
				return st.need(ctx, "table.copy", `psql -qX -d one -c "SET oa_archive.tenant = 'flights'" -c "\\copy (SELECT * FROM $TABLE) TO 'table.copy'"`)
			},
			func(ctx context.Context, st *stage) error {
				return st.need(ctx, "table.dump", dump)
			},
		},
		variants: []variant{
			{name: ours, command: `oa-archive import seed.oa-archive --allow-unsigned --into "` + database("two") + `" --create-tenant --rows --quiet`, before: fresh("two"), server: true},
			{name: `psql \copy`, command: copyIn, before: plain, server: true},
			{name: `psql \copy, primary key`, command: copyIn + primaryKey, before: plain, server: true},
			{name: `psql \copy, key in place`, command: copyIn, before: empty + primaryKey + " -c CHECKPOINT", server: true},
			{name: "pg_restore", command: `pg_restore -d three table.dump`, before: fresh("three"), server: true, rounds: s.rounds(2)},
		},
		aims: []aim{
			{text: "at most 1.3 × the time of `psql \\copy` into the same table, its key made at the end", against: `psql \copy, primary key`, metric: wall, most: 1.3},
			{text: "at most 1.3 × the time of `psql \\copy` into a bare table", against: `psql \copy`, metric: wall, most: 1.3},
			{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
		},
	}
}

const importNotes = "The import verifies every signature, plans, checks references and rights, writes, and proves in the same transaction what the tenant holds. "

func importPostgres(s scale) job {
	return job{
		name: "import-postgres", title: "Import documents into PostgreSQL", corpus: corpusOfDocuments(s), rounds: s.rounds(3),
		notes: importNotes + "The bare COPY is of the same files, path and content of each, into a table without a key. " + postgresNotes,
		prepare: []step{keys, documents("documents", s.Documents), archived("documents", ""),
			func(ctx context.Context, st *stage) error { return st.startServer(ctx) },
			func(ctx context.Context, st *stage) error {
				return st.need(ctx, "documents.copy", "bench make copy corpus/documents documents.copy")
			}},
		variants: []variant{
			{name: ours, command: `oa-archive import documents.oa-archive --into "` + database("docs") + `" --create-tenant --quiet`, before: fresh("docs"), server: true},
			{name: "bare COPY", command: `psql -qX -d bare -c "\\copy bare FROM 'documents.copy' (FORMAT binary)"`, before: fresh("bare") + ` && psql -qX -d bare -c "CREATE TABLE bare (path TEXT, content BYTEA)"`, server: true},
		},
		aims: importAims("bare COPY"),
	}
}

func importSQLite(s scale) job {
	return job{
		name: "import-sqlite", title: "Import documents into SQLite", corpus: corpusOfDocuments(s), rounds: s.rounds(3),
		notes:   importNotes + "The bare insert is a prepared statement in one transaction, through the same driver and as safe (`synchronous=FULL`).",
		prepare: []step{keys, documents("documents", s.Documents), archived("documents", "")},
		variants: []variant{
			{name: ours, command: "oa-archive import documents.oa-archive --into sqlite:documents.db --create-tenant --quiet", before: "rm -f documents.db*", output: "documents.db"},
			{name: "prepared insert", command: "bench make sqlite corpus/documents bare.db", before: "rm -f bare.db*", output: "bare.db"},
		},
		aims: importAims("prepared insert"),
	}
}

func importAims(against string) []aim {
	return []aim{
		{text: "at most 2 × the time of a " + against + " of the same bytes", against: against, metric: wall, most: 2},
		{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
	}
}
