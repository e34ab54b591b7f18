package tenanttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing/iotest"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// reading returns a reader that is nothing but an io.Reader.
func reading(content []byte) io.Reader { return struct{ io.Reader }{bytes.NewReader(content)} }

// without returns entries less those at the given indexes.
func without(entries []original, indexes ...int) []original {
	var rest []original
next:
	for i, e := range entries {
		for _, gone := range indexes {
			if i == gone {
				continue next
			}
		}
		rest = append(rest, e)
	}
	return rest
}

// revised returns the sample after an import that replaces the first report,
// removes the second and adds an alert, with the calls that lead there.
func revised(c *checker, tx tenant.Tx) []original {
	c.Helper()
	const replaced, removed = 5, 6
	all := sample()
	all[replaced].content = []byte(`{"name":"Revenue, revised"}`)
	added := original{"workspaces/" + workspaceB + "/alerts/" + alert1 + ".json", []byte(`{"name":"New"}`)}
	c.put(tx, all[replaced], added)
	c.remove(tx, all[removed])
	all = append(without(all, removed), added)
	sortOriginals(all)
	return all
}

var changePromises = []promise{
	{"a commit is visible at once", func(c *checker) {
		c.store(sample()...)
		tx := c.begin()
		want := revised(c, tx)
		c.commit(tx)
		c.same("snapshot", c.now(everything), want)
		c.same("inventory", c.inventory(c.subject.Target()), want)
	}},
	{"the transaction's inventory sees its changes", func(c *checker) {
		c.store(sample()...)
		tx := c.begin()
		before, err := c.read(tx.Inventory(c.ctx))
		if err != nil {
			c.Fatal(err)
		}
		c.same("before the changes", before, sample())
		want := revised(c, tx)
		for e, err := range tx.Inventory(c.ctx) {
			if err == nil && (e.Size < 0 || e.Digest.IsZero()) {
				c.Errorf("%s: size %d, digest %s", e.Name, e.Size, e.Digest)
			}
		}
		got, err := c.read(tx.Inventory(c.ctx))
		if err != nil {
			c.Fatal(err)
		}
		c.same("after the changes", got, want)
	}},
	{"the last Put of an entry counts", func(c *checker) {
		tx := c.begin()
		first, second := sample()[0], sample()[0]
		first.content, second.content = noise(2<<20), []byte("short")
		c.put(tx, first, second)
		c.commit(tx)
		c.same("snapshot", c.now(everything), []original{second})
		tx = c.begin()
		c.put(tx, second, first)
		c.commit(tx)
		c.same("snapshot after the longer one", c.now(everything), []original{first})
	}},
	{"Put and Delete of one entry undo each other in order", func(c *checker) {
		e := sample()[5]
		tx := c.begin()
		c.put(tx, e)
		c.remove(tx, e)
		c.commit(tx)
		c.same("Put, Delete", c.now(everything), nil)
		tx = c.begin()
		c.put(tx, e)
		c.remove(tx, e)
		c.put(tx, e)
		c.commit(tx)
		c.same("Put, Delete, Put", c.now(everything), []original{e})
		tx = c.begin()
		c.remove(tx, e)
		c.put(tx, e)
		c.remove(tx, e)
		c.commit(tx)
		c.same("Delete, Put, Delete", c.now(everything), nil)
	}},
	{"every entry can be deleted", func(c *checker) {
		c.store(sample()...)
		tx := c.begin()
		c.remove(tx, sample()...)
		c.commit(tx)
		c.same("snapshot", c.now(everything), nil)
		c.store(sample()...)
		c.same("stored again", c.now(everything), sample())
	}},
	{"Delete of an absent entry is ErrNoEntry", func(c *checker) {
		c.store(sample()[0])
		for _, e := range []original{sample()[1], sample()[5], {path: "workspaces/" + absent + "/metadata.json"}, {path: "extensions/v/x/y"}} {
			tx := c.begin()
			if err := tx.Delete(c.ctx, e.name()); !errors.Is(err, tenant.ErrNoEntry) {
				c.Errorf("Delete %s: %v, want tenant.ErrNoEntry", e.path, err)
			}
			c.rollback(tx)
		}
		tx := c.begin()
		c.remove(tx, sample()[0])
		if err := tx.Delete(c.ctx, sample()[0].name()); !errors.Is(err, tenant.ErrNoEntry) {
			c.Errorf("second Delete: %v, want tenant.ErrNoEntry", err)
		}
	}},
	{"Rollback leaves nothing", func(c *checker) {
		c.store(sample()...)
		tx := c.begin()
		revised(c, tx)
		c.put(tx, contentsOfEveryShape()...)
		c.rollback(tx)
		c.same("snapshot", c.now(everything), sample())
		c.same("inventory", c.inventory(c.subject.Target()), sample())
		tx = c.begin()
		got, err := c.read(tx.Inventory(c.ctx))
		if err != nil {
			c.Fatal(err)
		}
		c.same("the next transaction", got, sample())
	}},
	{"Rollback after Commit does nothing", func(c *checker) {
		tx := c.begin()
		c.put(tx, sample()...)
		c.commit(tx)
		c.rollback(tx)
		c.rollback(tx)
		c.same("snapshot", c.now(everything), sample())
	}},
	{"a transaction that ended takes no more changes", func(c *checker) {
		for _, end := range []func(tenant.Tx){c.rollback, func(tx tenant.Tx) { c.commit(tx) }} {
			tx := c.begin()
			end(tx)
			e := sample()[0]
			if err := tx.Put(c.ctx, e.name(), int64(len(e.content)), reading(e.content)); err == nil {
				c.Error("Put works after the end")
			}
			if err := tx.Commit(c.ctx, record()); err == nil {
				c.Error("Commit works after the end")
			}
		}
		c.same("snapshot", c.now(everything), nil)
	}},
	{"an import without changes is possible", func(c *checker) {
		c.store()
		c.same("snapshot", c.now(everything), nil)
	}},
}

var isolationPromises = []promise{
	{"a snapshot does not see an open transaction", func(c *checker) {
		c.store(sample()...)
		tx := c.begin()
		revised(c, tx)
		c.same("snapshot", c.now(everything), sample())
		c.same("inventory", c.inventory(c.subject.Target()), sample())
	}},
	{"a snapshot listed after a commit is of before it", func(c *checker) {
		c.store(sample()...)
		src := c.snapshot()
		tx := c.begin()
		revised(c, tx)
		c.commit(tx)
		c.ofBefore(c.read(src.Entries(c.ctx, everything)))
	}},
	{"a snapshot read after a commit is of before it", func(c *checker) {
		c.store(sample()...)
		var entries []tenant.Entry
		for e, err := range c.snapshot().Entries(c.ctx, everything) {
			if err != nil {
				c.Fatal(err)
			}
			entries = append(entries, e)
		}
		tx := c.begin()
		revised(c, tx)
		c.commit(tx)
		c.ofBefore(c.read(func(yield func(tenant.Entry, error) bool) {
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
		}))
	}},
	{"content opened before a commit is of before it", func(c *checker) {
		old := original{"workspaces/" + workspaceA + "/files/" + file1, noise(3 << 20)}
		c.store(old)
		for e, err := range c.snapshot().Entries(c.ctx, everything) {
			if err != nil {
				c.Fatal(err)
			}
			r, err := e.Open(c.ctx)
			if err != nil {
				c.Fatal(err)
			}
			half := make([]byte, len(old.content)/2)
			if _, err := io.ReadFull(r, half); err != nil {
				c.Fatal(err)
			}
			c.store(original{old.path, bytes.Repeat([]byte("new"), 1<<20)})
			rest, err := io.ReadAll(r)
			if err == nil {
				c.same("content", []original{{old.path, append(half, rest...)}}, []original{old})
			} else if !errors.Is(err, tenant.ErrChanged) {
				c.Errorf("reading on: %v, want the old content or tenant.ErrChanged", err)
			}
			_ = r.Close()
		}
	}},
}

// ofBefore takes what was read of a snapshot of the sample that an import has
// overtaken: the sample itself, or the beginning of it and ErrChanged.
func (c *checker) ofBefore(got []original, err error) {
	c.Helper()
	switch {
	case err == nil:
		c.same("snapshot", got, sample())
	case !errors.Is(err, tenant.ErrChanged):
		c.Errorf("reading on: %v, want the old entries or tenant.ErrChanged", err)
	default:
		c.same("what was read before ErrChanged", got, sample()[:min(len(got), len(sample()))])
	}
}

var refusalPromises = []promise{
	{"content shorter than stated is refused", wrongSize(+1)},
	{"content longer than stated is refused", wrongSize(-1)},
	{"an error of the reader leaves nothing", func(c *checker) {
		c.store(sample()...)
		broken := errors.New("the line was cut")
		for _, n := range []int{0, 10, 1 << 20, 3<<20 + 1} {
			for _, size := range []int64{-1, 8 << 20} {
				c.failingPut(n, size, broken)
				// What io.ReadFull also says of its own accord at the end.
				c.failingPut(n, size, io.ErrUnexpectedEOF)
			}
		}
		c.same("snapshot", c.now(everything), sample())
	}},
	{"a transaction cannot be committed after an error", func(c *checker) {
		tx := c.begin()
		c.put(tx, sample()[0])
		if err := tx.Put(c.ctx, sample()[5].name(), -1, iotest.ErrReader(errors.New("cut"))); err == nil {
			c.Error("Put ignores its reader's error")
		}
		if err := tx.Commit(c.ctx, record()); err == nil {
			c.Error("Commit works after a failed Put")
		}
		c.rollback(tx)
		c.same("snapshot", c.now(everything), nil)
	}},
	{"names that are no entry's are refused", func(c *checker) {
		for _, n := range []layout.Name{
			{}, {Kind: layout.Manifest}, {Kind: layout.Metadata}, {Kind: layout.Metadata, Workspace: ".."},
			{Kind: layout.Report, Workspace: workspaceA, Asset: "../../../x"},
			{Kind: layout.File, Workspace: workspaceA, Asset: "SIGNATURES"},
			{Kind: layout.Extension, Vendor: "..", Rest: "signatures/manifest.json.sig"},
			{Kind: layout.Extension, Vendor: ".git", Rest: "config"},
			{Kind: layout.Audit, Workspace: workspaceA},
		} {
			tx := c.begin()
			if err := tx.Put(c.ctx, n, 1, reading([]byte("x"))); err == nil {
				c.Errorf("Put accepts %+v", n)
			}
			c.rollback(tx)
			tx = c.begin()
			if err := tx.Delete(c.ctx, n); err == nil {
				c.Errorf("Delete accepts %+v", n)
			}
			c.rollback(tx)
		}
		c.same("snapshot", c.now(everything), nil)
	}},
	{"a cancelled context ends changing", func(c *checker) {
		c.store(sample()...)
		e := sample()[5]
		calls := map[string]func(tenant.Tx) error{
			"Put":    func(tx tenant.Tx) error { return tx.Put(c.cancelled(), e.name(), 3, reading([]byte("new"))) },
			"Delete": func(tx tenant.Tx) error { return tx.Delete(c.cancelled(), e.name()) },
			"Commit": func(tx tenant.Tx) error { return tx.Commit(c.cancelled(), record()) },
			"Put, while it reads": func(tx tenant.Tx) error {
				ctx, cancel := context.WithCancel(c.ctx)
				defer cancel()
				return tx.Put(ctx, e.name(), -1, io.MultiReader(bytes.NewReader(noise(2<<20)), &hook{before: cancel, r: endless{}}))
			},
		}
		for name, call := range calls {
			tx := c.begin()
			c.put(tx, original{sample()[6].path, []byte("put before")})
			if err := call(tx); !errors.Is(err, context.Canceled) {
				c.Errorf("%s: %v, want context.Canceled", name, err)
			}
			c.rollback(tx)
			c.same("snapshot after "+name, c.now(everything), sample())
		}
	}},
}

// failingPut puts content of a reader that fails after n bytes.
func (c *checker) failingPut(n int, size int64, broken error) {
	c.Helper()
	tx := c.begin()
	c.put(tx, original{sample()[6].path, []byte("put before")})
	err := tx.Put(c.ctx, sample()[5].name(), size, io.MultiReader(bytes.NewReader(noise(n)), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		c.Errorf("Put with a reader that fails after %d bytes with %q: %v, want its error", n, broken, err)
	}
	c.rollback(tx)
}

func wrongSize(by int64) func(*checker) {
	return func(c *checker) {
		c.store(sample()...)
		for _, content := range [][]byte{[]byte("content"), noise(1 << 20), noise(3<<20 + 5)} {
			tx := c.begin()
			if err := tx.Put(c.ctx, sample()[5].name(), int64(len(content))+by, reading(content)); err == nil {
				c.Errorf("Put of %d bytes accepts a stated size of %d", len(content), int64(len(content))+by)
			}
			c.rollback(tx)
		}
		c.same("snapshot", c.now(everything), sample())
	}
}

// endless yields zeros for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// hook calls before on every Read.
type hook struct {
	before func()
	r      io.Reader
}

func (h *hook) Read(p []byte) (int, error) { h.before(); return h.r.Read(p) }
