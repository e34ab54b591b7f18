package cli

import (
	"cmp"

	"github.com/oneanalytics/oa-archive/tenant"
)

// clonesTenant reports whether the clone is to be a tenant of its own.
func (f *restoreFlags) clonesTenant() bool { return f.cloneAs != "" && f.createTenant }

// cloneTenantID is the id of that tenant: the clone's name, unless --tenant
// gives another.
func (f *restoreFlags) cloneTenantID() string { return cmp.Or(f.tenantID, f.cloneAs) }

func (f *restoreFlags) checkClone() error {
	if f.cloneAs != "" && f.updateClone != "" {
		return usagef("make a clone, or bring one up to date", "--clone-as and --update-clone exclude each other")
	}
	if !f.clonesTenant() {
		return nil
	}
	if err := (tenant.Info{ID: f.cloneTenantID(), Name: f.cloneAs}).Check(); err != nil {
		return usagef("pass --tenant ID with another id for the new tenant", "--clone-as %q: %w", f.cloneAs, err)
	}
	return nil
}
