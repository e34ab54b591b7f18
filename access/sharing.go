package access

import "slices"

// sharing collects the changes of one asset, and leaves out those of users
// that one of their groups shares.
type sharing struct {
	c      *comparison
	groups map[subject]Change
}

func (c *comparison) startAsset() *sharing { return &sharing{c: c, groups: map[subject]Change{}} }

func (s *sharing) add(who subject, target Target, d step) { s.put(who, rightChange(target, d)) }

func rightChange(target Target, d step) Change {
	return Change{
		Asset: target, Of: OfRight, Before: string(d.before.Level), After: string(d.after.Level),
		BeforeAlso: d.before.Also, AfterAlso: d.after.Also, From: stamp(d.from), Until: stamp(d.until), Widens: d.widens,
	}
}

func (s *sharing) addRows(who subject, target Target, before, after sight, widens bool) {
	s.put(who, Change{
		Asset: target, Of: OfRows, Before: string(before.rows), After: string(after.rows),
		BeforeAlso: before.conditions, AfterAlso: after.conditions, Widens: widens,
	})
}

func (s *sharing) put(who subject, ch Change) {
	if who.Kind == KindUser && s.isShared(who, ch) {
		return
	}
	known := false
	if ch.Principal, known = s.c.after.describe(who); !known {
		ch.Principal, _ = s.c.before.describe(who)
	}
	ch.finish()
	if who.Kind != KindUser {
		s.groups[who] = ch
	}
	s.c.changes = append(s.c.changes, ch)
}

// isShared reports whether a group that the user is in on both sides has the
// very same change. What somebody sees of a dataset may then still differ in
// its conditions.
func (s *sharing) isShared(who subject, ch Change) bool {
	same := func(kind string, before, after []string) bool {
		for _, id := range before {
			g, ok := s.groups[subject{Kind: kind, ID: id}]
			if ok && slices.Contains(after, id) && g.Before == ch.Before && g.After == ch.After && g.Widens == ch.Widens && g.From == ch.From && g.Until == ch.Until &&
				(ch.Of == OfRows || slices.Equal(g.BeforeAlso, ch.BeforeAlso) && slices.Equal(g.AfterAlso, ch.AfterAlso)) {
				return true
			}
		}
		return false
	}
	b, a := s.c.before, s.c.after
	return same(KindTeam, b.teamsOf(who), a.teamsOf(who)) || same(KindRole, b.rolesOf(who), a.rolesOf(who))
}
