// Command tenant-generator writes a made-up tenant into a folder, as large as
// one likes, so that export, verification and restore can be tried at size:
//
//	go run ./examples/tenant-generator -documents 20000 big
//	oa-archive export --unsigned big big.oa-archive
//
// The same flags give the same bytes everywhere. With -changed, -added and
// -removed the folder gets the state in which that share of the assets differs;
// in a folder that holds the first state already, only the difference is
// imported, so that there is something to compare.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/internal/testkit"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "tenant-generator:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	var opts testkit.Options
	var mutation testkit.Mutation
	var sel tenant.Selection
	flags := flag.NewFlagSet("tenant-generator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: tenant-generator [flags] folder")
		flags.PrintDefaults()
	}
	flags.Uint64Var(&opts.Seed, "seed", 1, "another seed is another tenant")
	flags.IntVar(&opts.Documents, "documents", testkit.DefaultDocuments, "how many metadata, models, reports, alerts and files; 20000 are about 165 MB")
	flags.IntVar(&opts.Workspaces, "workspaces", 0, "how many workspaces; 0: one for 250 documents")
	flags.IntVar(&opts.Users, "users", 0, "how many users; 0: one for 20 documents")
	flags.IntVar(&opts.Rows, "rows", 200, "rows of each dataset; with -with-rows")
	flags.IntVar(&opts.AuditEvents, "audit-events", 0, "how many audit events; 0: five a document; with -with-audit")
	flags.BoolVar(&sel.Rows, "with-rows", false, "write the rows too")
	flags.BoolVar(&sel.Audit, "with-audit", false, "write the audit trail too")
	flags.Float64Var(&mutation.Changed, "changed", 0, "share of the assets that a second state changes, 0 to 1")
	flags.Float64Var(&mutation.Added, "added", 0, "share that it adds")
	flags.Float64Var(&mutation.Removed, "removed", 0, "share that it removes, at most 0.25")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return errors.New("want one folder")
	}
	source, err := testkit.New(opts)
	if err != nil {
		return err
	}
	if mutation != (testkit.Mutation{}) {
		if source, err = source.Mutate(mutation); err != nil {
			return err
		}
	}
	start := time.Now()
	n, size, err := write(ctx, source, sel, flags.Arg(0))
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "wrote %d entries of %s, %.1f MB, in %.1f s\n", n, source.Options().Tenant.ID, float64(size)/1e6, time.Since(start).Seconds())
	return nil
}

// write makes the folder hold what the source yields, in one import.
func write(ctx context.Context, source *testkit.Source, sel tenant.Selection, folder string) (n int, size int64, err error) {
	store, err := dirstore.Open(folder)
	if errors.Is(err, tenant.ErrNoTenant) {
		store, err = dirstore.Create(folder, source.Options().Tenant)
	}
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if have, err := store.Tenant(ctx); err != nil || have != source.Options().Tenant {
		return 0, 0, errors.Join(err, fmt.Errorf("%s holds another tenant, %s", folder, have.ID))
	}
	tx, err := store.Begin(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	gone := map[layout.Name]layout.Digest{}
	for e, err := range tx.Inventory(ctx) {
		if err != nil {
			return 0, 0, err
		}
		gone[e.Name] = e.Digest
	}
	for e, err := range source.Entries(ctx, sel) {
		if err != nil {
			return 0, 0, err
		}
		written, err := put(ctx, tx, e, gone[e.Name])
		if err != nil {
			return 0, 0, err
		}
		delete(gone, e.Name)
		if written >= 0 {
			n, size = n+1, size+written
		}
	}
	for name := range gone {
		if err := tx.Delete(ctx, name); err != nil {
			return 0, 0, err
		}
	}
	return n, size, tx.Commit(ctx, tenant.ImportRecord{ID: uuid.NewString(), At: time.Now().UTC(), Summary: "made by tenant-generator"})
}

// put stores an entry, unless the folder has the same content already; then
// size is negative.
func put(ctx context.Context, tx tenant.Tx, e tenant.Entry, have layout.Digest) (size int64, err error) {
	if !have.IsZero() {
		digest := sha256.New()
		if _, err := read(ctx, e, digest); err != nil {
			return 0, err
		}
		if layout.Digest(digest.Sum(nil)) == have {
			return -1, nil
		}
	}
	r, err := e.Open(ctx)
	if err != nil {
		return 0, err
	}
	counted := &counter{r: r}
	err = tx.Put(ctx, e.Name, e.Size, counted)
	return counted.n, errors.Join(err, r.Close())
}

func read(ctx context.Context, e tenant.Entry, w io.Writer) (int64, error) {
	r, err := e.Open(ctx)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, r)
	return n, errors.Join(err, r.Close())
}

// A counter counts what is read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
