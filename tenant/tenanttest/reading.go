package tenanttest

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"sync"
	"testing/iotest"

	"github.com/oneanalytics/oa-archive/tenant"
)

var listingPromises = []promise{
	{"a blank tenant has no entries", func(c *checker) {
		c.same("snapshot", c.now(everything), nil)
		c.same("inventory", c.inventory(c.subject.Target()), nil)
	}},
	{"the tenant is described as it was made", func(c *checker) {
		got, err := c.subject.Target().Tenant(c.ctx)
		if err != nil || !reflect.DeepEqual(got, Tenant) {
			c.Errorf("Target.Tenant: %+v, %v; want %+v", got, err, Tenant)
		}
		got, err = c.snapshot().Tenant(c.ctx)
		if err != nil || !reflect.DeepEqual(got, Tenant) {
			c.Errorf("Source.Tenant: %+v, %v; want %+v", got, err, Tenant)
		}
	}},
	{"entries come in canonical order", func(c *checker) {
		shuffled := sample()
		slices.Reverse(shuffled)
		c.store(shuffled...)
		c.same("snapshot", c.now(everything), sample())
		c.same("inventory", c.inventory(c.subject.Target()), sample())
	}},
	{"the inventory states every size and digest", func(c *checker) {
		c.store(sample()...)
		for e, err := range c.subject.Target().Inventory(c.ctx) {
			if err != nil {
				c.Fatal(err)
			}
			if e.Size < 0 || e.Digest.IsZero() {
				c.Errorf("%s: size %d, digest %s", e.Name, e.Size, e.Digest)
			}
		}
	}},
	{"a listing can be left early and taken again", func(c *checker) {
		c.store(sample()...)
		src := c.snapshot()
		for range 2 {
			n := 0
			for _, err := range src.Entries(c.ctx, everything) {
				if n++; err != nil || n == 3 {
					break
				}
			}
		}
		got, err := c.read(src.Entries(c.ctx, everything))
		if err != nil {
			c.Fatal(err)
		}
		c.same("third listing", got, sample())
	}},
	{"two thousand entries keep order and content", func(c *checker) {
		want := many(2000)
		c.store(want...)
		c.same("snapshot", c.now(everything), want)
		c.same("inventory", c.inventory(c.subject.Target()), want)
	}},
	{"tenants do not see each other's entries", func(c *checker) {
		other := c.open(c, tenant.Info{ID: "suite.2", Name: "Other"})
		c.store(sample()...)
		second := &checker{TB: c.TB, ctx: c.ctx, open: c.open, subject: other}
		second.same("the other tenant", second.now(everything), nil)
		second.store(sample()[0])
		c.same("the first tenant", c.now(everything), sample())
	}},
}

var selectionPromises = []promise{
	{"the zero selection leaves out rows and the audit trail", selecting(tenant.Selection{})},
	{"Rows selects the rows of all datasets", selecting(tenant.Selection{Rows: true})},
	{"RowsOf selects the rows of the datasets named", selecting(tenant.Selection{RowsOf: map[string]bool{dataset2: true}})},
	{"Audit selects the audit trail", selecting(tenant.Selection{Audit: true})},
	{"Workspaces narrows to those named", selecting(tenant.Selection{Workspaces: []string{workspaceA}, Rows: true})},
	{"a workspace named twice is yielded once", selecting(tenant.Selection{Workspaces: []string{workspaceB, workspaceA, workspaceB}})},
	{"an unknown workspace is ErrNoEntry", func(c *checker) {
		c.store(sample()...)
		src := c.snapshot()
		for _, id := range []string{absent, "", "../..", "%"} {
			got, err := c.read(src.Entries(c.ctx, tenant.Selection{Workspaces: []string{workspaceA, id}}))
			if !errors.Is(err, tenant.ErrNoEntry) {
				c.Errorf("workspace %q: %d entries, error %v; want tenant.ErrNoEntry", id, len(got), err)
			}
		}
	}},
}

func selecting(sel tenant.Selection) func(*checker) {
	return func(c *checker) {
		c.store(sample()...)
		var want []original
		for _, e := range sample() {
			if sel.Selects(e.name()) {
				want = append(want, e)
			}
		}
		c.same("snapshot", c.now(sel), want)
	}
}

var contentPromises = []promise{
	{"bytes come back exactly", func(c *checker) {
		want := contentsOfEveryShape()
		c.store(want...)
		c.same("snapshot", c.now(everything), want)
		c.same("inventory", c.inventory(c.subject.Target()), want)
	}},
	{"content of unknown size is stored whole", func(c *checker) {
		tx := c.begin()
		want := contentsOfEveryShape()
		for _, e := range want {
			if err := tx.Put(c.ctx, e.name(), -1, iotest.DataErrReader(reading(e.content))); err != nil {
				c.Fatalf("Put %s: %v", e.path, err)
			}
		}
		c.commit(tx)
		c.same("snapshot", c.now(everything), want)
	}},
	{"content may arrive in pieces of any length", func(c *checker) {
		tx := c.begin()
		want := sample()
		for _, e := range want {
			if err := tx.Put(c.ctx, e.name(), int64(len(e.content)), iotest.OneByteReader(reading(e.content))); err != nil {
				c.Fatalf("Put %s: %v", e.path, err)
			}
		}
		c.commit(tx)
		c.same("snapshot", c.now(everything), want)
	}},
	{"content can be opened again and left early", func(c *checker) {
		big := original{"workspaces/" + workspaceA + "/files/" + file1, noise(3 << 20)}
		c.store(big)
		for e, err := range c.snapshot().Entries(c.ctx, everything) {
			if err != nil {
				c.Fatal(err)
			}
			r, err := e.Open(c.ctx)
			if err != nil {
				c.Fatal(err)
			}
			if _, err := io.ReadFull(r, make([]byte, 5)); err != nil {
				c.Errorf("first five bytes: %v", err)
			}
			if err := r.Close(); err != nil {
				c.Errorf("closing content that was not read to its end: %v", err)
			}
			content, err := c.content(e)
			if err != nil {
				c.Fatal(err)
			}
			c.same("second opening", []original{{big.path, content}}, []original{big})
		}
	}},
	{"contents may be read concurrently", func(c *checker) {
		c.store(contentsOfEveryShape()...)
		var entries []tenant.Entry
		for e, err := range c.snapshot().Entries(c.ctx, everything) {
			if err != nil {
				c.Fatal(err)
			}
			entries = append(entries, e)
		}
		got := make([]original, len(entries))
		var wg sync.WaitGroup
		for i, e := range entries {
			wg.Go(func() {
				content, err := c.content(e)
				if err != nil {
					c.Errorf("%s: %v", e.Name, err)
				}
				got[i] = original{e.Name.String(), content}
			})
		}
		wg.Wait()
		c.same("snapshot", got, contentsOfEveryShape())
	}},
	{"the inventory's contents can be opened later", func(c *checker) {
		c.store(sample()...)
		var entries []tenant.Entry
		for e, err := range c.subject.Target().Inventory(c.ctx) {
			if err != nil {
				c.Fatal(err)
			}
			entries = append(entries, e)
		}
		for i, e := range entries {
			content, err := c.content(e)
			if err != nil {
				c.Fatalf("%s: %v", e.Name, err)
			}
			c.same("inventory", []original{{e.Name.String(), content}}, sample()[i:i+1])
		}
		tx := c.begin()
		revised(c, tx)
		c.commit(tx)
		for i, e := range entries {
			content, err := c.content(e)
			switch {
			case err == nil:
				c.same("inventory, after a commit", []original{{e.Name.String(), content}}, sample()[i:i+1])
			case !errors.Is(err, tenant.ErrChanged):
				c.Errorf("%s, after a commit: %v, want the old content or tenant.ErrChanged", e.Name, err)
			}
		}
	}},
	{"a closed snapshot yields nothing more", func(c *checker) {
		c.store(sample()...)
		src := c.snapshot()
		var entries []tenant.Entry
		for e, err := range src.Entries(c.ctx, everything) {
			if err != nil {
				c.Fatal(err)
			}
			entries = append(entries, e)
		}
		if err := src.Close(); err != nil {
			c.Fatal(err)
		}
		if r, err := entries[0].Open(c.ctx); err == nil {
			_ = r.Close()
			c.Error("Open works on a closed snapshot")
		}
		if _, err := c.read(src.Entries(c.ctx, everything)); err == nil {
			c.Error("Entries works on a closed snapshot")
		}
	}},
	{"a cancelled context ends reading", func(c *checker) {
		c.store(sample()...)
		src := c.snapshot()
		if got, err := c.read(src.Entries(c.cancelled(), everything)); !errors.Is(err, context.Canceled) {
			c.Errorf("Entries: %d entries, error %v; want context.Canceled", len(got), err)
		}
		ctx, cancel := context.WithCancel(c.ctx)
		defer cancel()
		var last error
		for e, err := range src.Entries(ctx, everything) {
			if last = err; err == nil {
				cancel()
				if r, err := e.Open(ctx); err == nil {
					if _, err = io.ReadAll(r); err == nil {
						c.Errorf("%s is read although the context was cancelled", e.Name)
					}
					_ = r.Close()
				}
			}
		}
		if !errors.Is(last, context.Canceled) {
			c.Errorf("cancelled within the listing: it ends with %v, want context.Canceled", last)
		}
		if src, err := c.subject.Snapshot(c.cancelled()); err == nil {
			_ = src.Close()
			c.Error("Snapshot ignores a cancelled context")
		}
	}},
}

// inventory reads a target's inventory with its contents.
func (c *checker) inventory(target tenant.Target) []original {
	c.Helper()
	got, err := c.read(target.Inventory(c.ctx))
	if err != nil {
		c.Fatalf("Inventory: %v", err)
	}
	return got
}
