// Superset-migration turns an asset bundle of Apache Superset, a folder or the
// ZIP file that its export makes, into a tenant archive or a tenant folder.
//
//	superset-migration -tenant acme -sign-with KEY -o FILE BUNDLE
//	superset-migration -tenant acme -dir FOLDER BUNDLE
//
// It is an example: package superset beneath it is what a service would write
// for itself, and this program is all that is needed around it.
package main

import (
	"archive/zip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/oneanalytics/oa-archive/examples/superset-migration/superset"
	"github.com/oneanalytics/oa-archive/manifest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintf(os.Stderr, "superset-migration: %v\n", err)
	os.Exit(1)
}

// config is what the command line asks for.
type config struct {
	bundle   string
	archive  string // exactly one of archive and folder is set
	folder   string
	signWith string
	unsigned bool
	data     string // folder of CSV files; empty for no rows
	options  superset.Options
}

func parse(args []string, help io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("superset-migration", flag.ContinueOnError)
	flags.SetOutput(help)
	flags.Usage = func() {
		fmt.Fprintln(help, "superset-migration [flags] BUNDLE\n\nturns a Superset asset bundle, a folder or ZIP file, into a tenant archive or a tenant folder\n\nflags:")
		flags.PrintDefaults()
	}
	flags.StringVar(&c.archive, "o", "", "write an archive to this new `FILE`")
	flags.StringVar(&c.folder, "dir", "", "write a tenant folder to this new `FOLDER`")
	flags.StringVar(&c.signWith, "sign-with", "", "sign the archive with the private key in this `FILE` (Ed25519, OpenSSH)")
	flags.BoolVar(&c.unsigned, "unsigned", false, "write an archive without signatures")
	flags.StringVar(&c.data, "data", "", "take rows along from the CSV files in this `FOLDER`")
	flags.StringVar(&c.options.Tenant.ID, "tenant", "", "`ID` of the tenant that the bundle becomes")
	flags.StringVar(&c.options.Tenant.Name, "name", "", "`NAME` of the tenant; its id if absent")
	flags.StringVar(&c.options.Tenant.Region, "region", "", "`REGION` in which the tenant's data lives")
	flags.StringVar(&c.options.Workspace, "workspace", "", "`NAME` of the workspace; \"Apache Superset\" if absent")
	flags.BoolVar(&c.options.PerDashboard, "workspace-per-dashboard", false, "give each dashboard a workspace; those that share a dataset share it")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.bundle = flags.Arg(0)
	if c.options.Tenant.Name == "" {
		c.options.Tenant.Name = c.options.Tenant.ID
	}
	switch {
	case flags.NArg() != 1:
		return c, errors.New("name one bundle; -h lists the flags")
	case c.options.Tenant.ID == "":
		return c, errors.New("-tenant is missing: a bundle does not say whose it is")
	case (c.archive == "") == (c.folder == ""):
		return c, errors.New("give either -o for an archive or -dir for a folder")
	case c.archive != "" && (c.signWith == "") == !c.unsigned:
		return c, errors.New("give either -sign-with KEY or -unsigned")
	}
	return c, nil
}

// run does what the arguments ask for and reports on out.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	c, err := parse(args, out)
	if err != nil {
		return err
	}
	bundle, closeBundle, err := openBundle(c.bundle)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeBundle()) }()

	if c.data != "" {
		data, err := os.OpenRoot(c.data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, data.Close()) }()
		c.options.Data = data.FS()
	}
	src, err := superset.Open(bundle, c.options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()

	var m *manifest.Manifest
	if c.archive != "" {
		m, err = writeArchive(ctx, src, c, out)
	} else {
		m, err = writeFolder(ctx, src, c, out)
	}
	if err != nil {
		return err
	}
	return report(out, m)
}

// openBundle opens a folder, out of which no link leads, or a ZIP file.
func openBundle(path string) (fs.FS, func() error, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, nil, err
		}
		return root.FS(), root.Close, nil
	}
	r, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, r.Close, nil
}

// report says what was written and, above all, what was not.
func report(out io.Writer, m *manifest.Manifest) error {
	var b strings.Builder
	included := m.Coverage.Included
	fmt.Fprintf(&b, "%s: %s, %s, %s, %s\n", m.Tenant.Name, count(included["workspace"], "workspace"),
		count(included["dataset"], "dataset"), count(included["report"], "report"), count(included["connection"], "connection"))
	if n := included["rows"]; n > 0 {
		total := int64(0)
		for _, e := range m.Entries {
			if e.Rows != nil {
				total += e.Rows.Count
			}
		}
		fmt.Fprintf(&b, "%s in %s\n", count(total, "row"), count(n, "dataset"))
	}
	fmt.Fprintf(&b, "content %s\n", m.ContentHash)
	if len(m.Coverage.Unsupported) > 0 {
		b.WriteString("not carried over:\n")
	}
	for _, o := range m.Coverage.Unsupported {
		fmt.Fprintf(&b, "  %d %s: %s\n", o.Count, o.Kind, o.Reason)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
