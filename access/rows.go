package access

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Rows is how much of a dataset somebody sees.
type Rows string

// What somebody sees, from least to most.
const (
	NoRows   Rows = "none"
	SomeRows Rows = "some"
	AllRows  Rows = "all"
)

// sight is what a subject sees of a dataset: the rows that meet all of the
// conditions.
type sight struct {
	rows       Rows
	conditions []string // sorted; when some
}

func (s sight) equal(other sight) bool {
	return s.rows == other.rows && slices.Equal(s.conditions, other.conditions)
}

// within reports whether s certainly shows nothing that other does not.
func (s sight) within(other sight) bool {
	switch {
	case s.rows == NoRows || other.rows == AllRows:
		return true
	case other.rows == NoRows || s.rows == AllRows:
		return false
	}
	return !slices.ContainsFunc(other.conditions, func(c string) bool { return !slices.Contains(s.conditions, c) })
}

// sees returns what the subject sees under the rules.
func (st *state) sees(s subject, rules []preparedRule) sight {
	if len(rules) == 0 {
		return sight{rows: AllRows}
	}
	if st.locked(s) {
		return sight{rows: NoRows}
	}
	teams, roles := st.teamsOf(s), st.rolesOf(s)
	matched := false
	var all []string
	for _, r := range rules {
		if !r.matches(s, teams, roles) {
			continue
		}
		matched = true
		for _, c := range r.conditions {
			if s.Kind == KindUser {
				c = st.fillIn(c, s.ID)
			}
			all = append(all, c)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	switch {
	case !matched || slices.Contains(all, "FALSE"):
		return sight{rows: NoRows}
	case len(all) == 0:
		return sight{rows: AllRows}
	}
	return sight{rows: SomeRows, conditions: all}
}

// preparedRule is a rule whose predicate was read.
type preparedRule struct {
	Rule
	conditions []string
}

func prepare(rules []Rule) []preparedRule {
	var all []preparedRule
	for _, r := range rules {
		all = append(all, preparedRule{r, Conditions(r.Predicate)})
	}
	return all
}

func (r *preparedRule) matches(s subject, teams, roles []string) bool {
	meets := func(named, has []string) bool {
		return slices.ContainsFunc(named, func(id string) bool { return slices.Contains(has, id) })
	}
	return s.Kind == KindUser && slices.Contains(r.Users, s.ID) || meets(r.Teams, teams) || meets(r.Roles, roles)
}

// sameRules reports whether two sets of rules say the same, whatever their
// names.
func sameRules(a, b []preparedRule) bool {
	texts := func(rules []preparedRule) []string {
		var all []string
		for _, r := range rules {
			all = append(all, fmt.Sprintf("%q %q %q %q", sorted(r.Roles), sorted(r.Teams), sorted(r.Users), r.conditions))
		}
		return sorted(all)
	}
	return slices.Equal(texts(a), texts(b))
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}

var attribute = regexp.MustCompile(`\{\{ user\.attributes\.([^ {}]+) \}\}`)

// fillIn puts what is known about the user into a condition, so that it
// differs where an attribute does.
func (st *state) fillIn(condition, user string) string {
	if !strings.Contains(condition, "{{") {
		return condition
	}
	return attribute.ReplaceAllStringFunc(condition, func(found string) string {
		name := attribute.FindStringSubmatch(found)[1]
		if value, ok := st.dir.Users[user].Attributes[name]; ok {
			return found + "=" + value
		}
		return found
	})
}
