package restore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/mapping"
)

// planLongWay plans without any shortcut.
func planLongWay(a source, digest layout.Digest, target *memTarget, opts Options) (*Plan, error) {
	longWay = true
	defer func() { longWay = false }()
	return planOn(a, digest, nil, target, opts)
}

func planOn(a source, digest layout.Digest, known *reading, target *memTarget, opts Options) (*Plan, error) {
	ctx := context.Background()
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, err
	}
	p, err := newPlannerOn(ctx, a, digest, known, target, info, opts)
	if err != nil {
		return nil, err
	}
	p.src.shared.Store(true)
	return p.plan(ctx)
}

// counting is an archive that counts which documents are read.
type counting struct {
	*memArchive
	reads map[string]int
	limit int64 // of the last document
}

func counted(a *memArchive) *counting { return &counting{memArchive: a, reads: map[string]int{}} }

func (c *counting) ReadDocument(ctx context.Context, path string, limit int64) ([]byte, error) {
	c.reads[path]++
	c.limit = limit
	return c.memArchive.ReadDocument(ctx, path, limit)
}

func (c *counting) total() (n int) {
	for _, times := range c.reads {
		n += times
	}
	return n
}

// flaws are edits that leave a tenant with something wrong, as archives that
// were made with leave to hold broken documents have it.
var flaws = []struct{ in, old, new string }{
	{"/metadata.json", `"id": "team_all"`, `"id": "team_none"`},                                    // principals that nobody declares
	{"/metadata.json", `"name": "dwh"`, `"name": "dwh2"`},                                          // a connection of another name
	{"/metadata.json", `"version": 2`, `"version": 0`},                                             // a record that breaks its schema
	{"/metadata.json", `"datasets": [`, `"datasets_were": [`},                                      // records that are missing
	{"/metadata.json", `"name": "F"`, `"name": "G"`},                                               // no flaw at all
	{"/model.yaml", "id: m,", "id: other,"},                                                        // a measure that reports use
	{"/model.yaml", "dataset: d", "dataset: 7"},                                                    // not valid
	{"/model.yaml", "measures:", "measures: ["},                                                    // not YAML
	{"/reports/", `"pages": [`, `"sheets": [`},                                                     // not valid
	{"/reports/", `"workspace": "`, `"workspace": "f`},                                             // not valid, and of no workspace
	{"/reports/", `"version": 1`, `"version": 9`},                                                  // of a version to come
	{"/alerts/", `"measure": "m"`, `"measure": "gone"`},                                            // a measure that nobody has
	{"/alerts/", `"op": "\u003e"`, `"op": "?"`},                                                    // not valid
	{"/alerts/", `"state": {`, `"channels": [{"type":"webhook","secret_slot":"key"}], "state": {`}, // a key that no archive has
}

// flawed returns the world with some flaws in it.
func (g tenants) flawed(w world) world {
	w = w.clone()
	for range g.upTo(3, "flaws") {
		flaw := rapid.SampledFrom(flaws).Draw(g.t, "flaw")
		for _, path := range w.paths() {
			if strings.Contains(path, flaw.in) && g.flip("there") {
				w[path] = strings.Replace(w[path], flaw.old, flaw.new, 1)
			}
		}
	}
	return w
}

// TestShortcutsChangeNothing draws archives, sound and flawed, targets and
// options. A plan says the same whether the documents that arrive as they are
// were edited and validated or not, whether workspaces that end up as in the
// archive were looked through or not, and whether an earlier plan's reading
// served it.
func TestShortcutsChangeNothing(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		g := tenants{rt}
		archived := g.flawed(g.draw())
		target := g.state(g.flawed(archived)).memory(rapid.SampledFrom([]string{"corp", "corp", "corp", "other"}).Draw(rt, "tenant"))
		opts := g.options(archived)
		a := archived.archive("corp")
		long, short, again := counted(a), counted(a), counted(a)
		want, wantErr := planLongWay(long, a.digest(), target, opts)
		got, err := planOn(short, a.digest(), nil, target, opts)
		const unread = "restore: read the archive: "
		if wantErr != nil && len(opts.Select) > 0 && strings.HasPrefix(wantErr.Error(), unread) && (err == nil || strings.HasPrefix(err.Error(), unread)) {
			counts["broken elsewhere"]++ // the first fault is in a workspace that is not looked into
			return
		}
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			rt.Fatalf("error %v\nthe long way %v", err, wantErr)
		}
		if err != nil {
			counts["refused"]++
			return
		}
		if one, two := planText(rt, want), planText(rt, got); one != two {
			rt.Fatalf("the plan differs from the one made the long way:\n%s\nlong:\n%s", two, one)
		}
		if len(got.BlockedSteps()) > 0 {
			counts["blocked"]++
		}
		if short.total() < long.total() {
			counts["fewer reads"]++
		}
		// What the first plan has read serves any other of the archive.
		other, err := planOn(again, a.digest(), got.made.reading(), world{}.memory("corp"), Options{})
		if err != nil {
			rt.Fatal(err)
		}
		if fresh, err := planOn(a, a.digest(), nil, world{}.memory("corp"), Options{}); err != nil || planText(rt, fresh) != planText(rt, other) {
			rt.Fatalf("another plan from the same reading differs: %v", err)
		}
		third, err := planOn(a, a.digest(), got.made.reading(), target, opts)
		if err != nil || planText(rt, third) != planText(rt, got) {
			rt.Fatalf("the plan made again from its reading differs: %v", err)
		}
	})
	if counts["fewer reads"] == 0 || counts["blocked"] == 0 {
		t.Errorf("the drawn cases are one-sided: %v", counts)
	}
}

func planText(t *rapid.T, p *Plan) string {
	doc, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

// TestArrivesAsIs says for each kind of document when it is not even read
// again.
func TestArrivesAsIs(t *testing.T) {
	keyed := sampleWorld().edit(t, dropPath, `"channels": [`, `"channels": [{"type": "webhook", "secret_slot": "hook"}, `)
	returnsModel := strings.Replace(ordersModel, orders, returns, 1)
	for name, c := range map[string]struct {
		archived, target world
		of               string // tenant of the target
		opts             Options
		read             []string // documents that are edited
		checked          bool     // the workspace is looked through, which reads each document once
	}{
		"everything, where it came from":             {archived: sampleWorld(), target: world{}, of: "corp"},
		"nothing changed":                            {archived: sampleWorld(), target: sampleWorld(), of: "corp", opts: Options{OnConflict: Overwrite}},
		"a key is no matter of files, but of alerts": {archived: keyed, target: world{}, of: "corp", read: []string{dropPath}},
		"an owner who is not there":                  {archived: sampleWorld(), target: world{}, of: "other", opts: Options{AllowOtherTenant: true, Mapping: createConnections()}, read: []string{ordersModel, revenuePath, dropPath}},
		"another connection":                         {archived: sampleWorld(), target: sampleWorld().edit(t, salesMeta, `"name": "warehouse"`, `"name": "dwh"`), of: "corp", opts: Options{OnConflict: Overwrite, Mapping: mapping.Map{Connections: mapping.Section{Entries: map[string]mapping.Entry{"warehouse": mapping.To("dwh")}}}}, read: []string{ordersModel, returnsModel}, checked: true},
		"copies":                                     {archived: sampleWorld(), target: world{}, of: "corp", opts: Options{PerAsset: map[string]Choice{revenue: {Decision: Fork}}}, read: []string{revenuePath, dropPath, ordersModel, returnsModel, detailPath}, checked: true},
		"what is drilled to is skipped":              {archived: sampleWorld(), target: world{}, of: "corp", opts: Options{PerAsset: map[string]Choice{detail: {Decision: Skip}}}, read: []string{revenuePath}, checked: true},
	} {
		t.Run(name, func(t *testing.T) {
			a := counted(c.archived.archive("corp"))
			target := c.target.memory(c.of)
			first, err := planOn(a, a.digest(), nil, target, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			clear(a.reads)
			if _, err := planOn(a, a.digest(), first.made.reading(), target, c.opts); err != nil {
				t.Fatal(err)
			}
			once := 0
			if c.checked {
				once = 1
			}
			for _, path := range c.read {
				if a.reads[path] <= once {
					t.Errorf("%s needs an edit and was not read for it", path)
				}
				delete(a.reads, path)
			}
			for path, times := range a.reads {
				if times > once && !strings.HasSuffix(path, "/metadata.json") {
					t.Errorf("%s arrives as it is and was read", path)
				}
			}
		})
	}
}

// TestReadingsServeOneArchive counts the reads of plans that are made from an
// earlier plan's reading.
func TestReadingsServeOneArchive(t *testing.T) {
	a := sampleWorld().archive("corp")
	target := world{}.memory("corp")
	first, err := planOn(a, a.digest(), nil, target, Options{})
	if err != nil {
		t.Fatal(err)
	}
	changed := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Turnover"`).archive("corp")
	for name, c := range map[string]struct {
		a      *memArchive
		digest layout.Digest
		opts   Options
		serves bool
	}{
		"the same":               {a, a.digest(), Options{}, true},
		"other options":          {a, a.digest(), Options{OnConflict: Skip, Rows: true}, true},
		"another manifest":       {changed, changed.digest(), Options{}, false},
		"no manifest":            {a, layout.Digest{}, Options{}, false},
		"another limit of sizes": {a, a.digest(), Options{MaxDocument: 1 << 20}, false},
	} {
		t.Run(name, func(t *testing.T) {
			from := counted(c.a)
			plan, err := planOn(from, c.digest, first.made.reading(), target, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			if serves := from.reads[detailPath] == 0; serves != c.serves {
				t.Errorf("served: %v, reads %v", serves, from.reads)
			}
			fresh, err := planOn(c.a, c.digest, nil, target, c.opts)
			if err != nil || string(marshal(t, fresh)) != string(marshal(t, plan)) {
				t.Errorf("the plan differs from one that read everything: %v", err)
			}
			if c.opts.MaxDocument != 0 && from.limit != c.opts.MaxDocument {
				t.Errorf("documents of %d bytes are read", from.limit)
			}
		})
	}
	t.Run("with a lower limit than a document", func(t *testing.T) {
		small := &limited{memArchive: a}
		if _, err := planOn(small, a.digest(), first.made.reading(), target, Options{MaxDocument: 10}); err == nil || !strings.Contains(err.Error(), "larger than 10 bytes") {
			t.Errorf("error %v", err)
		}
	})
}

// limited is an archive that keeps to limits.
type limited struct{ *memArchive }

func (l *limited) ReadDocument(ctx context.Context, path string, limit int64) ([]byte, error) {
	doc, err := l.memArchive.ReadDocument(ctx, path, limit)
	if err == nil && int64(len(doc)) > limit {
		err = fmt.Errorf("larger than %d bytes", limit)
	}
	return doc, err
}

// TestApplyReadsOnce counts what applying a plan reads: every document that it
// writes once, when this process made the plan, and as often as planning does
// when the plan comes from a file.
func TestApplyReadsOnce(t *testing.T) {
	a := counted(sampleWorld().archive("corp"))
	target := world{}.memory("corp")
	plan, err := planOn(a, a.digest(), nil, target, Options{})
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParsePlan(marshal(t, plan))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		plan *Plan
		want int
	}{{plan, 1}, {read, 2}} {
		clear(a.reads)
		into := world{}.memory("corp")
		if _, err := apply(context.Background(), c.plan, a, a.digest(), into, ApplyOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{revenuePath, detailPath, dropPath, ordersModel} {
			if a.reads[path] != c.want {
				t.Errorf("%s was read %d times, want %d", path, a.reads[path], c.want)
			}
		}
		if into.content[revenuePath] != sampleWorld()[revenuePath] {
			t.Error("another content was written")
		}
	}
	// The reading of another archive does not serve: what it says is not so.
	changed := sampleWorld().edit(t, revenuePath, `"name": "Revenue"`, `"name": "Turnover"`).archive("corp")
	foreign, err := planOn(changed, changed.digest(), nil, target, Options{})
	if err != nil {
		t.Fatal(err)
	}
	read.made = foreign.made
	into := world{}.memory("corp")
	if _, err := apply(context.Background(), read, a, a.digest(), into, ApplyOptions{}); err != nil {
		t.Error(err)
	}
}
