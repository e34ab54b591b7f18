package schema

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
)

// check looks across the documents once all are read.
func (w *workspace) check() {
	if w.id == "" {
		return
	}
	if w.metadata == nil {
		d := &document{name: layout.Name{Kind: layout.Metadata, Workspace: w.id}}
		d.path = d.name.String()
		w.report(d, 0, Problem{Rule: "missing-metadata", Text: "the workspace has no metadata.json; nothing that it declares can be checked"})
	}
	for _, d := range w.docs {
		w.define(d)
	}
	if w.metadata != nil && w.metadata.unreadable {
		w.metadata = nil
	}
	for _, d := range w.docs {
		w.checkPath(d)
		for _, f := range d.refs {
			w.resolve(d, f.order, f.value)
		}
		w.checkPins(d)
	}
	if w.metadata != nil {
		w.checkRecords()
		w.checkFolders()
	}
}

// define notes what a document defines for others to refer to.
func (w *workspace) define(d *document) {
	if d.unreadable && (d.name.Kind == layout.Report || d.name.Kind == layout.Alert) {
		w.defined[identity{RefKind(d.name.Kind.String()), d.name.Asset}] = d.path
	}
	for _, f := range d.defs {
		def := f.value
		if def.Kind.InModel() || !def.Kind.IsUUID() && d.name.Kind != layout.Metadata {
			continue
		}
		k := identity{def.Kind, def.ID}
		if def.Kind.IsUUID() {
			for _, other := range []RefKind{RefWorkspace, RefDataset, RefReport, RefAlert, RefFile, RefFolder, RefTag, RefSavedQuery} {
				// Within one document it is for Validate to say.
				if path, taken := w.defined[identity{other, def.ID}]; taken && path != d.path {
					w.report(d, f.order, Problem{Pointer: def.Pointer, Line: def.Line, Rule: "duplicate-id", Text: fmt.Sprintf("the id %s is taken by the %s in %s; choose another", show(def.ID), other, path)})
				}
			}
		}
		w.defined[k] = d.path
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

// resolve checks that one reference has its target.
func (w *workspace) resolve(d *document, order int, ref Reference) {
	switch {
	case ref.To.InModel():
		if d.model == nil {
			w.resolveInModel(d, order, ref)
		}
		return
	case ref.To == RefPage:
		w.resolvePage(d, order, ref)
		return
	case ref.To == RefLink || ref.To == RefEmbed || ref.To == RefSecret:
		return
	case ref.To == RefRole && IsBuiltinRole(ref.ID):
		return
	case ref.To == RefWorkspace && ref.ID == w.id:
		return
	case w.defined[identity{ref.To, ref.ID}] != "" && ref.To != RefWorkspace:
		return
	case w.metadata == nil && ref.To != RefDataset && ref.To != RefReport && ref.To != RefAlert && ref.To != RefWorkspace:
		return
	case w.metadata == nil && ref.To == RefDataset && w.models[ref.ID] != nil:
		return
	}
	p := Problem{Pointer: ref.Pointer, Line: ref.Line, Rule: "unknown-" + strings.ReplaceAll(string(ref.To), "_", "-")}
	switch {
	case ref.To == RefWorkspace:
		p.Text = fmt.Sprintf("the workspace %s is not the one that the document lies in; want %s", show(ref.ID), w.id)
	case ref.To.IsPrincipal():
		p.Warning = true
		p.Text = fmt.Sprintf("the metadata does not declare the %s %s; a restore can only match it by its id", ref.To, show(ref.ID))
	case ref.To == RefReport || ref.To == RefAlert:
		p.Text = fmt.Sprintf("the workspace has no %s %s; add it or drop the reference", ref.To, show(ref.ID))
	default:
		p.Text = fmt.Sprintf("the metadata declares no %s %s; declare it or drop the reference", strings.ReplaceAll(string(ref.To), "_", " "), show(ref.ID))
	}
	w.report(d, order, p)
}

// resolveInModel looks a measure, dimension, column or field up in the model
// of the dataset that the reference is scoped to, or of any that the report
// lists. Datasets without a model are reported elsewhere.
func (w *workspace) resolveInModel(d *document, order int, ref Reference) {
	if ref.Scope != "" {
		target := w.models[ref.Scope]
		if target == nil || target.model == nil {
			return
		}
		if p, ok := target.model.resolve(ref, d.inline); !ok {
			p.Text = fmt.Sprintf("%s (dataset %s)", p.Text, printable(ref.Scope))
			w.report(d, order, p)
		}
		return
	}
	known := false
	for _, pin := range d.pins {
		target := w.models[pin.dataset]
		if target == nil || target.model == nil {
			return
		}
		if _, ok := target.model.resolve(ref, d.inline); ok {
			known = true
		}
	}
	if !known {
		w.report(d, order, Problem{Pointer: ref.Pointer, Line: ref.Line, Rule: "unknown-field", Text: fmt.Sprintf("no dataset that the report lists has a field %s", show(ref.ID))})
	}
}

func (w *workspace) resolvePage(d *document, order int, ref Reference) {
	target := w.reports[ref.Scope]
	if target == nil {
		return
	}
	for _, f := range target.defs {
		if f.value.Kind == RefPage && f.value.ID == ref.ID {
			return
		}
	}
	w.report(d, order, Problem{Pointer: ref.Pointer, Line: ref.Line, Rule: "unknown-page", Text: fmt.Sprintf("the report %s has no page %s; name another or drop it", printable(ref.Scope), show(ref.ID))})
}

// checkPins checks that a report lists what it uses, in a version that exists.
func (w *workspace) checkPins(d *document) {
	if d.name.Kind != layout.Report {
		return
	}
	listed := map[string]bool{}
	for _, pin := range d.pins {
		if listed[pin.dataset] {
			w.report(d, pin.order, Problem{Pointer: pin.pointer, Line: pin.line, Rule: "duplicate-pin", Text: fmt.Sprintf("the dataset %s is listed twice; keep one", show(pin.dataset))})
		}
		listed[pin.dataset] = true
		if w.metadata == nil {
			continue
		}
		if have, ok := w.metadata.record.versions[pin.dataset]; ok && pin.version > have {
			w.report(d, pin.order, Problem{Pointer: pin.pointer + "/version", Line: pin.line, Rule: "pin-ahead", Text: fmt.Sprintf("the report was made for version %d of the dataset %s, which is at version %d", pin.version, show(pin.dataset), have)})
		}
	}
	for _, f := range d.refs {
		if ref := f.value; ref.To == RefDataset && !listed[ref.ID] {
			w.report(d, f.order, Problem{Pointer: ref.Pointer, Line: ref.Line, Rule: "unlisted-dataset", Text: fmt.Sprintf("the dataset %s is used but not listed; add it to datasets with its version", show(ref.ID))})
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
		if d.model != nil && w.defined[identity{RefDataset, d.name.Asset}] == "" {
			w.report(d, 0, Problem{Rule: "missing-record", Text: "the metadata has no record of this dataset; add one"})
		}
	}
	for _, name := range w.bare {
		kind := RefDataset
		if name.Kind == layout.File {
			kind = RefFile
		}
		if w.defined[identity{kind, name.Asset}] == "" {
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
