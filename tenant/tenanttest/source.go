package tenanttest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// OpenSourceFunc opens a new snapshot of one and the same tenant, which must
// have at least two entries and not change while the suite runs. It reports
// trouble with tb.Fatal; the suite closes the source.
type OpenSourceFunc func(tb testing.TB) tenant.Source

// A sourcePromise is one property of every source. The checker has no subject.
type sourcePromise struct {
	name  string
	check func(c *checker, open OpenSourceFunc)
}

// RunSource checks, for an implementation that can only be read, what can be
// checked of a [tenant.Source] whose content the suite does not know. An
// implementation that has a Target as well is checked better by [Run].
func RunSource(t *testing.T, open OpenSourceFunc) {
	for _, p := range sourcePromises {
		t.Run(p.name, func(t *testing.T) { p.run(t, open) })
	}
}

func (p sourcePromise) run(tb testing.TB, open OpenSourceFunc) {
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	p.check(&checker{TB: tb, ctx: ctx}, open)
}

// source opens a source that is closed at the end of the test.
func (c *checker) source(open OpenSourceFunc) tenant.Source {
	c.Helper()
	src := open(c)
	c.Cleanup(func() { _ = src.Close() })
	return src
}

// listed returns the entries of a listing that must not fail.
func (c *checker) listed(src tenant.Source, sel tenant.Selection) []tenant.Entry {
	c.Helper()
	var all []tenant.Entry
	for e, err := range src.Entries(c.ctx, sel) {
		if err != nil {
			c.Fatalf("Entries: %v", err)
		}
		all = append(all, e)
	}
	return all
}

// all reads everything that a source has.
func (c *checker) all(src tenant.Source) []original {
	c.Helper()
	got, err := c.read(src.Entries(c.ctx, everything))
	if err != nil {
		c.Fatalf("reading the source: %v", err)
	}
	if len(got) < 2 {
		c.Fatalf("the source has %d entries; the suite needs two or more", len(got))
	}
	return got
}

var sourcePromises = []sourcePromise{
	{"the tenant has an id that archives accept", func(c *checker, open OpenSourceFunc) {
		info, err := c.source(open).Tenant(c.ctx)
		if err == nil {
			err = info.Check()
		}
		if err != nil {
			c.Error(err)
		}
	}},
	{"entries come in canonical order, each once", func(c *checker, open OpenSourceFunc) {
		entries := c.listed(c.source(open), everything)
		for i, e := range entries {
			if _, err := tenant.EntryPath(e.Name); err != nil {
				c.Error(err)
			}
			if i > 0 && layout.Compare(entries[i-1].Name, e.Name) >= 0 {
				c.Errorf("%s comes after %s", e.Name, entries[i-1].Name)
			}
		}
	}},
	{"stated sizes and digests are true, and reading again gives the same", func(c *checker, open OpenSourceFunc) {
		src := c.source(open)
		first := c.all(src)
		c.same("second reading", c.all(src), first)
		c.same("second snapshot", c.all(c.source(open)), first)
	}},
	{"a listing can be left early and taken again", func(c *checker, open OpenSourceFunc) {
		src := c.source(open)
		for range src.Entries(c.ctx, everything) {
			break
		}
		if again := c.listed(src, everything); len(again) < 2 {
			c.Errorf("the second listing has %d entries", len(again))
		}
	}},
	{"contents may be read concurrently", func(c *checker, open OpenSourceFunc) {
		src := c.source(open)
		want := c.all(src)
		got := make([]original, len(want))
		var wg sync.WaitGroup
		for i, e := range c.listed(src, everything) {
			wg.Go(func() {
				content, err := c.content(e)
				if err != nil {
					c.Errorf("%s: %v", e.Name, err)
				}
				got[i] = original{e.Name.String(), content}
			})
		}
		wg.Wait()
		c.same("concurrent reading", got, want)
	}},
	{"selections yield exactly what they select", checkSelections},
	{"an unknown workspace is ErrNoEntry", func(c *checker, open OpenSourceFunc) {
		src := c.source(open)
		for _, id := range []string{absent, "", "../.."} {
			if _, err := c.read(src.Entries(c.ctx, tenant.Selection{Workspaces: []string{id}})); !errors.Is(err, tenant.ErrNoEntry) {
				c.Errorf("workspace %q: error %v, want tenant.ErrNoEntry", id, err)
			}
		}
	}},
	{"a cancelled context ends reading", func(c *checker, open OpenSourceFunc) {
		src := c.source(open)
		if _, err := c.read(src.Entries(c.cancelled(), everything)); !errors.Is(err, context.Canceled) {
			c.Errorf("Entries: error %v, want context.Canceled", err)
		}
		if r, err := c.listed(src, everything)[0].Open(c.cancelled()); err == nil {
			_ = r.Close()
			c.Error("Open ignores a cancelled context")
		}
	}},
	{"a closed source yields nothing more", func(c *checker, open OpenSourceFunc) {
		src := c.source(open)
		entries := c.listed(src, everything)
		if err := src.Close(); err != nil {
			c.Fatal(err)
		}
		if r, err := entries[0].Open(c.ctx); err == nil {
			_ = r.Close()
			c.Error("Open works on a closed source")
		}
		if _, err := c.read(src.Entries(c.ctx, everything)); err == nil {
			c.Error("Entries works on a closed source")
		}
	}},
}

// checkSelections compares what selections yield with the same part of the
// whole listing.
func checkSelections(c *checker, open OpenSourceFunc) {
	src := c.source(open)
	whole := c.listed(src, everything)
	selections := []tenant.Selection{{}, {Rows: true}, {Audit: true}}
	for _, e := range whole {
		switch e.Name.Kind {
		case layout.Metadata:
			selections = append(selections, tenant.Selection{Workspaces: []string{e.Name.Workspace, e.Name.Workspace}, Rows: true})
		case layout.Rows:
			selections = append(selections, tenant.Selection{RowsOf: map[string]bool{e.Name.Asset: true}})
		}
	}
	for _, sel := range selections {
		var want, got []layout.Name
		for _, e := range whole {
			if sel.Selects(e.Name) {
				want = append(want, e.Name)
			}
		}
		for _, e := range c.listed(src, sel) {
			got = append(got, e.Name)
		}
		if !slices.Equal(got, want) {
			c.Errorf("selection %+v yields %v, want %v", sel, got, want)
		}
	}
}
