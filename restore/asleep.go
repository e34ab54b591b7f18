package restore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/schema"
)

// Asleep is something that the import switches off, so that nothing happens in
// the world because of it. Its JSON is stable: members are only ever added.
type Asleep struct {
	Kind  string `json:"kind"`           // alert, schedule, webhook, connection, link or embed
	Asset string `json:"asset"`          // id, in the target, of the alert, dataset or whatever the link leads to; a connection's name
	Name  string `json:"name,omitempty"` // of the asset
	What  string `json:"what"`           // a sentence: what is off, and why
	Wake  string `json:"wake"`           // a sentence: what to do to switch it on
}

// sleep notes that something of the adaptation's document arrives switched off.
func (a *adaptation) sleep(kind, what, wake string) {
	s := Asleep{Kind: kind, Asset: a.it.targetID, Name: a.it.arrivingName(), What: what, Wake: wake}
	if !slices.Contains(a.asleep, s) {
		a.asleep = append(a.asleep, s)
	}
}

// arrivingName is the name that the item has in the target.
func (it *item) arrivingName() string {
	if it.targetID != it.id && it.copied().newName != "" {
		return it.copied().newName
	}
	return it.name
}

// webhooks notes the webhooks whose keys have to be entered. What arrives as a
// copy, or in another tenant, does not even name the slot: the slot of that
// name might hold a key of somebody else there.
func (a *adaptation) webhooks(e *jsonEditor) error {
	channels, err := readChannels(e)
	if err != nil {
		return err
	}
	moved := !a.p.same || a.it.policy == Fork
	for i, c := range channels {
		switch {
		case c.SecretSlot == "":
		case moved:
			a.change("its webhook arrives without its key, which was in slot %q", c.SecretSlot)
			a.sleep("webhook", "its key is not in the archive, and the slot is not taken over",
				fmt.Sprintf("put the key into a secret slot, and set /channels/%d/secret_slot of the alert to its name; it was %q", i, c.SecretSlot))
			if err := e.delete(fmt.Sprintf("/channels/%d/secret_slot", i)); err != nil {
				return err
			}
		case a.it.policy != Overwrite && a.it.policy != Ask:
			a.change("its webhook's key is not in the archive and has to be entered again")
			a.sleep("webhook", "its key is not in the archive", fmt.Sprintf("put the key into the secret slot %q", c.SecretSlot))
		}
	}
	return nil
}

// schedule switches the refresh of a dataset off that arrives as a copy or in
// another tenant, unless the target has the same schedule on already.
func (m *metadata) schedule(a *arrival, ad *adaptation) error {
	if a.asset == nil || a.asset.kind != Dataset || m.p.same && a.asset.policy != Fork {
		return nil
	}
	type refresh struct {
		Cron, Timezone string
		Enabled        bool
	}
	read := func(raw []byte) refresh {
		var rec struct{ Refresh refresh }
		_ = json.Unmarshal(raw, &rec) // of another shape: validation reports it
		return rec.Refresh
	}
	ours := read(a.text)
	if !ours.Enabled || ours == read(m.byKey["datasets"][a.asset.targetID].raw) {
		return nil
	}
	ad.change("its refresh schedule arrives off")
	ad.sleep("schedule", fmt.Sprintf("its refresh (%s, %s) is off", ours.Cron, ours.Timezone), "set /refresh/enabled to true in the dataset's record")
	var err error
	a.text, err = editJSON(a.text, func(e *jsonEditor) error { return e.set("/refresh/enabled", json.RawMessage("false")) })
	return err
}

// asleep returns what the workspace's own records bring that is off: doors
// that were open, and connections without their secrets.
func (m *metadata) asleep(after *records) []Asleep {
	var all []Asleep
	there := m.theirs.byKey("grants")
	now := after.byKey("grants")
	for _, a := range m.arriving["grants"] {
		grant := readGrant(a.raw)
		rec, arrived := now[a.to]
		own, had := there[a.to]
		if !arrived || had && sameJSON(own.raw, rec.raw) || grant.State == "closed" || !grant.isDoor() || readGrant(rec.raw).State != "closed" {
			continue
		}
		to := readGrant(rec.raw).Resource
		all = append(all, Asleep{
			Kind: grant.Principal.Type, Asset: to.ID, Name: m.p.nameInTarget(m.ws, Kind(to.Type), to.ID),
			What: fmt.Sprintf("the %s that was open is closed", grant.Principal.Type), Wake: fmt.Sprintf("set the state of grant %s to active", a.to),
		})
	}
	for _, rec := range after.lists["connections"] {
		if has := m.p.dst.links.find(m.ws.targetID, rec.key); has != nil && sameJSON(endpoint(has), endpoint(rec.raw)) {
			continue
		}
		var c struct {
			Slot string `json:"secret_slot"`
		}
		_ = json.Unmarshal(rec.raw, &c)
		if c.Slot == "" {
			continue
		}
		s := Asleep{Kind: "connection", Asset: rec.key, What: "no archive holds its secret", Wake: fmt.Sprintf("put its credentials into the secret slot %q", c.Slot)}
		if original, ok := strings.CutSuffix(rec.key, detachedSuffix); ok {
			s.What = fmt.Sprintf("it leads where %q of the archive led, which is not where %q of the target leads", original, original)
			s.Wake += fmt.Sprintf("; or import with %q mapped to the connection of the target that is meant", original)
		}
		all = append(all, s)
	}
	return all
}

// grantRecord is what has to be known of a grant's record.
type grantRecord struct {
	Resource  struct{ Type, ID string }
	Principal struct{ Type, ID string }
	State     string
}

func readGrant(raw []byte) grantRecord {
	var g grantRecord
	_ = json.Unmarshal(raw, &g) // of another shape: validation reports it
	return g
}

func (g *grantRecord) isDoor() bool {
	return g.Principal.Type == string(schema.RefLink) || g.Principal.Type == string(schema.RefEmbed)
}

func isInvited(raw []byte) bool { return statusOf(raw) == "invited" }

func isActive(raw []byte) bool { return statusOf(raw) == "active" }

func statusOf(raw []byte) string {
	var u struct{ Status string }
	_ = json.Unmarshal(raw, &u) // of another shape: validation reports it
	return u.Status
}

// nameInTarget returns the name of an asset of the target after the import, as
// far as the plan knows it.
func (p *planner) nameInTarget(ws *item, kind Kind, id string) string {
	if it := p.itemAt(key{kind, ws.targetID, id}); it != nil {
		return it.arrivingName()
	}
	if a := p.dst.assets.get(key{kind, ws.targetID, id}); a != nil {
		return a.name
	}
	return ""
}
