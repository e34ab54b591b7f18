package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/overview"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// An Inspection is what the page about an archive shows.
type Inspection struct {
	File     string
	Manifest *manifest.Manifest
	Sizes    archive.Sizes
	Signed   bool
	Verdict  sign.Verdict
	Overview *overview.Overview
	Now      time.Time // when set, times are also given relative to it
	All      bool      // every asset, however many there are
	Outline  bool      // a line for each workspace: the overview has no more than that
	Next     []string  // commands to suggest
}

// Inspect prints the page.
func (p *Printer) Inspect(i *Inspection) {
	defer p.inBulk()()
	p.Line(Styled(Strong, i.File))
	p.inspectHeader(i)
	p.exceptions(i.Manifest)
	if i.Outline {
		p.outline(i.Overview)
	} else {
		p.workspaces(i)
	}
	p.outside(i.Overview)
	p.leftOut(i.Manifest)
	p.next(i.Next)
}

// outline prints a line for each workspace.
func (p *Printer) outline(o *overview.Overview) {
	ids, workspaces := assetIDs(o), workspacesByName(o)
	table := &Table{Indent: 2, Columns: []Column{{Shrink: 16}, {}, {Shrink: 12}, {Right: true}}}
	table.Made = func(yield func(Row) bool) {
		for _, w := range workspaces {
			c := commas(
				plural(len(w.Datasets), "dataset"), plural(len(w.Reports), "report"), plural(len(w.Alerts), "alert"), plural(len(w.Files), "file"),
				plural(w.Counts.Members, "member"), plural(w.Counts.Grants, "grant"),
			)
			if !yield(Row{Cells: []Cell{S(Strong, firstOf(w.Name, "without a name")), S(Faint, ids.short(w.ID)), C(c), C(Bytes(w.Size))}}) {
				return
			}
		}
	}
	p.Blank()
	p.Line(Styled(Strong, Plural(int64(len(workspaces)), "workspace")))
	p.Table(table)
	p.Line(Styled(Faint, "  what is in one: --workspace NAME; in all of them: --all"))
	for _, w := range workspaces {
		for _, problem := range w.Problems {
			p.WrapAfter(Styled(Bad, "  ! "), Plain, problem)
		}
	}
}

func workspacesByName(o *overview.Overview) []*overview.Workspace {
	return slices.SortedFunc(slices.Values(o.Workspaces), func(a, b *overview.Workspace) int { return byName(a.Name, b.Name, a.ID, b.ID) })
}

// workspaces prints what is in each workspace. It goes through all of them
// twice, so that their tables line up and only one is held at a time.
func (p *Printer) workspaces(i *Inspection) {
	ids, workspaces := assetIDs(i.Overview), workspacesByName(i.Overview)
	table := newAssetTable()
	table.Made = func(yield func(Row) bool) {
		for _, w := range workspaces {
			for row := range newAssetTree(w, ids, i.All).rows {
				if !yield(row) {
					return
				}
			}
		}
	}
	widths := table.widths(p.width)
	for _, w := range workspaces {
		p.Blank()
		p.workspace(newAssetTree(w, ids, i.All), table, widths)
	}
}

func (p *Printer) inspectHeader(i *Inspection) {
	m := i.Manifest
	made := Time(m.Created)
	if ago := Ago(m.Created, i.Now); ago != "" && !i.Now.IsZero() {
		made += ", " + ago
	}
	size := fmt.Sprintf("%s, unpacked %s (%s)", Bytes(i.Sizes.File), Bytes(i.Sizes.Content), Percent(i.Sizes.File, i.Sizes.Content))
	key := firstOf(m.SigningKey, "none")
	p.facts(
		fact("tenant", tenantSpans(m.Tenant)...),
		residencyFact(m),
		recoveredFact(m),
		fact("made", Text(join(made, m.Purpose, m.Generator))),
		fact("holds", Text(holds(m))),
		fact("size", Text(join(size, plural(len(m.Entries), "entry/entries"), plural(i.Sizes.Frames, "frame")))),
		fact("signature", SignerSpans(i.Signed, i.Verdict)...),
		fact("key", Text(key)),
		fact("archive", Text(join(m.ID, "format "+m.Format.String()))),
		fact("content", Text(m.ContentHash)),
	)
}

// next prints commands that a reader of a page will want.
func (p *Printer) next(commands []string) {
	if len(commands) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Next"))
	for _, c := range commands {
		// Commands are for copying, so they are never cut.
		p.Verbatim(Text("  "), Styled(Accent, c))
	}
}

// outside prints what belongs to no workspace.
func (p *Printer) outside(o *overview.Overview) {
	if o.Audit == nil && len(o.Extensions) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Beside the workspaces"))
	t := &Table{Indent: 2, Columns: []Column{{Shrink: 20, Middle: true}, {Right: true}}}
	t.Made = func(yield func(Row) bool) {
		if o.Audit != nil && !yield(Row{Cells: []Cell{C(o.Audit.Path), C(Bytes(o.Audit.Size))}}) {
			return
		}
		for _, e := range o.Extensions {
			if !yield(Row{Cells: []Cell{C(e.Path), C(Bytes(e.Size))}}) {
				return
			}
		}
	}
	p.Table(t)
}

// Beyond so many assets a workspace's list is shortened, to so many datasets,
// dependents of each, and other assets.
const (
	manyAssets     = 60
	fewDatasets    = 12
	fewDependents  = 4
	fewOtherAssets = 12
)

func (p *Printer) workspace(tree *assetTree, table *Table, widths []int) {
	w := tree.w
	p.Line(Styled(Strong, "Workspace "+firstOf(w.Name, "without a name")), Styled(Faint, separator+tree.ids.short(w.ID)+separator+Bytes(w.Size)))
	if w.Description != "" {
		p.Wrap(2, Faint, w.Description)
	}
	p.rows(table, tree.rows, widths)
	if tree.hidden {
		p.Line(Styled(Faint, "  all of them: --workspace "+quoteName(w)+", or --all"))
	}
	var connections []string
	for _, c := range w.Connections {
		connections = append(connections, c.Name+" ("+c.Type+")")
	}
	c := w.Counts
	var rows [][]Span
	for _, f := range []struct{ label, text string }{
		{"connections", strings.Join(connections, ", ")},
		{"people", commas(plural(c.Users, "user"), plural(c.Teams, "team"), plural(c.Roles, "role"), plural(c.Members, "member"), plural(c.Grants, "grant"))},
		{"also", commas(plural(c.Folders, "folder"), plural(c.Tags, "tag"), plural(c.SavedQueries, "saved query/saved queries"))},
	} {
		if f.text != "" {
			rows = append(rows, fact(f.label, Text(f.text)))
		}
	}
	p.facts(rows...)
	for _, problem := range w.Problems {
		p.WrapAfter(Styled(Bad, "  ! "), Plain, problem)
	}
}

func commas(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func quoteName(w *overview.Workspace) string {
	if w.Name == "" || strings.ContainsAny(w.Name, `"'$\`) || Escape(w.Name) != w.Name {
		return w.ID
	}
	return `"` + w.Name + `"`
}

// assetIDs are those of all assets.
func assetIDs(o *overview.Overview) ids {
	var all []string
	for _, w := range o.Workspaces {
		all = append(all, w.ID)
		for i := range w.Datasets {
			all = append(all, w.Datasets[i].ID)
		}
		for i := range w.Reports {
			all = append(all, w.Reports[i].ID)
		}
		for i := range w.Alerts {
			all = append(all, w.Alerts[i].ID)
		}
		for i := range w.Files {
			all = append(all, w.Files[i].ID)
		}
	}
	slices.Sort(all)
	return ids{len(all), func(i int) string { return all[i] }}
}
