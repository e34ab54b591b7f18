package sqlstore

import (
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

// scans returns how often the session has read the table of the tests' rows from
// front to back, and by its key.
func scans(t *testing.T, s *session) (sequential, keyed int) {
	t.Helper()
	_, err := s.query(t.Context(), func(scan scanFunc) error { return scan(&sequential, &keyed) }, `
		SELECT COALESCE(SUM(seq_scan), 0), COALESCE(SUM(idx_scan), 0) FROM pg_stat_xact_user_tables
		WHERE schemaname = current_schema() AND relname LIKE 'rows\_%'`)
	if err != nil {
		t.Fatal(err)
	}
	return sequential, keyed
}

// TestOrderOfRowsThatMoved reads rows that do not lie in their order, although
// nothing says that they were changed: a superuser can go past the triggers.
func TestOrderOfRowsThatMoved(t *testing.T) {
	db, at, _ := withRoles(t)
	s := newTenant(t, db, acme)
	const schema = "id int64 not null, name string"
	file := rowsFile(t, schema, []any{1, "a"}, []any{2, "b"}, []any{3, "c"})
	const past, end = "SET session_replication_role = replica; ", "; RESET session_replication_role"
	for step, c := range []struct {
		name, sql         string
		sequential, keyed int // scans of one reading
	}{
		{"as it was loaded", "SELECT", 1, 0},
		{"moved unseen", past + "UPDATE %s SET name = name WHERE id = 1" + end, 1, 1},
		{"moved back", past + "UPDATE %s SET name = name WHERE id = 1; UPDATE %s SET name = name WHERE id = 2; UPDATE %s SET name = name WHERE id = 3" + end, 1, 0},
		{"moved", "UPDATE %s SET name = name WHERE id = 1", 0, 1},
	} {
		store(t, s, step, map[string]string{rowsPath: string(file)})
		at.database.Exec(t, strings.ReplaceAll(c.sql, "%s", "oa_archive.rows_"+rowsID(t, at.database, acme.ID)))
		wantRows(t, s, file)

		src, err := s.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		session := src.(*snapshot).session
		sequentialBefore, keyedBefore := scans(t, session)
		for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Name != rowsName {
				continue
			}
			if got, err := read(t.Context(), e); err != nil || string(got) != string(file) {
				t.Errorf("%s: the rows are %d bytes, %v", c.name, len(got), err)
			}
		}
		sequential, keyed := scans(t, session)
		sequential, keyed = sequential-sequentialBefore, keyed-keyedBefore
		if sequential != c.sequential || keyed != c.keyed {
			t.Errorf("%s: the table was read %d times as it lies and %d times by key, want %d and %d", c.name, sequential, keyed, c.sequential, c.keyed)
		}
		var scanning string
		if _, err := session.query(t.Context(), func(scan scanFunc) error { return scan(&scanning) }, "SELECT current_setting('enable_seqscan')"); err != nil || scanning != "off" {
			t.Errorf("%s: afterwards enable_seqscan is %q, %v", c.name, scanning, err)
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}
