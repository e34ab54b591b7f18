package residency

import (
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Format is the version of policies that this package reads.
const Format = "1.0"

// A Policy says where archives of which data may go. [Parse] makes one; it is
// not changed afterwards, and safe for concurrent use.
type Policy struct {
	Places []Place // the first that has an address declares where it is
	Rules  []Rule  // the first that is for the data decides
}

// A Place declares where addresses are.
type Place struct {
	Name          string
	Country       string   // ISO 3166-1 alpha-2
	Jurisdictions []string // whose law applies there; at least one
	Region        string   // as the provider calls it; may be empty
	At            []Address
}

// A Rule permits destinations to data.
type Rule struct {
	Name string
	When Condition
	// Anywhere permits every destination that Deny does not list, also those
	// that no place declares; Allow is empty then.
	Anywhere bool
	Allow    []Description // any of which permits a destination; none permits none
	Deny     []Description // any of which refuses it, whatever else permits it
}

// A Condition selects data: all that is stated must hold. The zero value
// selects everything.
type Condition struct {
	Tenants       []string // globs over ids: * stands for any characters, ? for one
	Countries     []string // the data lies in one of them
	Jurisdictions []string // the law of one of them applies to the data
}

// A Description selects destinations: all that is stated must hold. At least
// one member is.
type Description struct {
	Places        []string // it is in one of these
	Countries     []string
	Jurisdictions []string // the law of one of them applies there
	Regions       []string
	At            []Address // it has one of these addresses
}

// Data is what rules ask about the data that is to go somewhere. Empty fields
// are not known.
type Data struct {
	Tenant       string // id
	Country      string // ISO 3166-1 alpha-2
	Jurisdiction string
}

// DataOfTenant describes the data of a tenant as its store does.
func DataOfTenant(info tenant.Info) Data {
	d := Data{Tenant: info.ID, Jurisdiction: info.Jurisdiction}
	if info.Residency != nil {
		d.Country = info.Residency.Country
	}
	return d
}

// DataOfArchive describes the data in an archive as its manifest does.
func DataOfArchive(m *manifest.Manifest) (Data, error) {
	d := Data{Tenant: m.Tenant.ID, Jurisdiction: m.Tenant.Jurisdiction}
	r, err := m.DataResidency()
	if err != nil || r == nil {
		return d, err
	}
	return d.Stated(r), nil
}

// Stated returns d with what r says; r may be nil.
func (d Data) Stated(r *manifest.Residency) Data {
	if r == nil {
		return d
	}
	d.Country = r.Country
	if r.Jurisdiction != "" {
		d.Jurisdiction = r.Jurisdiction
	}
	return d
}
