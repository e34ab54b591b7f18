package testkit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/oneanalytics/oa-archive/tenant"
)

// Options say how large a tenant is. The zero value is a tenant of
// [DefaultDocuments] documents. A count that is zero is derived from
// Documents, and one that is negative stands for none.
type Options struct {
	Seed   uint64
	Tenant tenant.Info // the zero value: made up from the seed

	// Documents is the number of entries without rows and audit trail:
	// metadata, models, reports, alerts and files together. Where any of the
	// counts below is set, the total is what they make it.
	Documents  int
	Workspaces int // default: one for 250 documents
	Datasets   int // default: a fifth of the documents; at least one a workspace
	Reports    int // default: what is left
	Alerts     int // default: fifteen in a hundred
	Files      int // default: fifteen in a thousand

	Users       int // of the tenant; default: one for twenty documents, at least five
	AuditEvents int // default: five a document
	Rows        int // of each dataset, as Parquet; default: 200
}

// DefaultDocuments is the number of documents where [Options] say none.
const DefaultDocuments = 500

// MaxCount is the largest count that [Options] may state.
const MaxCount = 1 << 30

// withDefaults fills in what is derived.
func (o Options) withDefaults() (Options, error) {
	for _, n := range []int{o.Documents, o.Workspaces, o.Datasets, o.Reports, o.Alerts, o.Files, o.Users, o.AuditEvents, o.Rows} {
		if n > MaxCount {
			return o, fmt.Errorf("testkit: a count of %d is above %d", n, MaxCount)
		}
	}
	derive := func(count *int, otherwise int) {
		if *count == 0 {
			*count = otherwise
		}
		*count = max(*count, 0)
	}
	derive(&o.Documents, DefaultDocuments)
	derive(&o.Workspaces, max(1, o.Documents/250))
	derive(&o.Datasets, max(o.Workspaces, o.Documents/5))
	derive(&o.Alerts, o.Documents*3/20)
	derive(&o.Files, o.Documents*3/200)
	derive(&o.Reports, max(0, o.Documents-o.Workspaces-o.Datasets-o.Alerts-o.Files))
	derive(&o.Users, max(5, o.Documents/20))
	derive(&o.AuditEvents, o.Documents*5)
	derive(&o.Rows, 200)
	switch {
	case o.Workspaces == 0:
		return o, errors.New("testkit: a tenant needs a workspace")
	case o.Datasets < o.Workspaces:
		return o, fmt.Errorf("testkit: %d datasets are too few for %d workspaces; each needs one", o.Datasets, o.Workspaces)
	case o.Users < 5:
		return o, fmt.Errorf("testkit: %d users are too few; at least five are needed", o.Users)
	}
	if o.Tenant == (tenant.Info{}) {
		o.Tenant = madeUp(o.Seed)
	}
	if err := o.Tenant.Check(); err != nil {
		return o, fmt.Errorf("testkit: %w", err)
	}
	return o, nil
}

// madeUp returns the tenant of a seed.
func madeUp(seed uint64) tenant.Info {
	d := seeded(seed, forTenant, 0, 0, 0)
	homes := [...][2]string{{"eu-central-1", "DE"}, {"eu-north-1", "NO"}, {"eu-west-3", "FR"}, {"ap-northeast-1", "JP"}}
	name, home := d.pick(words().companies), homes[d.below(len(homes))]
	return tenant.Info{ID: slug(name) + "-" + strconv.FormatUint(seed, 36), Name: name, Region: home[0], Jurisdiction: home[1]}
}

// slug returns the ASCII letters of a name in lower case, with hyphens between
// its words.
func slug(name string) string {
	var out []byte
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z':
			out = append(out, c)
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	return strings.Trim(string(out), "-")
}

// A Mutation says how a tenant's second state differs. Shares are of the
// assets of each kind, from 0 to 1. Each asset is drawn by itself, so the
// counts are near the shares, not equal to them.
type Mutation struct {
	Seed    uint64  // different seeds change different assets
	Changed float64 // of models, reports, alerts and files
	Added   float64
	Removed float64 // at most MaxRemoved
}

// MaxRemoved is the largest share that a [Mutation] may remove: the rest are
// assets to which others refer, or may.
const MaxRemoved = 0.25

func (m Mutation) check() error {
	if !(m.Changed >= 0 && m.Added >= 0 && m.Added <= 1 && m.Removed >= 0 && m.Removed <= MaxRemoved && m.Changed+m.Removed <= 1) {
		return fmt.Errorf("testkit: a mutation of %v changed, %v added and %v removed: shares are from 0 to 1, at most %v removed", m.Changed, m.Added, m.Removed, MaxRemoved)
	}
	return nil
}

// share turns a share into a bound for 32 random bits.
func share(f float64) uint64 { return uint64(f * (1 << 32)) }
