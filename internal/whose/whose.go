// Package whose turns what a store says of its tenant into what a manifest
// says of it, and back.
package whose

import (
	"cmp"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Manifest returns what the manifest of an archive of the tenant says; the
// residency is nil when the store does not state it.
func Manifest(info tenant.Info) (manifest.Tenant, *manifest.Residency) {
	t := manifest.Tenant{ID: info.ID, Name: info.Name, Region: info.Region, Jurisdiction: info.Jurisdiction}
	if info.Residency == nil {
		return t, nil
	}
	r := &manifest.Residency{Country: info.Residency.Country, Region: info.Region, Jurisdiction: info.Jurisdiction}
	for _, e := range info.Residency.Exceptions {
		r.Exceptions = append(r.Exceptions, manifest.ResidencyException{SubProcessor: e.SubProcessor, Country: e.Country, LegalBasis: e.LegalBasis, Purpose: e.Purpose})
	}
	return t, r
}

// Info returns the tenant that a manifest describes. The error is that of
// [manifest.Manifest.DataResidency], which no manifest has that was read.
func Info(m *manifest.Manifest) (tenant.Info, error) {
	info := tenant.Info{ID: m.Tenant.ID, Name: m.Tenant.Name, Region: m.Tenant.Region, Jurisdiction: m.Tenant.Jurisdiction}
	r, err := m.DataResidency()
	if err != nil || r == nil {
		return info, err
	}
	info.Region, info.Jurisdiction = cmp.Or(info.Region, r.Region), cmp.Or(info.Jurisdiction, r.Jurisdiction)
	info.Residency = &tenant.Residency{Country: r.Country, Exceptions: make([]tenant.Exception, 0, len(r.Exceptions))}
	for _, e := range r.Exceptions {
		info.Residency.Exceptions = append(info.Residency.Exceptions, tenant.Exception{SubProcessor: e.SubProcessor, Country: e.Country, LegalBasis: e.LegalBasis, Purpose: e.Purpose})
	}
	return info, nil
}
