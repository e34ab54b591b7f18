package access

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawSide draws a small tenant with one workspace.
func drawSide(t *rapid.T, label string) Side {
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label+" "+what) }
	some := func(what string, from ...string) []string {
		return slices.DeleteFunc(slices.Clone(from), func(s string) bool { return !rapid.Bool().Draw(t, label+" "+what+" "+s) })
	}
	upTo := func(n int, what string) int { return rapid.IntRange(0, n).Draw(t, label+" "+what) }
	d := &Directory{Users: map[string]User{}, Teams: map[string]Team{}, Roles: map[string]Role{}}
	for _, id := range []string{"u1", "u2", "u3"} {
		d.Users[id] = User{Status: pick("status", "active", "active", "suspended", "deactivated"), Owner: upTo(9, "owner") == 0}
	}
	for _, id := range []string{"t1", "t2"} {
		d.Teams[id] = Team{Members: some(id, "u1", "u2", "u3")}
	}
	d.Roles["r1"] = Role{Base: pick("base", "viewer", "editor", "admin"), Permissions: some("permissions", "p", "share")}
	w := &Workspace{ID: "w", Assets: map[Key]Asset{}}
	for range upTo(3, "members") {
		m := Member{Kind: pick("member", KindUser, KindTeam), Role: pick("role", "viewer", "r1", "editor")}
		m.ID = map[string]string{KindUser: pick("user", "u1", "u2", "u3"), KindTeam: pick("team", "t1", "t2")}[m.Kind]
		w.Members = append(w.Members, m)
	}
	for range upTo(3, "grants") {
		g := Grant{
			Resource: rapid.SampledFrom([]Key{{KindWorkspace, "w"}, {"report", "a"}, {KindDataset, "a"}}).Draw(t, label+" resource"),
			Kind:     pick("principal", KindUser, KindTeam, KindRole, KindLink),
			Actions:  some("actions", "view", "edit", "share", "export"), Closed: upTo(3, "closed") == 0,
		}
		g.To = map[string]string{KindUser: "u" + fmt.Sprint(1+upTo(2, "to")), KindTeam: pick("to team", "t1", "t2"), KindRole: pick("to role", "viewer", "r1"), KindLink: "k"}[g.Kind]
		if n := upTo(3, "expires"); n > 0 {
			g.Expires = time.Unix(int64(n)*1000, 0)
		}
		w.Grants = append(w.Grants, g)
	}
	for _, k := range []Key{{"report", "a"}, {KindDataset, "a"}} {
		a := Asset{Owner: pick("owner", "", "", "u1", "u2")}
		if k.Kind == KindDataset {
			for range upTo(3, "rules") {
				a.Rules = append(a.Rules, Rule{
					Roles: some("roles", "viewer", "r1"), Teams: some("teams", "t1", "t2"), Users: some("users", "u1", "u2"),
					Predicate: pick("predicate", "a = 1", "b = 2", "a = 1 AND b = 2", "TRUE", "1 = 0", "1 = 1 OR a = 1"),
				})
			}
		}
		w.Assets[k] = a
	}
	return Side{Directory: d, Workspace: w}
}

// naive evaluates rights the slow and plain way: every action of everybody on
// every asset at a moment.
type naive struct {
	Side
	kind, id string // whose
	at       time.Time
}

var naiveLevels = map[string]int{"viewer": 1, "editor": 2, "admin": 3, "owner": 4}

func (n naive) inTeam(team string) bool {
	return n.kind == KindTeam && n.id == team || n.kind == KindUser && slices.Contains(n.Directory.Teams[team].Members, n.id)
}

func (n naive) hasRole(role string) bool {
	if n.kind == KindRole {
		return n.id == role
	}
	if n.kind == KindUser && n.Directory.Users[n.id].Owner && role == "admin" {
		return true
	}
	for _, m := range n.Workspace.Members {
		if m.Role == role && (m.Kind == n.kind && m.ID == n.id || m.Kind == KindTeam && n.inTeam(m.ID)) {
			return true
		}
	}
	return false
}

func (n naive) deactivated() bool {
	return n.kind == KindUser && n.Directory.Users[n.id].Status == "deactivated"
}

// level and may are the two questions about a right.
func (n naive) level(asset Key) int {
	best := 0
	if n.deactivated() {
		return 0
	}
	for role, level := range naiveLevels {
		if n.hasRole(role) {
			best = max(best, level)
		}
	}
	if n.hasRole("r1") {
		best = max(best, naiveLevels[n.Directory.Roles["r1"].Base])
	}
	n.grants(asset, func(g Grant) {
		best = max(best, 1)
		if slices.Contains(g.Actions, "edit") {
			best = max(best, 2)
		}
	})
	if n.kind == KindUser && asset.Kind != KindWorkspace && n.Workspace.Assets[asset].Owner == n.id {
		best = 4
	}
	return best
}

func (n naive) may(asset Key, permission string) bool {
	if n.deactivated() {
		return false
	}
	can := permission != "p" && n.level(asset) >= 3
	can = can || n.hasRole("r1") && slices.Contains(n.Directory.Roles["r1"].Permissions, permission)
	n.grants(asset, func(g Grant) { can = can || slices.Contains(g.Actions, permission) })
	return can
}

func (n naive) grants(asset Key, use func(Grant)) {
	for _, g := range n.Workspace.Grants {
		on := g.Resource == asset || g.Resource.Kind == KindWorkspace
		to := g.Kind == n.kind && g.To == n.id || g.Kind == KindTeam && n.inTeam(g.To) || g.Kind == KindRole && n.hasRole(g.To)
		if on && to && !g.Closed && (g.Expires.IsZero() || n.at.Before(g.Expires)) {
			use(g)
		}
	}
}

// sees returns the rows of a tiny table that the subject sees: a and b are 1
// or 2 each.
func (n naive) sees(asset Key) (rows [4]bool) {
	rules := n.Workspace.Assets[asset].Rules
	if len(rules) == 0 {
		return [4]bool{true, true, true, true}
	}
	if n.deactivated() {
		return rows
	}
	for i := range rows {
		a, b := 1+i%2, 1+i/2
		matched, admitted := false, true
		for _, r := range rules {
			if !slices.ContainsFunc(r.Roles, n.hasRole) && !slices.ContainsFunc(r.Teams, n.inTeam) && !(n.kind == KindUser && slices.Contains(r.Users, n.id)) {
				continue
			}
			matched = true
			switch r.Predicate {
			case "a = 1":
				admitted = admitted && a == 1
			case "b = 2":
				admitted = admitted && b == 2
			case "a = 1 AND b = 2":
				admitted = admitted && a == 1 && b == 2
			case "1 = 0":
				admitted = false
			}
		}
		rows[i] = matched && admitted
	}
	return rows
}

// TestChangesAreComplete compares random pairs of states with an evaluator
// that knows nothing of this package: no change is reported exactly if nobody's
// right differs, and none that widens exactly if nobody gets more.
func TestChangesAreComplete(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		before := drawSide(rt, "before")
		after := before
		if rapid.Bool().Draw(rt, "differs") {
			other := drawSide(rt, "after")
			// Often only one of the parts differs.
			switch rapid.SampledFrom([]string{"people", "members", "grants", "assets", "all"}).Draw(rt, "what") {
			case "people":
				after.Directory = other.Directory
			case "members":
				w := *before.Workspace
				w.Members = other.Workspace.Members
				after.Workspace = &w
			case "grants":
				w := *before.Workspace
				w.Grants = other.Workspace.Grants
				after.Workspace = &w
			case "assets":
				w := *before.Workspace
				w.Assets = other.Workspace.Assets
				after.Workspace = &w
			case "all":
				after = other
			}
		}
		differs, widens := compareNaively(before, after)
		changes := Compare(before, after, Options{})
		if differs != (len(changes) > 0) {
			rt.Errorf("rights differ: %v, but the changes are:\n%s", differs, sentences(changes))
		}
		if got := slices.ContainsFunc(changes, func(c Change) bool { return c.Widens }); got != widens {
			rt.Errorf("rights widen: %v, but the changes are:\n%s", widens, sentences(changes))
		}
		if again := sentences(Compare(before, after, Options{})); again != sentences(changes) {
			rt.Errorf("another answer the second time:\n%s\n%s", again, sentences(changes))
		}
		if everybody := sentences(compareEverybody(before, after, Options{})); everybody != sentences(changes) {
			rt.Errorf("another answer about everybody in the tenant:\n%s\n%s", everybody, sentences(changes))
		}
		counts[fmt.Sprint(differs, widens)]++
	})
	if len(counts) != 3 {
		t.Errorf("the drawn cases are one-sided: %v", counts)
	}
}

// compareEverybody compares without leaving out whom the workspace gives
// nothing.
func compareEverybody(before, after Side, opts Options) []Change {
	wholeTenant = true
	defer func() { wholeTenant = false }()
	return Compare(before, after, opts)
}

// TestOutsidersMakeNoDifference compares random states, some of a workspace
// that is new and has come from elsewhere, with and without looking at people
// to whom the workspace gives nothing.
func TestOutsidersMakeNoDifference(t *testing.T) {
	found := 0
	rapid.Check(t, func(rt *rapid.T) {
		before, after := drawSide(rt, "before"), drawSide(rt, "after")
		var opts Options
		if rapid.Bool().Draw(rt, "from elsewhere") {
			given := drawSide(rt, "given")
			opts.Given = &given
		}
		switch rapid.SampledFrom([]string{"there", "new workspace", "new tenant", "new assets"}).Draw(rt, "what") {
		case "new workspace":
			before.Workspace = nil
		case "new tenant":
			before = Side{}
		case "new assets":
			w := *before.Workspace
			w.Assets = nil
			before.Workspace = &w
		}
		want := compareEverybody(before, after, opts)
		got := Compare(before.Indexed(), after.Indexed(), opts)
		if sentences(got) != sentences(want) || !slices.EqualFunc(got, want, func(a, b Change) bool { return a.ID == b.ID }) {
			rt.Errorf("%s\nabout everybody in the tenant:\n%s", sentences(got), sentences(want))
		}
		if len(want) > 0 {
			found++
		}
	})
	if found == 0 {
		t.Error("no change was ever found")
	}
}

func compareNaively(before, after Side) (differs, widens bool) {
	who := []Principal{{Kind: Anyone}, {Kind: KindLink, ID: "k"}}
	for _, id := range []string{"u1", "u2", "u3"} {
		who = append(who, Principal{Kind: KindUser, ID: id})
	}
	for _, id := range []string{"t1", "t2"} {
		who = append(who, Principal{Kind: KindTeam, ID: id})
	}
	for _, id := range []string{"viewer", "editor", "admin", "owner", "r1"} {
		who = append(who, Principal{Kind: KindRole, ID: id})
	}
	note := func(was, is, more bool) {
		differs = differs || was != is
		widens = widens || more
	}
	for _, p := range who {
		for _, asset := range []Key{{KindWorkspace, "w"}, {"report", "a"}, {KindDataset, "a"}} {
			for _, seconds := range []int64{0, 1000, 2000, 3000} {
				b, a := naive{before, p.Kind, p.ID, time.Unix(seconds, 0)}, naive{after, p.Kind, p.ID, time.Unix(seconds, 0)}
				if was, is := b.level(asset), a.level(asset); was != is {
					note(true, false, is > was)
				}
				for _, permission := range []string{"p", "share", "export"} {
					was, is := b.may(asset, permission), a.may(asset, permission)
					note(was, is, is && !was)
				}
			}
		}
		if p.Kind == KindLink {
			continue
		}
		b, a := naive{before, p.Kind, p.ID, time.Time{}}, naive{after, p.Kind, p.ID, time.Time{}}
		was, is := b.sees(Key{KindDataset, "a"}), a.sees(Key{KindDataset, "a"})
		for i := range was {
			note(was[i], is[i], is[i] && !was[i])
		}
	}
	return differs, widens
}
