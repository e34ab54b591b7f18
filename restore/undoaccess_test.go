package restore

import (
	"context"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/access"
)

// TestUndoListsAccess: what an import takes from somebody, its undo gives back, and
// says so; what it gave, the undo takes.
func TestUndoListsAccess(t *testing.T) {
	anna := `{"type": "user", "id": "usr_anna"}`
	edited := changed(detailPath, `"name": "Detail"`, `"name": "Edited"`)
	security := `  - { name: own_region, applies_to: { role: [sales_rep], team: [team_field], user: [] }, predicate: "region = 'x'" }`
	for _, c := range []struct {
		name    string
		archive func(*testing.T, world) world
		target  func(*testing.T, world) world
		says    string // of the undo
		widens  bool
	}{
		{"a grant comes back", same, edits(grantOf(anna), edited), `user "Anna" (usr_anna) has edit of report "Edited" instead of view`, true},
		{"a grant goes again", grantOf(anna), edited, `user "Anna" (usr_anna) has view of report "Edited" instead of edit`, false},
		{"an owner comes back", changed(revenuePath, `"owner": "usr_anna",`, `"owner": "usr_bob",`), same, `user "Anna" (usr_anna) has owner of report "Revenue" instead of view`, true},
		{"a greater role comes back", same, changed(salesMeta, `"role": "sales_rep"}`, `"role": "admin"}`), `team "Field" (team_field) has admin of workspace "Sales" instead of view`, true},
		{"a role's rights come back", same, changed(salesMeta, `"base": "viewer"`, `"base": "admin"`), `role "Sales rep" (sales_rep) has admin of workspace "Sales" instead of view`, true},
		{"rows come back", same, changed(ordersModel, "security:\n"+security+"\n", ""), `whoever no rule names sees all rows of dataset "Orders" instead of no rows`, true},
		{"nothing about access", edited, same, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := c.archive(t, sampleWorld()).archive("corp")
			target := c.target(t, sampleWorld()).store(t, "corp").Target()
			// Only so an import takes back what the target gave.
			opts := Options{OnConflict: Overwrite, Exact: true, Select: []string{wsSales}}
			plan := makePlan(t, a, target, opts)
			for _, change := range plan.Access {
				if change.Widens {
					opts.AllowAccess = append(opts.AllowAccess, change.ID)
				}
			}
			plan = makePlan(t, a, target, opts)
			if !plan.Writes() {
				t.Fatalf("the import does nothing: %s", plan.decisions())
			}
			in := insured(t)
			result := applyInsured(t, plan, a, target, in)
			undo := undoPlan(t, result.ImportID, in.policy(t, result), target, UndoOptions{})
			if blocked := undo.BlockedSteps(); len(blocked) > 0 {
				t.Fatalf("blocked: %+v", blocked)
			}
			found := c.says == ""
			for _, change := range undo.Access {
				found = found || strings.Contains(change.Sentence, c.says) && change.Widens == c.widens
			}
			if !found {
				t.Errorf("the undo lists %+v, want %q", undo.Access, c.says)
			}
			if !reversed(plan.Access, undo.Access) {
				t.Errorf("the import changed\n%+v\nand its undo\n%+v", plan.Access, undo.Access)
			}
			if _, err := Undo(context.Background(), undo, in.policy(t, result), target, ApplyOptions{Insurance: in}); err != nil {
				t.Error(err)
			}
		})
	}
}

// reversed reports whether two lists say the same of opposite directions.
func reversed(there, back []access.Change) bool {
	type change struct{ kind, id, whose, of, before, after string }
	seen := map[change]int{}
	for _, c := range there {
		seen[change{c.Asset.Kind, c.Asset.ID, c.Principal.Kind + c.Principal.ID, c.Of, c.Before, c.After}]++
	}
	for _, c := range back {
		seen[change{c.Asset.Kind, c.Asset.ID, c.Principal.Kind + c.Principal.ID, c.Of, c.After, c.Before}]--
	}
	for _, n := range seen {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestUndoOfWhatCannotBeRead: metadata that somebody has broken since does not
// keep the undo from repairing it.
func TestUndoOfWhatCannotBeRead(t *testing.T) {
	store := sampleWorld().store(t, "corp")
	target := store.Target()
	a := changed(salesMeta, `"base": "viewer"`, `"base": "editor"`)(t, sampleWorld()).archive("corp")
	plan := makePlan(t, a, target, Options{OnConflict: Overwrite})
	opts := Options{OnConflict: Overwrite}
	for _, change := range plan.Access {
		opts.AllowAccess = append(opts.AllowAccess, change.ID)
	}
	in := insured(t)
	result := applyInsured(t, makePlan(t, a, target, opts), a, target, in)
	world{salesMeta: "{}}"}.putInto(t, target)
	undo := undoPlan(t, result.ImportID, in.policy(t, result), target, UndoOptions{DiscardLaterEdits: true})
	if !strings.Contains(strings.Join(undo.Warnings, "\n"), "its metadata cannot be read, so changes of access are not all listed") {
		t.Errorf("warnings %q", undo.Warnings)
	}
	if _, err := Undo(context.Background(), undo, in.policy(t, result), target, ApplyOptions{Insurance: in}); err != nil {
		t.Error(err)
	}
}
