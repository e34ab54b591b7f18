package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/internal/docedit"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// documentKinds are the entries, beside the metadata, that say what an asset
// is. Rows are what it holds.
var documentKinds = []layout.Kind{layout.Model, layout.Report, layout.Alert, layout.File, layout.Extension, layout.Audit}

// document returns the document e of the item as it arrives in the target.
// Planning and applying both call it, so that they agree. What it has to say
// about the changes goes to the item; saying it twice does no harm.
func (p *planner) document(ctx context.Context, it *item, e entry) ([]byte, error) {
	kind, ok := schema.KindOf(e.kind)
	if !ok {
		return nil, fmt.Errorf("entry %q is not a document", e.path)
	}
	doc, err := p.readSource(ctx, e)
	if err != nil {
		return nil, err
	}
	refs, err := p.referencesOf(kind, doc)
	if err != nil {
		return nil, err
	}
	a := &adaptation{p: p, it: it}
	if a.attached, err = p.attachedTo(ctx, it, kind, refs); err != nil {
		return nil, err
	}
	a.resolve(refs)
	var out []byte
	if kind == schema.KindModel {
		out, err = a.applyModel(doc)
	} else {
		out, err = a.applyDocument(kind, doc)
	}
	if err != nil {
		it.block("its document cannot be edited as the import needs: %v", err)
		return doc, nil
	}
	a.hand(it)
	return out, nil
}

// hand gives the item what was found out on the way.
func (a *adaptation) hand(it *item) {
	for _, c := range a.changes {
		it.saying().changes = addOnce(it.said().changes, c)
	}
	for _, b := range a.blocked {
		it.saying().blocked = addOnce(it.said().blocked, b)
	}
	for _, s := range a.asleep {
		if !slices.Contains(it.said().asleep, s) {
			it.saying().asleep = append(it.said().asleep, s)
		}
	}
}

func (a *adaptation) applyModel(doc []byte) ([]byte, error) {
	var err error
	if len(a.set) > 0 {
		if doc, err = docedit.Replace(docedit.YAML, doc, a.set); err != nil {
			return nil, err
		}
	}
	return a.p.rewrite(docedit.YAML, doc)
}

func (a *adaptation) applyDocument(kind schema.Kind, doc []byte) ([]byte, error) {
	out, err := a.apply(doc)
	if err != nil {
		return nil, err
	}
	return editJSON(out, func(e *jsonEditor) error {
		if kind == schema.KindAlert {
			if err := a.alert(e); err != nil {
				return err
			}
		}
		if a.it.policy == Fork {
			return a.p.markCopy(e, a.it, "")
		}
		return nil
	})
}

// alert sees to it that an alert which is not simply put back does not fire,
// and that one without recipients is not imported.
func (a *adaptation) alert(e *jsonEditor) error {
	if err := a.recipients(e); err != nil {
		return err
	}
	if err := a.webhooks(e); err != nil {
		return err
	}
	if a.p.same && a.it.policy != Fork {
		return nil
	}
	state, _, err := e.inner.Get("/state/status")
	if err != nil {
		return err
	}
	if sameJSON(state, quote("paused")) {
		return nil
	}
	a.change("arrives paused")
	a.sleep("alert", "it is paused", `set /state/status of the alert to "active"`)
	return e.set("/state", json.RawMessage(`{"status": "paused"}`))
}

// channels are what a plan has to know of an alert's channels.
type channel struct {
	Type       string            `json:"type"`
	To         []json.RawMessage `json:"to"`
	SecretSlot string            `json:"secret_slot"`
}

func readChannels(e *jsonEditor) ([]channel, error) {
	raw, ok, err := e.inner.Get("/channels")
	if err != nil || !ok {
		return nil, err
	}
	var channels []channel
	if err := json.Unmarshal(raw, &channels); err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	return channels, nil
}

// recipients removes in-app channels whose last recipient was dropped.
func (a *adaptation) recipients(e *jsonEditor) error {
	if !a.dropped {
		return nil
	}
	channels, err := readChannels(e)
	if err != nil {
		return err
	}
	left := len(channels)
	for i := len(channels) - 1; i >= 0; i-- {
		if channels[i].Type == "in_app" && len(channels[i].To) == 0 {
			left--
			if err := e.delete(fmt.Sprintf("/channels/%d", i)); err != nil {
				return err
			}
		}
	}
	if left == 0 && len(channels) > 0 {
		a.block("none of its recipients is in the target: map them, or create them first")
	}
	return nil
}
