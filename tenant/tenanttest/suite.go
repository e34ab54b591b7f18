package tenanttest

import (
	"context"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

// Subject is one tenant under test, which can be both read and changed.
type Subject interface {
	// Snapshot returns the tenant's present state.
	Snapshot(ctx context.Context) (tenant.Source, error)
	// Target returns the same tenant as what an import changes. It may also
	// implement [tenant.Journal], which is then tested.
	Target() tenant.Target
}

// OpenFunc makes a new blank tenant and arranges, with tb.Cleanup, for its
// removal. It reports trouble with tb.Fatal. What it returned before must
// keep working beside the new tenant.
type OpenFunc func(tb testing.TB, t tenant.Info) Subject

// patience bounds every wait of the suite, so that a store that never answers
// fails instead of hanging.
const patience = time.Minute

// Tenant is the description that the suite gives to most tenants.
var Tenant = tenant.Info{
	ID: "suite.1", Name: "Süß & Söhne", Region: "eu-central-1", Jurisdiction: "DE",
	Residency: &tenant.Residency{Country: "DE", Exceptions: []tenant.Exception{{SubProcessor: "Søk & \"Mail\" Inc.", Country: "US", LegalBasis: "SCC 2021/914", Purpose: "e-mail"}}},
}

// A promise is one property that every implementation has.
type promise struct {
	name  string
	check func(t *checker)
}

// promises lists them all in the order in which Run checks them.
func promises() []promise {
	var all []promise
	all = append(all, listingPromises...)
	all = append(all, selectionPromises...)
	all = append(all, contentPromises...)
	all = append(all, changePromises...)
	all = append(all, isolationPromises...)
	all = append(all, refusalPromises...)
	all = append(all, lockPromises...)
	all = append(all, journalPromises...)
	return all
}

// Run checks every promise, each in a subtest with a tenant of its own.
func Run(t *testing.T, open OpenFunc) {
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) { p.run(t, open) })
	}
}

func (p promise) run(tb testing.TB, open OpenFunc) {
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	p.check(&checker{TB: tb, ctx: ctx, open: open, subject: open(tb, Tenant)})
}

// A checker is what a promise works with: a blank tenant, and calls that fail
// the test where an implementation returns an error it should not.
type checker struct {
	testing.TB
	ctx     context.Context
	open    OpenFunc
	subject Subject
}
