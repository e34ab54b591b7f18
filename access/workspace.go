package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// The kinds of principals.
const (
	KindUser = "user"
	KindTeam = "team"
	KindRole = "role"

	// KindLink and KindEmbed are doors for whoever finds them.
	KindLink  = "link"
	KindEmbed = "embed"

	// Anyone is whoever may use a dataset and is named by none of its rules.
	Anyone = "anyone"
)

// The kinds of assets that this package itself knows. Others are those of
// grants: dataset, report, alert, file.
const (
	KindTenant    = "tenant"
	KindWorkspace = "workspace"
	KindDataset   = "dataset"
)

// Principal is somebody, or a group of people.
type Principal struct {
	Kind string `json:"kind"` // user, team, role, link, embed or anyone
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Member gives a role in the workspace to a user or team.
type Member struct {
	Kind, ID string // of the user or team
	Role     string
}

// Key identifies an asset of a workspace, or the workspace.
type Key struct {
	Kind, ID string
}

// Grant gives actions on one asset to a principal.
type Grant struct {
	ID       string
	Resource Key
	Kind, To string // of the principal
	Actions  []string
	Expires  time.Time // zero: never
	Closed   bool
}

// Asset is an asset of the workspace.
type Asset struct {
	Name  string
	Owner string // id of a user; empty: nobody

	// Rules of row security; of datasets only. Without rules everybody sees
	// all rows.
	Rules []Rule
}

// Rule is a rule of row security.
type Rule struct {
	Name                string
	Roles, Teams, Users []string
	Predicate           string
}

// Workspace is one state of a workspace. Assets holds every asset that exists
// in that state and that grants, owners or rules say something about.
type Workspace struct {
	ID, Name string
	Members  []Member
	Grants   []Grant
	Assets   map[Key]Asset
}

// ReadWorkspace reads a workspace's metadata. Assets holds the datasets and
// files, whose records stand there; reports and alerts, and the rules of
// models, are for the caller to add. People are for [Directory.Learn].
func ReadWorkspace(metadata []byte) (*Workspace, error) {
	type record struct{ ID, Name, Owner string }
	var doc struct {
		Workspace struct{ ID, Name string }
		Members   []struct {
			Principal struct{ Type, ID string }
			Role      string
		}
		Grants []struct {
			ID        string
			Resource  struct{ Type, ID string }
			Principal struct{ Type, ID string }
			Actions   []string
			ExpiresAt *string `json:"expires_at"`
			State     string
		}
		Datasets, Files []record
	}
	if err := json.Unmarshal(metadata, &doc); err != nil {
		return nil, fmt.Errorf("access: read metadata: %w", err)
	}
	w := &Workspace{ID: doc.Workspace.ID, Name: doc.Workspace.Name, Assets: map[Key]Asset{}}
	one := onlyCopies()
	w.Members, w.Grants = slices.Grow(w.Members, len(doc.Members)), slices.Grow(w.Grants, len(doc.Grants))
	for _, m := range doc.Members {
		w.Members = append(w.Members, Member{Kind: one(m.Principal.Type), ID: one(m.Principal.ID), Role: one(m.Role)})
	}
	for _, g := range doc.Grants {
		grant := Grant{
			ID: g.ID, Resource: Key{one(g.Resource.Type), one(g.Resource.ID)}, Kind: one(g.Principal.Type), To: one(g.Principal.ID),
			Actions: g.Actions, Closed: g.State == "closed",
		}
		for i, action := range grant.Actions {
			grant.Actions[i] = one(action)
		}
		if g.ExpiresAt != nil {
			t, err := time.Parse(time.RFC3339, *g.ExpiresAt)
			if err != nil {
				return nil, fmt.Errorf("access: read metadata: grant %s: %w", g.ID, err)
			}
			grant.Expires = t.UTC()
		}
		w.Grants = append(w.Grants, grant)
	}
	for kind, list := range map[string][]record{KindDataset: doc.Datasets, "file": doc.Files} {
		for _, r := range list {
			w.Assets[Key{kind, one(r.ID)}] = Asset{Name: r.Name, Owner: one(r.Owner)}
		}
	}
	return w, nil
}

// onlyCopies returns a function that returns the first text equal to its argument.
// In metadata few texts stand in many places, and those who compare tenants hold
// the metadata of all workspaces.
func onlyCopies() func(string) string {
	first := map[string]string{}
	return func(text string) string {
		if same, ok := first[text]; ok {
			return same
		}
		first[text] = text
		return text
	}
}

// right returns what the grant allows.
func (g *Grant) right() Right {
	r := Right{Level: View}
	for _, action := range g.Actions {
		switch action {
		case "view":
		case "edit":
			r = r.and(Right{Level: Edit})
		default:
			r = r.and(Right{Level: View, Also: []string{action}})
		}
	}
	return r
}
