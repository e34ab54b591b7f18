package access

import (
	"slices"
	"time"
)

// Level is how much somebody may do with an asset.
type Level string

// The levels, from least to most.
const (
	None  Level = "none"
	View  Level = "view"
	Edit  Level = "edit"
	Admin Level = "admin"
	Owner Level = "owner"
)

var levels = []Level{None, View, Edit, Admin, Owner}

func (l Level) rank() int { return slices.Index(levels, l) }

// Right is what somebody may do with an asset: a level, and permissions
// beyond it, such as "export" or "dataset.payroll.view".
type Right struct {
	Level Level
	Also  []string // sorted, without what the level includes
}

// included are the actions that the levels admin and owner include.
var included = []string{"export", "share"}

func (r Right) has(permission string) bool {
	return slices.Contains(r.Also, permission) || r.Level.rank() >= Admin.rank() && slices.Contains(included, permission)
}

// Within reports whether r allows nothing that other does not.
func (r Right) Within(other Right) bool {
	if r.Level.rank() > other.Level.rank() {
		return false
	}
	return !slices.ContainsFunc(r.Also, func(p string) bool { return !other.has(p) })
}

// Equal reports whether two rights allow the same.
func (r Right) Equal(other Right) bool { return r.Within(other) && other.Within(r) }

// and returns the sum of two rights.
func (r Right) and(other Right) Right {
	sum := Right{Level: r.Level, Also: append(slices.Clone(r.Also), other.Also...)}
	if other.Level.rank() > sum.Level.rank() {
		sum.Level = other.Level
	}
	slices.Sort(sum.Also)
	sum.Also = slices.Compact(sum.Also)
	if sum.Level.rank() >= Admin.rank() {
		sum.Also = slices.DeleteFunc(sum.Also, func(p string) bool { return slices.Contains(included, p) })
	}
	return sum
}

// lease is a right that ends, unless the time is zero.
type lease struct {
	right Right
	until time.Time
}

// profile is somebody's right to one asset, over time: the sum of leases.
type profile []lease

// at returns the right at the moment t.
func (p profile) at(t time.Time) Right {
	sum := Right{Level: None}
	for _, l := range p {
		if l.until.IsZero() || t.Before(l.until) {
			sum = sum.and(l.right)
		}
	}
	return sum
}

// moments returns when the rights may differ, from the given one on, in order.
func moments(from time.Time, profiles ...profile) []time.Time {
	all := []time.Time{from}
	for _, p := range profiles {
		for _, l := range p {
			if l.until.After(from) {
				all = append(all, l.until)
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// step is how a right differs at one moment.
type step struct {
	before, after Right
	from, until   time.Time // zero: from the beginning, for ever
	widens        bool
}

// difference returns how somebody's right differs, or false. Where it differs
// at several moments, the first at which it widens counts, else the first.
// What the given profile allows does not widen; it may be nil.
func difference(from time.Time, before, after, given profile) (step, bool) {
	var first step
	found := false
	times := moments(from, before, after, given)
	for i, t := range times {
		s := step{before: before.at(t), after: after.at(t)}
		if s.before.Equal(s.after) {
			continue
		}
		s.widens = !s.after.Within(s.before.and(given.at(t)))
		if found && !s.widens {
			continue
		}
		if i > 0 {
			s.from = t
		}
		if i+1 < len(times) {
			s.until = times[i+1]
		}
		if s.widens {
			return s, true
		}
		first, found = s, true
	}
	return first, found
}

func sameProfile(from time.Time, a, b profile) bool {
	_, differ := difference(from, a, b, nil)
	return !differ
}
