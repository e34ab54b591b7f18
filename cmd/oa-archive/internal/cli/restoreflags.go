package cli

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/internal/whose"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// restoreFlags are what plan and import share.
type restoreFlags struct {
	trustFlags

	into         string
	tenantID     string
	createTenant bool

	selectors   []string
	rows, audit bool

	onConflict string
	perKind    []string
	perAsset   []string
	forkLabel  string
	exact      bool

	cloneAs     string
	updateClone string

	otherTenant   bool
	recovered     bool
	mapFile       string
	mapUsers      []string
	mapTeams      []string
	mapRoles      []string
	mapConns      []string
	mapWorkspaces []string
	createMissing []string
	allowAccess   []string

	plan        string   // a saved plan
	optionNames []string // flags that a saved plan answers already
}

func (f *restoreFlags) declareRestore(cmd *cobra.Command) {
	group(cmd, "Where to", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.into, "into", "", "`STORE` to import into: dir:FOLDER, sqlite:FILE or postgres://…")
		fs.StringVar(&f.tenantID, "tenant", "", "`ID` of the tenant, when the store holds several")
		fs.BoolVar(&f.createTenant, "create-tenant", false, "make a blank tenant first, and the store if there is none; named as in the archive unless --tenant says otherwise")
	})
	options := func(title string, declare func(*pflag.FlagSet)) {
		group(cmd, title, func(fs *pflag.FlagSet) {
			declare(fs)
			fs.VisitAll(func(flag *pflag.Flag) { f.optionNames = append(f.optionNames, flag.Name) })
		})
	}
	options("What to import", func(fs *pflag.FlagSet) {
		fs.StringArrayVarP(&f.selectors, "select", "s", nil, "assets by `SELECTOR`: an id or its first eight digits, a kind, kind:name-glob, workspace:name, or a path glob; repeat for more (default: everything)")
		fs.BoolVar(&f.rows, "rows", false, "with the rows of datasets, where the archive has them")
		fs.BoolVar(&f.audit, "audit", false, "with the audit trail, into a tenant that has none")
		fs.BoolVar(&f.recovered, "allow-recovered", false, "accept an archive that was recovered from a damaged one: something may be missing")
	})
	options("What exists already", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.onConflict, "on-conflict", "ask", "`POLICY` for assets that the target has too: overwrite, fork (import beside it), skip, or ask (block until answered)")
		fs.StringArrayVar(&f.perKind, "policy", nil, "`KIND=POLICY` for one kind: workspace, dataset, report, alert, file or extension")
		fs.StringArrayVar(&f.perAsset, "asset", nil, "`ID=POLICY` for one asset; ID=fork:NAME names the copy")
		fs.BoolVar(&f.exact, "exact", false, "restore the selected workspaces to the archive's state: what only the target has there is deleted, conflicts are overwritten")
		fs.StringVar(&f.forkLabel, "fork-label", "", "`LABEL` that tells several copies of one asset apart (default: copy)")
	})
	options("Clones", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.cloneAs, "clone-as", "", "copy every workspace, as a clone called `NAME`: nothing that exists is touched. With --create-tenant, into a new tenant of that name")
		fs.StringVar(&f.updateClone, "update-clone", "", "bring the clone `NAME` up to date: what was edited in it is a conflict, the rest is overwritten")
	})
	options("People and connections", func(fs *pflag.FlagSet) {
		fs.BoolVar(&f.otherTenant, "other-tenant", false, "allow a tenant that the archive did not come from")
		fs.StringVar(&f.mapFile, "map", "", "mapping `FILE` (YAML): who and what of the target stands for whom and what of the archive")
		fs.StringArrayVar(&f.mapUsers, "map-user", nil, "`A=B`: the target's user B stands for the archive's A; B may be create, fallback or none")
		fs.StringArrayVar(&f.mapTeams, "map-team", nil, "`A=B`, likewise for teams")
		fs.StringArrayVar(&f.mapRoles, "map-role", nil, "`A=B`, likewise for roles")
		fs.StringArrayVar(&f.mapConns, "map-connection", nil, "`A=B`, likewise for connections, by name")
		fs.StringArrayVar(&f.allowAccess, "allow-access", nil, "allow the change of access with this `ID` of the plan, which widens what somebody may see or do; repeat for more")
		fs.StringArrayVar(&f.mapWorkspaces, "map-workspace", nil, "`A=B`, likewise for workspaces: what is in A lands in B")
		fs.StringSliceVar(&f.createMissing, "create-missing", nil, "create `WHAT` the target lacks: principals, connections, or both with a comma")
	})
	f.trustFlags.declare(cmd)
}

// options turns the flags into the library's options.
func (f *restoreFlags) options() (restore.Options, error) {
	opts := restore.Options{
		Select: f.selectors, OnConflict: restore.Decision(f.onConflict), ForkLabel: f.forkLabel,
		AllowOtherTenant: f.otherTenant, AllowRecovered: f.recovered, Rows: f.rows, Audit: f.audit, AllowAccess: f.allowAccess, Exact: f.exact,
		CloneAs: f.cloneAs, UpdateClone: f.updateClone,
	}
	if err := f.checkClone(); err != nil {
		return opts, err
	}
	if !isPolicy(opts.OnConflict) {
		return opts, badPolicy("--on-conflict", f.onConflict)
	}
	for _, given := range f.perKind {
		kind, policy, ok := strings.Cut(given, "=")
		if !ok || !isPolicy(restore.Decision(policy)) {
			return opts, badPolicy("--policy", given)
		}
		if opts.PerKind == nil {
			opts.PerKind = map[restore.Kind]restore.Decision{}
		}
		opts.PerKind[restore.Kind(kind)] = restore.Decision(policy)
	}
	for _, given := range f.perAsset {
		id, answer, ok := strings.Cut(given, "=")
		policy, name, _ := strings.Cut(answer, ":")
		if !ok || !isPolicy(restore.Decision(policy)) {
			return opts, badPolicy("--asset", given)
		}
		if opts.PerAsset == nil {
			opts.PerAsset = map[string]restore.Choice{}
		}
		opts.PerAsset[id] = restore.Choice{Decision: restore.Decision(policy), NewName: name}
	}
	var err error
	opts.Mapping, err = f.mapping()
	if f.clonesTenant() {
		// Nobody is in a new tenant, and it is never the archive's own.
		opts.AllowOtherTenant = true
		opts.Mapping.CreatePrincipals()
		opts.Mapping.CreateConnections()
	}
	return opts, err
}

func isPolicy(d restore.Decision) bool {
	return d == restore.Ask || d == restore.Overwrite || d == restore.Fork || d == restore.Skip
}

func badPolicy(flag, given string) error {
	return usagef("a policy is overwrite, fork, skip or ask", "%s: %q", flag, given)
}

// openTarget opens the tenant to import into. With --create-tenant and no such
// tenant, the store is nil and the target is a blank tenant that only exists
// in memory, so that planning changes nothing.
func (f *restoreFlags) openTarget(ctx context.Context, m *manifest.Manifest) (storeSpec, *store, tenant.Target, error) {
	spec, err := parseStore("--into", f.into)
	if err != nil {
		return spec, nil, nil, err
	}
	id := f.tenantID
	if f.clonesTenant() {
		id = f.cloneTenantID()
	} else if f.createTenant && id == "" {
		id = m.Tenant.ID
	}
	s, err := openStore(ctx, spec, id)
	switch {
	case err == nil:
		return spec, s, s.Target(), nil
	case f.createTenant && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, tenant.ErrNoTenant)):
		return spec, nil, blank(spec, f.newTenant(m)), nil
	case errors.Is(err, fs.ErrNotExist):
		err = &failure{exit: exitFailed, code: "no-such-store", err: err, hint: "check the path, or make a blank store with --create-tenant"}
	}
	return spec, nil, nil, err
}

// newTenant describes the tenant that --create-tenant makes.
func (f *restoreFlags) newTenant(m *manifest.Manifest) tenant.Info {
	if f.clonesTenant() {
		return tenant.Info{ID: f.cloneTenantID(), Name: f.cloneAs}
	}
	if f.tenantID != "" && f.tenantID != m.Tenant.ID {
		return tenant.Info{ID: f.tenantID, Name: f.tenantID}
	}
	info, _ := whose.Info(m) // a manifest that was read has no other residency than a sound one
	return info
}

// blank returns what the tenant will be like that --create-tenant makes.
func blank(spec storeSpec, who tenant.Info) tenant.Target {
	var keeper tenant.RowsKeeper
	switch spec.scheme {
	case "postgres":
		keeper = sqlstore.PostgresRows()
	case "sqlite":
		keeper = sqlstore.SQLiteRows()
	}
	if keeper == nil {
		return blankTenant{who}
	}
	return struct {
		blankTenant
		tenant.RowsKeeper
	}{blankTenant{who}, keeper}
}

// blankTenant is a target without entries that cannot be written to.
type blankTenant struct{ who tenant.Info }

func (b blankTenant) Tenant(context.Context) (tenant.Info, error) { return b.who, nil }

func (b blankTenant) Inventory(context.Context) iter.Seq2[tenant.Entry, error] {
	return func(func(tenant.Entry, error) bool) {}
}

func (b blankTenant) Begin(context.Context) (tenant.Tx, error) {
	return nil, errors.New("the tenant does not exist yet")
}
