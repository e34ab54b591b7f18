package access

import (
	"cmp"
	"maps"
	"slices"
)

// Tenant returns who becomes or ceases to be an owner of the tenant, and who
// may sign in that could not before, or the other way round. Somebody whom one
// side does not know counts as a user without particular rights there. given,
// when set, are the people of the place that the after side comes from: what
// they were there is not more.
func Tenant(before, after, given *Directory) []Change {
	var changes []Change
	ids := maps.Clone(after.Users)
	if ids == nil {
		ids = map[string]User{}
	}
	maps.Copy(ids, before.Users)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		was, knownBefore := before.tenantRight(id)
		is, knownAfter := after.tenantRight(id)
		if !knownBefore && is == None || !knownAfter && was == None {
			continue
		}
		if was == is {
			continue
		}
		widens := is.rank() > was.rank()
		if given != nil {
			if had, known := given.tenantRight(id); known && is.rank() <= had.rank() {
				widens = false
			}
		}
		ch := Change{
			Asset: Target{Kind: KindTenant}, Principal: Principal{Kind: KindUser, ID: id, Name: cmp.Or(after.Users[id].Name, before.Users[id].Name)},
			Of: OfRight, Before: string(was), After: string(is), Widens: widens,
		}
		ch.finish()
		changes = append(changes, ch)
	}
	return changes
}
