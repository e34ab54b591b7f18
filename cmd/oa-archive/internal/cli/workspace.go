package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// findWorkspaces turns workspaces given by id or name into ids. It reads the
// metadata only if a name is among them.
func findWorkspaces(ctx context.Context, source tenant.Source, wanted []string) ([]string, error) {
	if !slices.ContainsFunc(wanted, func(s string) bool { return !layout.IsUUID(s) }) {
		return wanted, nil
	}
	named := map[string][]string{}
	var names []string
	for entry, err := range source.Entries(ctx, tenant.Selection{}) {
		if err != nil {
			return nil, err
		}
		if entry.Name.Kind != layout.Metadata {
			continue
		}
		name, err := workspaceName(ctx, entry)
		if err != nil {
			return nil, err
		}
		named[name] = append(named[name], entry.Name.Workspace)
		names = append(names, name)
	}
	var ids []string
	for _, w := range wanted {
		switch found := named[w]; {
		case layout.IsUUID(w):
			ids = append(ids, w)
		case len(found) == 1:
			ids = append(ids, found[0])
		case len(found) > 1:
			return nil, usagef("give the id of one of them: "+joinSome(found), "workspace %q: several have that name", w)
		default:
			return nil, usagef("there are: "+joinSome(names), "workspace %q: there is none of that name", w)
		}
	}
	return ids, nil
}

func workspaceName(ctx context.Context, entry tenant.Entry) (name string, err error) {
	r, err := entry.Open(ctx)
	if err != nil {
		return "", err
	}
	defer closeInto(&err, r)
	limit := archive.DefaultLimits().Document
	doc, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", err
	}
	var metadata struct {
		Workspace struct {
			Name string `json:"name"`
		} `json:"workspace"`
	}
	if int64(len(doc)) > limit {
		err = errors.New("document is too large")
	} else {
		err = json.Unmarshal(doc, &metadata)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", entry.Name, err)
	}
	return metadata.Workspace.Name, nil
}

// joinSome lists the first few of many names, quoted.
func joinSome(names []string) string {
	const shown = 12
	text := ""
	for i, name := range names {
		if i == shown {
			return text + ", …"
		}
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	return text
}
