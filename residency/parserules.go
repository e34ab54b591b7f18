package residency

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/oneanalytics/oa-archive/internal/legible"
)

// isPlain reports whether all of s can be seen.
func isPlain(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r >= 0x80 && !legible.Visible(r) {
			return false
		}
	}
	return true
}

func (p *Policy) readPlace(n *yaml.Node, path string) error {
	var place Place
	err := read(n, path, map[string]reader{
		"name":          textInto(&place.Name),
		"country":       textInto(&place.Country),
		"jurisdictions": textsInto(&place.Jurisdictions, checkName),
		"region":        textInto(&place.Region),
		"at":            addressesInto(&place.At),
	}, "name", "country", "jurisdictions", "at")
	if err != nil {
		return err
	}
	for _, name := range []string{place.Name, place.Region} {
		if err := checkName(name); err != nil {
			return at(n, path, "%v", err)
		}
	}
	if err := CheckCountry(place.Country); err != nil {
		return at(n, path+".country", "%v", err)
	}
	if p.hasPlace(place.Name) {
		return at(n, path+".name", "two places are called %s", printable(place.Name))
	}
	p.Places = append(p.Places, place)
	return nil
}

func (p *Policy) hasPlace(name string) bool {
	return slices.ContainsFunc(p.Places, func(o Place) bool { return o.Name == name })
}

func (p *Policy) readRule(n *yaml.Node, path string) error {
	var r Rule
	err := read(n, path, map[string]reader{
		"name": textInto(&r.Name),
		"when": func(n *yaml.Node, path string) error { return r.When.read(n, path) },
		"allow": func(n *yaml.Node, path string) error {
			if n.Kind != yaml.ScalarNode {
				return descriptionsInto(&r.Allow)(n, path)
			}
			word, err := text(n, path)
			if err != nil {
				return err
			}
			r.Anywhere = word == "anywhere"
			if !r.Anywhere && word != "nowhere" {
				return at(n, path, "want anywhere, nowhere or a list, found %s", printable(word))
			}
			return nil
		},
		"deny": descriptionsInto(&r.Deny),
	}, "name", "allow")
	if err != nil {
		return err
	}
	if err := checkName(r.Name); err != nil {
		return at(n, path+".name", "%v", err)
	}
	if slices.ContainsFunc(p.Rules, func(o Rule) bool { return o.Name == r.Name }) {
		return at(n, path+".name", "two rules are called %s", printable(r.Name))
	}
	if len(p.Rules) > 0 && p.Rules[len(p.Rules)-1].When.isEverything() {
		return at(n, path, "this rule is never reached: %s before it is for all data", printable(p.Rules[len(p.Rules)-1].Name))
	}
	p.Rules = append(p.Rules, r)
	return nil
}

func (c Condition) isEverything() bool {
	return len(c.Tenants)+len(c.Countries)+len(c.Jurisdictions) == 0
}

func (c *Condition) read(n *yaml.Node, path string) error {
	err := read(n, path, map[string]reader{
		"tenants":       textsInto(&c.Tenants, checkTenantGlob),
		"countries":     textsInto(&c.Countries, CheckCountry),
		"jurisdictions": textsInto(&c.Jurisdictions, checkName),
	})
	if err == nil && c.isEverything() {
		return at(n, path, "it says nothing; leave when out of a rule that is for all data")
	}
	return err
}

// checkTenantGlob refuses what no tenant's id can match.
func checkTenantGlob(s string) error {
	for _, r := range s {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-*?", r) {
			return fmt.Errorf("%s matches no tenant's id: want letters, digits, '.', '_', '-', and * or ?", printable(s))
		}
	}
	return nil
}

func descriptionsInto(dst *[]Description) reader {
	return func(n *yaml.Node, path string) error {
		err := listInto(func(n *yaml.Node, path string) error {
			var d Description
			err := read(n, path, map[string]reader{
				"places":        textsInto(&d.Places, checkName),
				"countries":     textsInto(&d.Countries, CheckCountry),
				"jurisdictions": textsInto(&d.Jurisdictions, checkName),
				"regions":       textsInto(&d.Regions, checkName),
				"at":            addressesInto(&d.At),
			})
			if err == nil && len(d.Places)+len(d.Countries)+len(d.Jurisdictions)+len(d.Regions)+len(d.At) == 0 {
				return at(n, path, "it describes nothing; want places, countries, jurisdictions, regions or at")
			}
			*dst = append(*dst, d)
			return err
		})(n, path)
		if err == nil && len(*dst) == 0 {
			return at(n, path, "the list is empty; write allow: nowhere, or leave deny out")
		}
		return err
	}
}

// checkRules refuses descriptions that name places, countries, jurisdictions or
// regions that no place has: they would silently allow or deny nothing.
func (p *Policy) checkRules(root *yaml.Node) error {
	has := map[string]map[string]bool{"place": {}, "country": {}, "jurisdiction": {}, "region": {}}
	for _, place := range p.Places {
		has["place"][place.Name], has["country"][place.Country], has["region"][place.Region] = true, true, true
		for _, j := range place.Jurisdictions {
			has["jurisdiction"][strings.ToLower(j)] = true
		}
	}
	for _, r := range p.Rules {
		for _, d := range slices.Concat(r.Allow, r.Deny) {
			for _, name := range d.Places {
				if !has["place"][name] {
					return at(root, "rules."+printable(r.Name), "no place is called %s", printable(name))
				}
			}
		}
		for _, d := range r.Allow {
			for _, member := range [...]struct {
				kind string
				list []string
			}{{"country", d.Countries}, {"region", d.Regions}} {
				if !slices.ContainsFunc(member.list, func(s string) bool { return has[member.kind][s] }) && len(member.list) > 0 {
					return at(root, "rules."+printable(r.Name), "no place has a %s of %s, so this allows nothing", member.kind, printable(strings.Join(member.list, ", ")))
				}
			}
			if !slices.ContainsFunc(d.Jurisdictions, func(s string) bool { return has["jurisdiction"][strings.ToLower(s)] }) && len(d.Jurisdictions) > 0 {
				return at(root, "rules."+printable(r.Name), "no place has a jurisdiction of %s, so this allows nothing", printable(strings.Join(d.Jurisdictions, ", ")))
			}
		}
	}
	return nil
}
