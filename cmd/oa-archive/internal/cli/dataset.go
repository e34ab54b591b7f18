package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/layout"
)

// A dataset of an archive.
type dataset struct {
	id, name  string // name is "" when the metadata does not tell
	workspace string
	rows      string // path of its rows, or "" when the archive has none
}

// datasets lists an archive's datasets in canonical order. Their names stand
// in the metadata, which is read if names are wanted.
func (o *opened) datasets(ctx context.Context, named func(layout.Name) bool) ([]*dataset, error) {
	var all []*dataset
	known := map[[2]string]*dataset{}
	add := func(workspace, id string) *dataset {
		d := known[[2]string{workspace, id}]
		if d == nil {
			d = &dataset{id: id, workspace: workspace}
			known[[2]string{workspace, id}] = d
			all = append(all, d)
		}
		return d
	}
	for _, e := range o.Manifest().Entries {
		n, err := layout.Parse(e.Path)
		switch {
		case err != nil:
		case n.Kind == layout.Model:
			add(n.Workspace, n.Asset)
		case n.Kind == layout.Rows:
			add(n.Workspace, n.Asset).rows = e.Path
		case n.Kind == layout.Metadata && named(n):
			records, err := o.datasetRecords(ctx, e.Path)
			if err != nil {
				return nil, err
			}
			for _, r := range records {
				add(n.Workspace, r.ID).name = r.Name
			}
		}
	}
	return all, nil
}

type datasetRecord struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (o *opened) datasetRecords(ctx context.Context, path string) ([]datasetRecord, error) {
	doc, err := o.ReadDocument(ctx, path, 0)
	if err != nil {
		return nil, err
	}
	var metadata struct {
		Datasets []datasetRecord `json:"datasets"`
	}
	if err := json.Unmarshal(doc, &metadata); err != nil {
		return nil, at(path, err)
	}
	return metadata.Datasets, nil
}

// findDataset returns the dataset of an id, of the first eight digits of one or
// more, or of a name.
func (o *opened) findDataset(ctx context.Context, wanted string) (*dataset, error) {
	if isIDPrefix(wanted) {
		found, err := o.datasetsByID(ctx, wanted)
		if err != nil || len(found) > 0 {
			return soleDataset(wanted, found, err)
		}
	}
	all, err := o.datasets(ctx, func(layout.Name) bool { return true })
	if err != nil {
		return nil, err
	}
	var found []*dataset
	var names []string
	for _, d := range all {
		if d.name == wanted {
			found = append(found, d)
		}
		names = append(names, cmp.Or(d.name, d.id))
	}
	if len(found) == 0 {
		return nil, &failure{
			exit: exitFailed, code: "no-such-dataset", hint: suggest("datasets", wanted, names),
			err: fmt.Errorf("no dataset of the archive has the id or the name %q", wanted),
		}
	}
	return soleDataset(wanted, found, nil)
}

// datasetsByID reads the metadata of those workspaces only that have one.
func (o *opened) datasetsByID(ctx context.Context, prefix string) ([]*dataset, error) {
	matching := func(all []*dataset, err error) ([]*dataset, error) {
		return slices.DeleteFunc(all, func(d *dataset) bool { return !strings.HasPrefix(d.id, prefix) }), err
	}
	found, err := matching(o.datasets(ctx, func(layout.Name) bool { return false }))
	if err != nil {
		return nil, err
	}
	homes := map[string]bool{}
	for _, d := range found {
		homes[d.workspace] = true
	}
	return matching(o.datasets(ctx, func(n layout.Name) bool { return len(homes) == 0 || homes[n.Workspace] }))
}

func soleDataset(wanted string, found []*dataset, err error) (*dataset, error) {
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		var ids []string
		for _, d := range found {
			ids = append(ids, d.id)
		}
		return nil, usagef("give the id of one of them: "+joinSome(ids), "dataset %q: several match", wanted)
	}
	if found[0].rows == "" {
		return nil, &failure{
			exit: exitFailed, code: "no-rows", err: fmt.Errorf("the archive holds no rows of dataset %q", cmp.Or(found[0].name, found[0].id)),
			hint: "`oa-archive create --rows` takes rows along",
		}
	}
	return found[0], nil
}

// suggest lists the names that come nearest to a mistyped one, or the first
// of all.
func suggest(what, wanted string, names []string) string {
	if len(names) == 0 {
		return "there are no " + what
	}
	type near struct {
		name     string
		distance int
	}
	var found []near
	const longest = 100 // bytes, so that long names cost little
	want := strings.ToLower(wanted[:min(len(wanted), longest)])
	for _, name := range names {
		lower := strings.ToLower(name[:min(len(name), longest)])
		d := distance(want, lower)
		if len(want) > 2 && strings.Contains(lower, want) {
			d = min(d, 1)
		}
		if d <= max(2, len(want)/3) {
			found = append(found, near{name, d})
		}
	}
	if len(found) == 0 {
		return "there are: " + joinSome(names)
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var best []string
	for _, n := range found[:min(len(found), 5)] {
		best = append(best, n.name)
	}
	return "did you mean " + joinSome(best) + "?"
}

// completeDatasets offers the names of datasets that have rows.
func (a *app) completeDatasets(cmd *cobra.Command, given []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	switch {
	case len(given) == 0:
		return completeArchive(cmd, given, prefix)
	case len(given) > 1 || given[0] == stdio:
		return nil, none
	}
	ctx := cmp.Or(cmd.Context(), context.Background())
	a.unlock.unattended = true // nobody expects a question while typing
	o, err := a.openToLook(ctx, given[0], &trustFlags{cmd: cmd})
	if err != nil {
		return nil, none
	}
	all, err := o.datasets(ctx, func(layout.Name) bool { return true })
	if errors.Join(err, o.Close()) != nil {
		return nil, none
	}
	var names []string
	for _, d := range all {
		if name := cmp.Or(d.name, d.id); d.rows != "" && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, none
}
