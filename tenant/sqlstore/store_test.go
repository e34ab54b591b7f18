package sqlstore

import (
	"path/filepath"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/tenanttest"
)

func TestKeepsEveryPromise(t *testing.T) {
	tenanttest.Run(t, func(tb testing.TB, info tenant.Info) tenanttest.Subject {
		db, err := CreateSQLite(tb.Context(), filepath.Join(tb.TempDir(), "tenants.db"))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := db.Close(); err != nil {
				tb.Error(err)
			}
		})
		if err := db.CreateTenant(tb.Context(), info); err != nil {
			tb.Fatal(err)
		}
		s, err := db.Tenant(tb.Context(), info.ID)
		if err != nil {
			tb.Fatal(err)
		}
		return s
	})
}
