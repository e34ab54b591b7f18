package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/tenant"
)

// importsJSON is the --json output of imports.
type importsJSON struct {
	Into    string       `json:"into"`
	Tenant  string       `json:"tenant"`
	Imports []recordJSON `json:"imports"` // newest first
}

type recordJSON struct {
	ID                string    `json:"id"`
	At                time.Time `json:"at"`
	Summary           string    `json:"summary"`
	Archive           string    `json:"archive"`
	ContentHash       string    `json:"content_hash"`
	Plan              string    `json:"plan"`
	Insurance         string    `json:"insurance"`
	InsuranceManifest string    `json:"insurance_manifest"`
	Undoes            string    `json:"undoes,omitempty"`
}

// storeFlags say which tenant's past a verb is about.
type storeFlags struct {
	into     string
	tenantID string
}

func (f *storeFlags) declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.into, "into", "", "`STORE` that was imported into: dir:FOLDER, sqlite:FILE or postgres://…")
	fs.StringVar(&f.tenantID, "tenant", "", "`ID` of the tenant, when the store holds several")
}

// open opens the tenant and describes it.
func (f *storeFlags) open(ctx context.Context) (storeSpec, *store, tenant.Info, error) {
	spec, err := parseStore("--into", f.into)
	if err != nil {
		return spec, nil, tenant.Info{}, err
	}
	s, err := openStore(ctx, spec, f.tenantID)
	if err != nil {
		return spec, nil, tenant.Info{}, err
	}
	who, err := s.Target().Tenant(ctx)
	if err != nil {
		defer s.Close()
		return spec, nil, who, at("store "+spec.String(), err)
	}
	return spec, s, who, nil
}

// toStore writes the flags that name the store, for a command to copy.
func (f *storeFlags) toStore() string {
	text := " --into " + shellQuote(shown(f.into))
	if f.tenantID != "" {
		text += " --tenant " + shellQuote(f.tenantID)
	}
	return text
}

func (f *restoreFlags) toStore() string { return (&storeFlags{f.into, f.tenantID}).toStore() }

func importsVerb(a *app) *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use:   "imports --into STORE",
		Short: "list the imports into a tenant",
		Long: `List the imports into a tenant, the newest first: when they happened, what they
did, and where the archive of what they replaced is. "oa-archive undo" takes the id.`,
		Example: `oa-archive imports --into sqlite:acme.db
oa-archive imports --into postgres://db.example/archives --tenant acme --json`,
		Args: args(cobra.NoArgs, "no arguments besides flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.imports(cmd.Context(), &f) },
	}
	group(cmd, "Where", f.declare)
	return cmd
}

func (a *app) imports(ctx context.Context, f *storeFlags) (err error) {
	spec, s, who, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer closeInto(&err, s)
	records, err := journalOf(ctx, spec, s)
	if err != nil {
		return err
	}
	slices.Reverse(records)
	if a.json {
		doc := importsJSON{Into: shown(f.into), Tenant: who.ID, Imports: []recordJSON{}}
		for _, r := range records {
			doc.Imports = append(doc.Imports, recordJSON{r.ID, r.At, r.Summary, r.Archive, r.ContentHash, r.Plan, r.Insurance, r.InsuranceManifest, r.Undoes})
		}
		return a.printJSON(doc)
	}
	p := a.out()
	p.Imports(records, time.Now())
	return p.Err()
}

func journalOf(ctx context.Context, spec storeSpec, s *store) ([]tenant.ImportRecord, error) {
	journal, ok := s.Target().(tenant.Journal)
	if !ok {
		return nil, fmt.Errorf("store %s keeps no journal of imports", spec)
	}
	records, err := journal.Imports(ctx)
	return records, at("store "+spec.String(), err)
}

// findImport returns the import whose id begins with id, or the newest for
// "last".
func findImport(ctx context.Context, spec storeSpec, s *store, id string) (*tenant.ImportRecord, error) {
	records, err := journalOf(ctx, spec, s)
	if err != nil {
		return nil, err
	}
	if id == lastImport && len(records) > 0 {
		return &records[len(records)-1], nil
	}
	const shortest = 8
	var found []string
	var record *tenant.ImportRecord
	for i, r := range records {
		if r.ID == id || len(id) >= shortest && strings.HasPrefix(r.ID, id) {
			found, record = append(found, r.ID), &records[i]
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("import %q: %w", id, restore.ErrNoImport)
	case 1:
		return record, nil
	}
	return nil, usagef("write more of the id", "%q is the beginning of %d imports: %s", id, len(found), strings.Join(found, ", "))
}

// lastImport stands for the newest import where an id may stand.
const lastImport = "last"
