package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
)

// Permission is something that somebody must be allowed to do for a step to
// happen. Actions are
//
//	workspace.create, workspace.overwrite, workspace.merge
//	dataset.create, dataset.overwrite, dataset.rows.write, model.security.change
//	dataset.delete, report.delete, alert.delete, file.delete: of an exact restore, or an undo
//	report.create, report.overwrite, and likewise alert, file and extension
//	user.create, user.invite, user.change, team.create, team.change, role.create, role.change
//	member.create, member.change, grant.create, grant.change
//	connection.create, connection.change
//	access.widen
//	audit.import
//
// A copy needs the permission to create. More actions may be added.
type Permission struct {
	Action   string   `json:"action"`
	Resource Resource `json:"resource"`
}

// Resource is what a permission is for, by its id in the target.
type Resource struct {
	Kind string `json:"kind"` // a kind of asset, user, team, role, member, grant, connection or tenant
	ID   string `json:"id"`   // a member's is its principal's kind and id; a connection's its name; empty for the tenant
}

// String returns the action and what it is for.
func (p Permission) String() string {
	return strings.TrimSpace(p.Action + " on " + p.Resource.Kind + " " + p.Resource.ID)
}

// Authorizer decides whether whoever asked for an import may do what it needs.
// The service that runs imports supplies it.
type Authorizer interface {
	// Authorize returns nil if everything is allowed and a [*DeniedError] that
	// lists what is not. Any other error means that it could not be decided,
	// and ends the import. needs is sorted and holds nothing twice; it must not
	// be changed.
	Authorize(ctx context.Context, needs []Permission) error
}

// DeniedError refuses an import that somebody may not do.
type DeniedError struct {
	Denied []Permission
}

// Error lists what is denied, one a line.
func (e *DeniedError) Error() string {
	var b strings.Builder
	b.WriteString("restore: 1 permission is missing")
	if len(e.Denied) != 1 {
		b.Reset()
		fmt.Fprintf(&b, "restore: %d permissions are missing", len(e.Denied))
	}
	for i, p := range e.Denied {
		if i == 20 {
			fmt.Fprintf(&b, "\n  … and %d more", len(e.Denied)-i)
			break
		}
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Needs returns what one must be allowed to do to apply the plan, sorted.
func (p *Plan) Needs() []Permission {
	var all []Permission
	for _, s := range p.Steps {
		all = append(all, s.Needs...)
	}
	return sortPermissions(all)
}

func sortPermissions(all []Permission) []Permission {
	slices.SortFunc(all, func(a, b Permission) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource.Kind, b.Resource.Kind), cmp.Compare(a.Resource.ID, b.Resource.ID))
	})
	return slices.Compact(all)
}

// authorize asks who decides, if anybody does.
func authorize(ctx context.Context, who Authorizer, needs func() []Permission) error {
	if who == nil {
		return nil
	}
	all := needs()
	if len(all) == 0 {
		return nil
	}
	err := who.Authorize(ctx, all)
	var denied *DeniedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &denied):
		return denied
	}
	return fmt.Errorf("restore: authorize: %w", err)
}

// authorize blocks the steps that whoever plans may not do.
func (p *planner) authorize(ctx context.Context) error {
	if p.opts.Authorizer == nil {
		return nil
	}
	err := authorize(ctx, p.opts.Authorizer, func() []Permission {
		var needs []Permission
		for _, it := range slices.Concat(p.items, p.deletions) {
			needs = append(needs, it.permissions()...)
		}
		return sortPermissions(needs)
	})
	var denied *DeniedError
	if !errors.As(err, &denied) {
		return err
	}
	isDenied := map[Permission]bool{}
	for _, need := range denied.Denied {
		isDenied[need] = true
	}
	for _, it := range slices.Concat(p.items, p.deletions) {
		missing := false
		for _, need := range it.permissions() {
			if isDenied[need] {
				it.block("needs the permission %s", need)
				missing = true
			}
		}
		if missing {
			it.turnBlocked()
		}
	}
	return nil
}

// actions holds the one copy of each action on assets and records: every step has
// some.
var actions = func() map[[2]string]string {
	all := map[[2]string]string{}
	for _, kind := range Kinds() {
		for _, verb := range []string{".create", ".overwrite", ".delete"} {
			all[[2]string{string(kind), verb}] = string(kind) + verb
		}
	}
	for _, l := range recordActions {
		for _, verb := range []string{".create", ".change", ".invite"} {
			all[[2]string{l.kind, verb}] = l.kind + verb
		}
	}
	return all
}()

func actionOn(kind Kind, verb string) string { return actions[[2]string{string(kind), verb}] }

// permissions returns what the item needs, sorted.
func (it *item) permissions() []Permission {
	resource := Resource{string(it.kind), it.targetID}
	need := func(action string) Permission { return Permission{action, resource} }
	var all []Permission
	switch it.decision {
	case Create, Fork:
		if it.kind == Audit {
			all = append(all, need("audit.import"))
			break
		}
		all = append(all, need(actionOn(it.kind, ".create")))
	case Overwrite:
		all = append(all, need(actionOn(it.kind, ".overwrite")))
		if it.newRules {
			all = append(all, need("model.security.change"))
		}
	case Merge:
		all = append(all, need("workspace.merge"))
	case Delete:
		return []Permission{need(actionOn(it.kind, ".delete"))}
	default:
		return nil
	}
	for i := range it.outcomes {
		if it.outcomes[i].write && it.asset.entries[i].kind == layout.Rows {
			all = append(all, need("dataset.rows.write"))
		}
	}
	return sortPermissions(append(all, it.said().requires...))
}

// recordActions are the lists of the metadata whose records need permissions
// of their own.
var recordActions = []struct{ list, kind string }{
	{"users", "user"}, {"teams", "team"}, {"roles", "role"}, {"members", "member"}, {"connections", "connection"}, {"grants", "grant"},
}

// recordNeeds returns what the difference between two metadata documents needs.
func recordNeeds(before, after *records) []Permission {
	var all []Permission
	for _, l := range recordActions {
		there := before.byKey(l.list)
		for _, rec := range after.lists[l.list] {
			own, known := there[rec.key]
			action := ".create"
			switch {
			case known && sameJSON(own.raw, rec.raw):
				continue
			case known:
				action = ".change"
			case l.list == "users" && isInvited(rec.raw):
				action = ".invite"
			}
			all = append(all, Permission{actions[[2]string{l.kind, action}], Resource{l.kind, rec.key}})
		}
	}
	return slices.Clip(slices.Clone(all))
}
