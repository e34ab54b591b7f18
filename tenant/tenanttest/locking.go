package tenanttest

import (
	"context"
	"errors"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

var lockPromises = []promise{
	{"a second Begin is ErrLocked when its context ends", func(c *checker) {
		c.begin()
		// A store across a network may take longer than the first of these to
		// find out that there is a lock.
		for _, wait := range []time.Duration{30 * time.Millisecond, time.Second, 20 * time.Second} {
			ctx, cancel := context.WithTimeout(c.ctx, wait)
			tx, err := c.subject.Target().Begin(ctx)
			cancel()
			if errors.Is(err, tenant.ErrLocked) {
				return
			}
			if err == nil {
				_ = tx.Rollback()
			}
			if wait > time.Second || !errors.Is(err, context.DeadlineExceeded) {
				c.Fatalf("Begin: %v, want tenant.ErrLocked", err)
			}
		}
	}},
	{"a second Begin waits for the first import", func(c *checker) {
		for _, end := range []func(tenant.Tx){func(tx tenant.Tx) { c.commit(tx) }, c.rollback} {
			first := c.begin()
			c.put(first, sample()[0])
			type begun struct {
				tx  tenant.Tx
				err error
			}
			second := make(chan begun, 1)
			go func() {
				tx, err := c.subject.Target().Begin(c.ctx)
				second <- begun{tx, err}
			}()
			select {
			case <-second:
				c.Fatal("two transactions are open at once")
			case <-time.After(20 * time.Millisecond):
			}
			end(first)
			got := <-second
			if got.err != nil {
				c.Fatalf("Begin after the first import: %v", got.err)
			}
			seen, err := c.read(got.tx.Inventory(c.ctx))
			if err != nil {
				c.Fatal(err)
			}
			c.same("what the second transaction sees", seen, sample()[:1])
			c.rollback(got.tx)
		}
	}},
	{"the context of Begin does not bound the transaction", func(c *checker) {
		ctx, cancel := context.WithCancel(c.ctx)
		tx, err := c.subject.Target().Begin(ctx)
		cancel()
		if err != nil {
			c.Fatal(err)
		}
		c.put(tx, sample()...)
		c.commit(tx)
		c.same("snapshot", c.now(everything), sample())
	}},
	{"Begin with a cancelled context takes no lock", func(c *checker) {
		if tx, err := c.subject.Target().Begin(c.cancelled()); err == nil {
			_ = tx.Rollback()
			c.Error("Begin ignores a cancelled context")
		}
		c.store(sample()...)
	}},
}

var journalPromises = []promise{
	{"the journal lists what was committed, oldest first", func(c *checker) {
		journal := c.journal()
		if journal == nil {
			return
		}
		c.imports(journal)
		first := c.store(sample()...)
		tx := c.begin()
		c.put(tx, sample()[0])
		c.rollback(tx)
		second := c.store()
		c.imports(journal, first, second)
	}},
	{"an import is committed once", func(c *checker) {
		rec := c.store(sample()[0])
		tx := c.begin()
		c.put(tx, sample()...)
		if err := tx.Commit(c.ctx, rec); err == nil {
			c.Error("Commit accepts an import id for the second time")
		}
		c.rollback(tx)
		c.same("snapshot", c.now(everything), sample()[:1])
		if journal := c.journal(); journal != nil {
			c.imports(journal, rec)
		}
	}},
	{"a record without an id or a time is refused", func(c *checker) {
		for _, spoil := range []func(*tenant.ImportRecord){
			func(r *tenant.ImportRecord) { r.ID = "" },
			func(r *tenant.ImportRecord) { r.ID = "../x" },
			func(r *tenant.ImportRecord) { r.At = time.Time{} },
		} {
			rec := record()
			spoil(&rec)
			tx := c.begin()
			c.put(tx, sample()...)
			if err := tx.Commit(c.ctx, rec); err == nil {
				c.Errorf("Commit accepts %+v", rec)
			}
			c.rollback(tx)
		}
		c.same("snapshot", c.now(everything), nil)
	}},
}

func (c *checker) journal() tenant.Journal {
	journal, _ := c.subject.Target().(tenant.Journal)
	return journal
}

func (c *checker) imports(journal tenant.Journal, want ...tenant.ImportRecord) {
	c.Helper()
	got, err := journal.Imports(c.ctx)
	if err != nil {
		c.Fatalf("Imports: %v", err)
	}
	if len(got) != len(want) {
		c.Fatalf("%d imports, want %d: %+v", len(got), len(want), got)
	}
	for i := range got {
		at := got[i].At
		got[i].At = want[i].At
		if got[i] != want[i] || !at.Equal(want[i].At) {
			c.Errorf("import %d is %+v at %v, want %+v", i, got[i], at, want[i])
		}
	}
}
