package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// TestFailingDiskBelowSQLite lets the disk fail under an import that overwrites
// and adds to a database that is in use, and looks at the database afterwards: it
// is sound and holds what it held before, or all of what it should hold.
func TestFailingDiskBelowSQLite(t *testing.T) {
	s := newFaultStage(t)
	s.fresh(t)
	run := func(line string) {
		t.Helper()
		if code, said, _ := traced(t, s.dir, "trace=none", strings.Fields(line)...); code != 0 {
			t.Fatalf("%s: %s", line, said)
		}
	}
	run("create --from dir:tenant -o before.oa-archive --unsigned --quiet")
	run("import before.oa-archive --into sqlite:seed.db --create-tenant --allow-unsigned --quiet")
	s.editReports(t)
	run("create --from dir:tenant -o after.oa-archive --unsigned --quiet")
	const work = "import after.oa-archive --into sqlite:target/t.db --on-conflict overwrite --confirm halvorsen-cycles --allow-unsigned --quiet"
	prepare := func() (path string) {
		t.Helper()
		s.fresh(t)
		path = filepath.Join(s.dir, "target", "t.db")
		seed, err := os.ReadFile(filepath.Join(s.dir, "seed.db"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, seed, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	before := soundState(t, prepare(), "at first")
	path := prepare()
	run(work)
	after := soundState(t, path, "without a fault")
	if before == after {
		t.Fatal("the import changes nothing")
	}
	outcomes := map[string]int{}
	for _, fault := range []string{"pwrite64:ENOSPC", "pwrite64:EIO", "fsync:EIO", "fdatasync:EIO", "pread64:EIO", "ftruncate:EIO", "unlink:EIO"} {
		call, code, _ := strings.Cut(fault, ":")
		step := 1
		if testing.Short() {
			step = 5
		}
		for n := 1; n <= 24; n += step {
			path := prepare()
			what := fmt.Sprintf("%s of %s %d", code, call, n)
			exit, said, trace := traced(t, s.dir, fmt.Sprintf("trace=%s inject=%[1]s:error=%s:when=%d", call, code, n), strings.Fields(work)...)
			if !strings.Contains(trace, "INJECTED") {
				break
			}
			if strings.Contains(said, "goroutine ") {
				t.Fatalf("%s: it crashes:\n%s", what, said)
			}
			if exit != 0 && said == "" {
				t.Errorf("%s: code %d without a word", what, exit)
			}
			switch soundState(t, path, what) {
			case before:
				if exit == 0 {
					t.Errorf("%s: ended well, but nothing is there", what)
				}
				outcomes["before"]++
			case after:
				outcomes["after"]++
			default:
				t.Errorf("%s: the database holds neither what it held nor what it should hold; code %d\n%s", what, exit, said)
			}
		}
	}
	t.Logf("%v", outcomes)
	if outcomes["before"] == 0 {
		t.Error("no fault stopped the import: the test does not test")
	}
}

// editReports changes every report of the tenant in place.
func (s faultStage) editReports(t *testing.T) {
	t.Helper()
	reports, err := filepath.Glob(filepath.Join(s.dir, "tenant", "workspaces", "*", "reports", "*.json"))
	if err != nil || len(reports) == 0 {
		t.Fatal(len(reports), err)
	}
	for _, report := range reports {
		doc, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(report, bytes.Replace(doc, []byte(`"name": "`), []byte(`"name": "Edited `), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// soundState opens a database as the next program does, has SQLite check it, and
// returns a digest of what it holds, its journal of imports left out.
func soundState(t *testing.T, path, what string) string {
	t.Helper()
	ctx := context.Background()
	db, err := sqlstore.OpenSQLite(ctx, path)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	store, err := db.Tenant(ctx, "halvorsen-cycles")
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	sum := sha256.New()
	for e, err := range store.Target().Inventory(ctx) {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		fmt.Fprintf(sum, "%s %s\n", e.Digest, e.Name)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	raw, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var verdict string
	if err := raw.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("%s: the database is broken: %s, %v", what, verdict, err)
	}
	rows, err := raw.Query("PRAGMA foreign_key_check")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() || rows.Err() != nil {
		t.Fatalf("%s: a reference leads nowhere, %v", what, rows.Err())
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
