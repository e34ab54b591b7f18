package render

import (
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/overview"
)

// assetTree lists a workspace's assets: each dataset with the reports and
// alerts that depend on it, then what depends on none, then files.
type assetTree struct {
	w      *overview.Workspace
	ids    ids
	short  bool // leave out some of many
	hidden bool // something was left out; known when the rows were gone through

	seen       map[string]bool   // reports and alerts that have a line already
	names      map[string]string // of the workspace's datasets, by id
	dependents map[string][]func(branch string)
	add        func(cells ...Cell)
}

// newAssetTable returns the table of which trees are parts.
func newAssetTable() *Table {
	return &Table{Indent: 2, Columns: []Column{{}, {Shrink: 16}, {}, {Shrink: 12}, {Right: true}}}
}

func newAssetTree(inCanonicalOrder *overview.Workspace, ids ids, all bool) *assetTree {
	w := forPeople(inCanonicalOrder)
	t := &assetTree{
		w: w, ids: ids, names: map[string]string{},
		dependents: map[string][]func(string){},
		short:      !all && len(w.Datasets)+len(w.Reports)+len(w.Alerts)+len(w.Files) > manyAssets,
	}
	for i := range w.Datasets {
		d := &w.Datasets[i]
		t.names[d.ID] = firstOf(d.Name, ids.short(d.ID))
	}
	for i := range w.Reports {
		r := &w.Reports[i]
		for _, id := range r.Datasets {
			t.dependents[id] = append(t.dependents[id], func(branch string) { t.report(branch, r, id) })
		}
	}
	for i := range w.Alerts {
		a := &w.Alerts[i]
		t.dependents[a.Dataset] = append(t.dependents[a.Dataset], func(branch string) { t.alert(branch, a) })
	}
	return t
}

// forPeople returns a copy of w with its lists ordered by name.
func forPeople(w *overview.Workspace) *overview.Workspace {
	c := *w
	c.Datasets, c.Reports, c.Alerts, c.Files = slices.Clone(w.Datasets), slices.Clone(w.Reports), slices.Clone(w.Alerts), slices.Clone(w.Files)
	slices.SortFunc(c.Datasets, func(a, b overview.Dataset) int { return byName(a.Name, b.Name, a.ID, b.ID) })
	slices.SortFunc(c.Reports, func(a, b overview.Report) int { return byName(a.Name, b.Name, a.ID, b.ID) })
	slices.SortFunc(c.Alerts, func(a, b overview.Alert) int { return byName(a.Name, b.Name, a.ID, b.ID) })
	slices.SortFunc(c.Files, func(a, b overview.File) int { return byName(a.Name, b.Name, a.ID, b.ID) })
	return &c
}

// rows yields the lines.
func (t *assetTree) rows(yield func(Row) bool) {
	t.hidden, t.seen = false, map[string]bool{}
	more := true
	t.add = func(cells ...Cell) { more = more && yield(Row{Cells: cells}) }
	datasets := t.w.Datasets
	if t.short && len(datasets) > fewDatasets {
		datasets = datasets[:fewDatasets]
	}
	for i := range datasets {
		t.dataset(&datasets[i])
	}
	t.more("", len(t.w.Datasets)-len(datasets), "dataset")
	if !t.short || len(datasets) == len(t.w.Datasets) {
		t.orphans()
	}
	files := t.w.Files
	if t.short && len(files) > fewOtherAssets {
		files = files[:fewOtherAssets]
	}
	for _, f := range files {
		mediaType, _, _ := strings.Cut(f.MediaType, ";")
		t.row("", "file", f.ID, f.Name, mediaType, f.Size, Plain)
	}
	t.more("", len(t.w.Files)-len(files), "file")
}

// row adds a line for one asset.
func (t *assetTree) row(branch, kind, id, name, about string, size int64, style Style) {
	t.add(
		Cell{Styled(Faint, branch), Text(kind)},
		S(style, firstOf(name, "without a name")),
		S(Faint, t.ids.short(id)),
		C(about),
		C(Bytes(size)),
	)
}

func (t *assetTree) more(branch string, n int, noun string) {
	if n > 0 {
		t.hidden = true
		t.add(S(Faint, branch+"…"), S(Faint, Plural(int64(n), "more "+noun)))
	}
}

func (t *assetTree) dataset(d *overview.Dataset) {
	about := []string{d.Mode}
	if d.RowCount != nil {
		about = append(about, Short(*d.RowCount)+" rows")
	}
	size := d.Size
	if d.RowsSize != nil {
		size += *d.RowsSize
		archived := "archived"
		if d.Rows != nil && (d.RowCount == nil || *d.RowCount != d.Rows.Count) {
			archived = Short(d.Rows.Count) + " archived"
		}
		about = append(about, archived)
	}
	if d.Subjects > 0 {
		about = append(about, "row security")
	}
	about = append(about, plural(d.Measures, "measure"), plural(d.Dimensions, "dimension"))
	t.row("", "dataset", d.ID, d.Name, commas(about...), size, Strong)

	all := t.dependents[d.ID]
	shown := len(all)
	if t.short && shown > fewDependents+1 {
		shown = fewDependents
	}
	for i, one := range all {
		switch {
		case i == shown:
			t.more("└ ", len(all)-shown, "that depends on it/more that depend on it")
			return
		case i == len(all)-1:
			one("└ ")
		default:
			one("├ ")
		}
	}
}

// report adds a report below one of its datasets, in full the first time.
func (t *assetTree) report(branch string, r *overview.Report, below string) {
	if t.seen[r.ID] {
		t.add(Cell{Styled(Faint, branch), Text("report")}, C(r.Name), S(Faint, t.ids.short(r.ID)), S(Faint, "see above"))
		return
	}
	t.seen[r.ID] = true
	about := []string{plural(r.Pages, "page"), plural(r.Visuals, "visual")}
	var also []string
	for _, id := range r.Datasets {
		if id != below {
			also = append(also, t.datasetName(id))
		}
	}
	if len(also) > 0 {
		about = append(about, "also uses "+strings.Join(also, " and "))
	}
	about = append(about, plural(r.Bookmarks, "bookmark"))
	t.row(branch, "report", r.ID, r.Name, commas(about...), r.Size, Plain)
}

func (t *assetTree) alert(branch string, a *overview.Alert) {
	t.seen[a.ID] = true
	t.row(branch, "alert", a.ID, a.Name, commas(a.State, a.Condition, strings.Join(a.Channels, "+")), a.Size, Plain)
}

func (t *assetTree) datasetName(id string) string {
	return firstOf(t.names[id], "a dataset that is not in the archive")
}

// orphans adds what depends on no dataset of the workspace.
func (t *assetTree) orphans() {
	reports, alerts := 0, 0
	for i := range t.w.Reports {
		r := &t.w.Reports[i]
		if t.short && slices.ContainsFunc(r.Datasets, t.hasDataset) {
			continue
		}
		if !t.seen[r.ID] {
			if reports++; !t.short || reports <= fewOtherAssets {
				t.report("", r, "")
			}
		}
	}
	for i := range t.w.Alerts {
		a := &t.w.Alerts[i]
		if !t.seen[a.ID] && !t.hasDataset(a.Dataset) {
			if alerts++; !t.short || alerts <= fewOtherAssets {
				t.alert("", a)
			}
		}
	}
	if t.short {
		t.more("", reports-fewOtherAssets, "report")
		t.more("", alerts-fewOtherAssets, "alert")
	}
}

func (t *assetTree) hasDataset(id string) bool { return t.names[id] != "" }
