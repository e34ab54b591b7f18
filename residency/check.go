package residency

import (
	"fmt"
	"slices"
	"strings"
)

// A Decision is a destination that a policy permits.
type Decision struct {
	Rule        string // name of the rule that decided
	Place       string // name of the place that declares it; empty when none does
	Destination string // as [Destination.String] writes it
}

// Check holds a destination against the policy: a FILE or STORE as the command
// line takes it ([ParseDestination]). A destination that is not permitted is a
// [*RefusedError]; so is one whose place cannot be told. Check looks at local
// paths for symbolic links, and at nothing else.
func (p *Policy) Check(data Data, destination string) (Decision, error) {
	d, err := ParseDestination(destination)
	if err != nil {
		return Decision{}, &RefusedError{Tenant: data.Tenant, Destination: shown(destination), Why: err.Error()}
	}
	refused := &RefusedError{Tenant: data.Tenant, Destination: d.String()}
	place := p.place(d)
	if place != nil {
		refused.Place = place.Name
	}
	rule, missing := p.rule(data)
	if rule == nil {
		refused.Why = "no rule is for it"
		return Decision{}, refused
	}
	refused.Rule = rule.Name
	if missing != "" {
		refused.Why = fmt.Sprintf("the rule depends on the %s of the data, and nothing states it", missing)
		return Decision{}, refused
	}
	if refused.Why = rule.refuses(d, place); refused.Why != "" {
		return Decision{}, refused
	}
	return Decision{Rule: rule.Name, Place: refused.Place, Destination: refused.Destination}, nil
}

// place returns the first place that has the destination, or nil.
func (p *Policy) place(d Destination) *Place {
	for i := range p.Places {
		if slices.ContainsFunc(p.Places[i].At, func(a Address) bool { return a.Has(d) }) {
			return &p.Places[i]
		}
	}
	return nil
}

// rule returns the first rule that is for the data, or that might be if a fact
// were known that nobody states.
func (p *Policy) rule(data Data) (rule *Rule, missing string) {
	for i := range p.Rules {
		if selects, missing := p.Rules[i].When.selects(data); selects {
			return &p.Rules[i], missing
		}
	}
	return nil, ""
}

func (c Condition) selects(data Data) (selects bool, missing string) {
	if len(c.Tenants) > 0 && !slices.ContainsFunc(c.Tenants, func(g string) bool { return matchGlob(g, data.Tenant) }) {
		return false, ""
	}
	for _, fact := range [...]struct {
		name, value string
		wanted      []string
	}{{"country", data.Country, c.Countries}, {"jurisdiction", data.Jurisdiction, c.Jurisdictions}} {
		switch {
		case len(fact.wanted) == 0:
		case fact.value == "":
			missing = fact.name
		case !containsFold(fact.wanted, fact.value):
			return false, ""
		}
	}
	return true, missing
}

// refuses says why the rule does not permit the destination, or nothing.
func (r *Rule) refuses(d Destination, place *Place) string {
	for _, description := range r.Deny {
		holds, unknown := description.holds(Address.Resembles, d, place)
		switch {
		case holds:
			return "the rule denies " + whereabouts(place)
		case unknown:
			return "the rule denies destinations by where they are, and the policy does not declare where this one is"
		}
	}
	if r.Anywhere {
		return ""
	}
	for _, description := range r.Allow {
		if holds, _ := description.holds(Address.Has, d, place); holds {
			return ""
		}
	}
	switch {
	case len(r.Allow) == 0:
		return "the rule lets it go nowhere"
	case place == nil:
		return "the rule does not allow it; no place of the policy declares where it is"
	}
	return "the rule does not allow " + whereabouts(place)
}

// whereabouts names a place for people.
func whereabouts(p *Place) string {
	if p == nil {
		return "this address"
	}
	of := append([]string{p.Country}, p.Jurisdictions...)
	return fmt.Sprintf("place %s (%s)", printable(p.Name), strings.Join(of, ", "))
}

// holds reports whether the destination is as described; has says how addresses
// are compared. unknown says that it would have to be declared to tell.
func (c Description) holds(has func(Address, Destination) bool, d Destination, place *Place) (holds, unknown bool) {
	if len(c.At) > 0 && !slices.ContainsFunc(c.At, func(a Address) bool { return has(a, d) }) {
		return false, false
	}
	located := len(c.Places) + len(c.Countries) + len(c.Jurisdictions) + len(c.Regions)
	if place == nil {
		return located == 0, located > 0
	}
	holds = (len(c.Places) == 0 || slices.Contains(c.Places, place.Name)) &&
		(len(c.Countries) == 0 || slices.Contains(c.Countries, place.Country)) &&
		(len(c.Jurisdictions) == 0 || slices.ContainsFunc(place.Jurisdictions, func(j string) bool { return containsFold(c.Jurisdictions, j) }))
	if holds && len(c.Regions) > 0 {
		return slices.Contains(c.Regions, place.Region), place.Region == ""
	}
	return holds, false
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, s) })
}
