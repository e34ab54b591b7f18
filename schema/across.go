package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
)

// check looks across the documents once all are read.
func (w *workspace) check() {
	if w.id == "" {
		return
	}
	slices.SortFunc(w.docs, func(a, b *document) int { return layout.Compare(a.name, b.name) })
	if w.metadata == nil {
		d := &document{name: layout.Name{Kind: layout.Metadata, Workspace: w.id}}
		d.path = d.name.String()
		w.report(d, 0, Problem{Rule: "missing-metadata", Text: "the workspace has no metadata.json; nothing that it declares can be checked"})
	} else if w.metadata.unreadable {
		w.metadata = nil
	}
	w.checkUnique()
	for _, d := range w.docs {
		for _, f := range d.refs {
			if !w.finds(d, f.value) {
				w.miss(d, f.order, f.value)
			}
		}
	}
	if w.metadata != nil {
		w.checkVersions()
		w.checkRecords()
		w.checkFolders()
	}
}

// checkUnique reports assets of different documents that share an id. Within
// one document it is for Validate to say.
func (w *workspace) checkUnique() {
	type taken struct {
		kind RefKind
		path string
	}
	first := map[string]taken{}
	for _, d := range w.docs {
		for _, f := range d.defs {
			def := f.value
			if !def.Kind.IsUUID() {
				continue
			}
			if t, twice := first[def.ID]; !twice {
				first[def.ID] = taken{def.Kind, d.path}
			} else if t.path != d.path {
				w.report(d, f.order, Problem{Pointer: def.Pointer, Line: def.Line, Rule: "duplicate-id", Text: fmt.Sprintf("the id %s is taken by the %s in %s; choose another", show(def.ID), t.kind, t.path)})
			}
		}
	}
}

// checkPath compares a document's own ids with those of its path.
func (w *workspace) checkPath(d *document) {
	for _, f := range d.defs {
		want := d.name.Asset
		switch f.value.Kind {
		case RefWorkspace:
			want = d.name.Workspace
		case RefReport, RefAlert:
		default:
			continue
		}
		if f.value.ID != want {
			w.report(d, f.order, Problem{Pointer: f.value.Pointer, Line: f.value.Line, Rule: "id-differs-from-path", Text: fmt.Sprintf("the id %s is not that of the path; want %s", show(f.value.ID), want)})
		}
	}
}

// checkListed checks that a report lists the datasets that it uses, once.
func (w *workspace) checkListed(d *document) {
	if d.name.Kind != layout.Report {
		return
	}
	listed := map[string]bool{}
	for _, pin := range d.pins {
		if listed[pin.dataset] {
			w.report(d, pin.order, Problem{Pointer: pin.pointer, Line: pin.line, Rule: "duplicate-pin", Text: fmt.Sprintf("the dataset %s is listed twice; keep one", show(pin.dataset))})
		}
		listed[pin.dataset] = true
	}
	for _, f := range d.refs {
		if ref := f.value; ref.To == RefDataset && !listed[ref.ID] {
			w.report(d, f.order, Problem{Pointer: ref.Pointer, Line: ref.Line, Rule: "unlisted-dataset", Text: fmt.Sprintf("the dataset %s is used but not listed; add it to datasets with its version", show(ref.ID))})
		}
	}
}

// finds reports whether what is known so far holds the target of a reference,
// or whether it needs none.
func (w *workspace) finds(d *document, ref Reference) bool {
	switch {
	case ref.To.InModel():
		return d.model != nil || w.findsInModel(d, ref)
	case ref.To == RefPage:
		target := w.reports[ref.Scope]
		return target != nil && slices.ContainsFunc(target.defs, func(f found[Definition]) bool {
			return f.value.Kind == RefPage && f.value.ID == ref.ID
		})
	case ref.To == RefLink || ref.To == RefEmbed || ref.To == RefSecret:
		return true
	case ref.To == RefWorkspace:
		return ref.ID == w.id
	case ref.To == RefRole && IsBuiltinRole(ref.ID):
		return true
	}
	return w.defined[identity{ref.To, ref.ID}]
}

// findsInModel looks a measure, dimension, column or field up in the model of
// the dataset that the reference is scoped to, or of any that the report lists.
func (w *workspace) findsInModel(d *document, ref Reference) bool {
	for _, m := range w.scope(d, ref) {
		if m == nil {
			continue
		}
		if _, ok := m.resolve(ref, d.inline); ok {
			return true
		}
	}
	return false
}

// scope returns the models in which a reference may be found; nil stands for
// one that is missing or unreadable.
func (w *workspace) scope(d *document, ref Reference) []*model {
	datasets := []string{ref.Scope}
	if ref.Scope == "" {
		datasets = datasets[:0]
		for _, pin := range d.pins {
			datasets = append(datasets, pin.dataset)
		}
	}
	models := make([]*model, len(datasets))
	for i, id := range datasets {
		if target := w.models[id]; target != nil {
			models[i] = target.model
		}
	}
	return models
}

// miss reports a reference whose target is nowhere, unless the problem is
// that of another document, which is reported by itself.
func (w *workspace) miss(d *document, order int, ref Reference) {
	p := Problem{Pointer: ref.Pointer, Line: ref.Line, Rule: "unknown-" + strings.ReplaceAll(string(ref.To), "_", "-")}
	switch {
	case ref.To.InModel():
		models := w.scope(d, ref)
		if slices.Contains(models, nil) {
			return
		}
		p.Rule, p.Text = "unknown-field", fmt.Sprintf("no dataset that the report lists has a field %s", show(ref.ID))
		if ref.Scope != "" {
			p, _ = models[0].resolve(ref, d.inline)
			p.Text = fmt.Sprintf("%s (dataset %s)", p.Text, printable(ref.Scope))
		}
	case ref.To == RefPage:
		if target := w.reports[ref.Scope]; target == nil || target.unreadable {
			return
		}
		p.Text = fmt.Sprintf("the report %s has no page %s; name another or drop it", printable(ref.Scope), show(ref.ID))
	case ref.To == RefWorkspace:
		p.Text = fmt.Sprintf("the workspace %s is not the one that the document lies in; want %s", show(ref.ID), w.id)
	case ref.To == RefReport || ref.To == RefAlert:
		p.Text = fmt.Sprintf("the workspace has no %s %s; add it or drop the reference", ref.To, show(ref.ID))
	case w.metadata == nil && (ref.To != RefDataset || w.models[ref.ID] != nil):
		return
	case ref.To.IsPrincipal():
		p.Warning = true
		p.Text = fmt.Sprintf("the metadata does not declare the %s %s; a restore can only match it by its id", ref.To, show(ref.ID))
	default:
		p.Text = fmt.Sprintf("the metadata declares no %s %s; declare it or drop the reference", strings.ReplaceAll(string(ref.To), "_", " "), show(ref.ID))
	}
	w.report(d, order, p)
}

// checkVersions checks that no report was made for a version to come.
func (w *workspace) checkVersions() {
	for _, d := range w.docs {
		for _, pin := range d.pins {
			if have, ok := w.metadata.record.versions[pin.dataset]; ok && pin.version > have {
				w.report(d, pin.order, Problem{Pointer: pin.pointer + "/version", Line: pin.line, Rule: "pin-ahead", Text: fmt.Sprintf("the report was made for version %d of the dataset %s, which is at version %d", pin.version, show(pin.dataset), have)})
			}
		}
	}
}

// checkRecords pairs the metadata's records with the entries beside it.
func (w *workspace) checkRecords() {
	for _, f := range w.metadata.defs {
		if f.value.Kind == RefDataset && w.models[f.value.ID] == nil {
			w.report(w.metadata, f.order, Problem{Pointer: f.value.Pointer, Line: f.value.Line, Rule: "missing-model", Text: fmt.Sprintf("the dataset %s has no model.yaml; add it or drop the record", show(f.value.ID))})
		}
	}
	for _, d := range w.docs {
		if d.model != nil && !w.defined[identity{RefDataset, d.name.Asset}] {
			w.report(d, 0, Problem{Rule: "missing-record", Text: "the metadata has no record of this dataset; add one"})
		}
	}
	for _, name := range w.bare {
		kind := RefDataset
		if name.Kind == layout.File {
			kind = RefFile
		}
		if !w.defined[identity{kind, name.Asset}] {
			w.report(&document{name: name, path: name.String()}, 0, Problem{Rule: "missing-record", Text: fmt.Sprintf("the metadata has no record of this %s; add one", kind)})
		}
	}
}

// checkFolders reports each cycle of folders once.
func (w *workspace) checkFolders() {
	r := w.metadata.record
	done := map[string]bool{}
	for _, f := range w.metadata.defs {
		if f.value.Kind != RefFolder {
			continue
		}
		onPath := map[string]int{}
		var path []string
		for id := f.value.ID; id != "" && !done[id]; id = r.parents[id] {
			if start, again := onPath[id]; again {
				names := make([]string, 0, len(path)-start+1)
				for _, id := range append(path[start:], id) {
					names = append(names, r.names[id])
				}
				w.report(w.metadata, f.order, Problem{Pointer: f.value.Pointer, Line: f.value.Line, Rule: "folder-cycle", Text: fmt.Sprintf("folders lie in each other: %s; move one to the top", arrows(names))})
				break
			}
			onPath[id] = len(path)
			path = append(path, id)
		}
		for _, id := range path {
			done[id] = true
		}
	}
}
