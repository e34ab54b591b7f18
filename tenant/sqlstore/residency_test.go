package sqlstore

import (
	"reflect"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

// TestResidencyBySQL: services and people write the column by SQL.
func TestResidencyBySQL(t *testing.T) {
	db, err := CreateSQLite(t.Context(), t.TempDir()+"/acme.db")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	newTenant(t, db, acme)
	set := func(text string) error {
		if _, err := db.pool.ExecContext(t.Context(), "UPDATE tenants SET residency = ?", text); err != nil {
			t.Fatal(err)
		}
		_, err := db.Tenant(t.Context(), "acme")
		return err
	}
	for text, want := range map[string]string{
		`{"country": "DE"}`: `column residency of tenant "acme": residency: exceptions is missing`,
		`{"country": "DE", "exceptions": [], "regions": []}`:      "unknown",
		`{"country": "de", "exceptions": []}`:                     "two capital letters",
		`{"country": "DE", "country": "US", "exceptions": []}`:    "duplicate",
		`{"country": "DE", "exceptions": [{"country": "US"}]}`:    "sub_processor is empty",
		`{"country": "DE", "exceptions": []} {"country": "US"}`:   "after top-level value",
		`{"country": "DE", "exceptions": [{"subprocessor": ""}]}`: "unknown",
	} {
		wantError(t, set(text), want)
	}
	if err := set(`{"country": "DE", "exceptions": []}`); err != nil {
		t.Fatal(err)
	}
	all, err := db.Tenants(t.Context())
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0].Residency, &tenant.Residency{Country: "DE", Exceptions: []tenant.Exception{}}) {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestPostgresAddresses(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGPORT", "PGDATABASE", "PGSERVICE", "PGSSLMODE"} {
		t.Setenv(name, "")
	}
	for dsn, want := range map[string][]PostgresAddress{
		"postgres://u:p@db.eu.example/acme":                        {{"db.eu.example", 5432, "acme"}},
		"postgres://u@db.eu.example/acme?host=db.us.example":       {{"db.us.example", 5432, "acme"}},
		"postgres://u@a.example:1,b.example:2/acme?sslmode=prefer": {{"a.example", 1, "acme"}, {"b.example", 2, "acme"}},
		"postgres://u@/acme?host=/run/postgresql&port=6432":        {{"/run/postgresql", 6432, "acme"}},
	} {
		if got, err := PostgresAddresses(dsn); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s leads to %+v, %v; want %+v", dsn, got, err, want)
		}
	}
	t.Setenv("PGHOST", "db.us.example")
	if got, err := PostgresAddresses("postgres:///acme?user=u"); err != nil || len(got) != 1 || got[0].Host != "db.us.example" {
		t.Errorf("the environment is not asked: %+v, %v", got, err)
	}
	_, err := PostgresAddresses("postgres://u:s3cret@h:x/acme")
	wantError(t, err, "cannot be read")
}
