package export

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/tenant"
)

// neverArchived is what no archive of a tenant holds.
var neverArchived = []manifest.Omission{
	{Kind: "secrets", Reason: "credentials, keys and certificates never leave the service; descriptors name the slots they belong in"},
	{Kind: passwordHashesKind, Reason: "those of people and of protected links; nobody gets in with an archive, and a protected link asks for a new password"},
	{Kind: "sessions", Reason: "session tokens end with the session"},
	{Kind: "job_queues", Reason: "jobs are work in progress, not content"},
	{Kind: "caches", Reason: "derived from what is archived"},
	{Kind: "logs", Reason: "logs and metrics belong to the platform, not to the tenant"},
}

// recordLists are the lists of a workspace's metadata whose records are
// counted, with the kind of the coverage section that each record is.
var recordLists = []struct{ list, kind string }{
	{"users", "user"}, {"teams", "team"}, {"roles", "role"}, {"connections", "connection"},
	{"folders", "folder"}, {"tags", "tag"}, {"saved_queries", "saved_query"}, {"grants", "grant"},
}

// census counts what an archive holds.
type census struct {
	counts    map[string]int64
	seen      map[string]map[string]bool // kind → ids: users and teams recur in several workspaces
	importers int64                      // datasets that keep rows in the service
	rows      int64                      // datasets whose rows are exported
}

func newCensus() *census {
	return &census{counts: map[string]int64{}, seen: map[string]map[string]bool{}}
}

func (c *census) add(kind string, n int64) { c.counts[kind] += n }

// count counts the entry at n.
func (c *census) count(n layout.Name) {
	if n.Kind == layout.Rows {
		c.rows++
	}
}

// metadata counts the records of one workspace. Lists that cannot be read
// were reported as invalid already.
func (c *census) metadata(doc []byte) {
	var lists map[string]json.RawMessage
	if json.Unmarshal(doc, &lists) != nil {
		return
	}
	for _, of := range recordLists {
		var records []struct{ ID, Name string }
		if json.Unmarshal(lists[of.list], &records) != nil {
			continue
		}
		for _, r := range records {
			id := r.ID
			if of.kind == "connection" {
				id = r.Name
			}
			c.once(of.kind, id)
		}
	}
	var datasets []struct{ Mode string }
	if json.Unmarshal(lists["datasets"], &datasets) == nil {
		for _, d := range datasets {
			if d.Mode != "direct" {
				c.importers++
			}
		}
	}
}

// once counts id unless it was counted before.
func (c *census) once(kind, id string) {
	if c.seen[kind] == nil {
		c.seen[kind] = map[string]bool{}
	}
	if !c.seen[kind][id] {
		c.seen[kind][id] = true
		c.counts[kind]++
	}
}

// coverage states what the archive holds and what it does not.
func (c *census) coverage(ctx context.Context, src tenant.Source, sel tenant.Selection) (manifest.Coverage, error) {
	cov := manifest.Coverage{Included: c.counts, Excluded: slices.Clone(neverArchived)}
	if !sel.Rows {
		if n := c.importers - c.rows; n > 0 {
			cov.Excluded = append(cov.Excluded, manifest.Omission{Kind: "rows", Count: n, Reason: "the rows of these datasets were not asked for"})
		}
	}
	if !sel.Audit {
		cov.Excluded = append(cov.Excluded, manifest.Omission{Kind: "audit", Reason: "the audit trail was not asked for"})
	}
	if len(sel.Workspaces) > 0 {
		left, err := leftOut(ctx, src, sel)
		if err != nil {
			return cov, err
		}
		cov.Excluded = append(cov.Excluded, left...)
	}
	if lister, ok := src.(tenant.OmissionLister); ok {
		omissions, err := lister.Omissions(ctx, sel)
		if err != nil {
			return cov, fmt.Errorf("export: list what the store cannot yield: %w", err)
		}
		for _, o := range omissions {
			cov.Unsupported = append(cov.Unsupported, manifest.Omission{Kind: o.Kind, Count: o.Count, Reason: o.Reason})
		}
	}
	return cov, nil
}

// leftOut counts the workspaces and extensions outside the selection.
func leftOut(ctx context.Context, src tenant.Source, sel tenant.Selection) ([]manifest.Omission, error) {
	var workspaces, extensions int64
	for e, err := range src.Entries(ctx, tenant.Selection{}) {
		if err != nil {
			return nil, fmt.Errorf("export: list what is left out: %w", err)
		}
		switch {
		case e.Name.Kind == layout.Metadata && !sel.Selects(e.Name):
			workspaces++
		case e.Name.Kind == layout.Extension:
			extensions++
		}
	}
	var left []manifest.Omission
	if workspaces > 0 {
		left = append(left, manifest.Omission{Kind: "workspace", Count: workspaces, Reason: "these workspaces were not selected"})
	}
	if extensions > 0 {
		left = append(left, manifest.Omission{Kind: "extension", Count: extensions, Reason: "extensions belong to no workspace, and workspaces were selected"})
	}
	return left, nil
}
