package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

	otherTenant   bool
	recovered     bool
	mapFile       string
	mapUsers      []string
	mapTeams      []string
	mapRoles      []string
	mapConns      []string
	createMissing []string
	allowAccess   []string

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
	options("People and connections", func(fs *pflag.FlagSet) {
		fs.BoolVar(&f.otherTenant, "other-tenant", false, "allow a tenant that the archive did not come from")
		fs.StringVar(&f.mapFile, "map", "", "JSON `FILE` with the mappings: {\"users\":{…},\"teams\":{…},\"roles\":{…},\"connections\":{…}}")
		fs.StringArrayVar(&f.mapUsers, "map-user", nil, "`A=B`: the target's user B stands for the archive's A")
		fs.StringArrayVar(&f.mapTeams, "map-team", nil, "`A=B`, likewise for teams")
		fs.StringArrayVar(&f.mapRoles, "map-role", nil, "`A=B`, likewise for roles")
		fs.StringArrayVar(&f.mapConns, "map-connection", nil, "`A=B`, likewise for connections, by name")
		fs.StringArrayVar(&f.allowAccess, "allow-access", nil, "allow the change of access with this `ID` of the plan, which widens what somebody may see or do; repeat for more")
		fs.StringSliceVar(&f.createMissing, "create-missing", nil, "create `WHAT` the target lacks: principals, connections, or both with a comma")
	})
	f.trustFlags.declare(cmd)
}

// options turns the flags into the library's options.
func (f *restoreFlags) options() (restore.Options, error) {
	opts := restore.Options{
		Select: f.selectors, OnConflict: restore.Decision(f.onConflict), ForkLabel: f.forkLabel,
		AllowOtherTenant: f.otherTenant, AllowRecovered: f.recovered, Rows: f.rows, Audit: f.audit, AllowAccess: f.allowAccess, Exact: f.exact,
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
	for _, what := range f.createMissing {
		switch what {
		case "principals":
			opts.CreateMissing.Principals = true
		case "connections":
			opts.CreateMissing.Connections = true
		default:
			return opts, usagef("give principals, connections, or both with a comma", "--create-missing: %q is neither", what)
		}
	}
	var err error
	opts.Mapping, err = f.mapping()
	return opts, err
}

func isPolicy(d restore.Decision) bool {
	return d == restore.Ask || d == restore.Overwrite || d == restore.Fork || d == restore.Skip
}

func badPolicy(flag, given string) error {
	return usagef("a policy is overwrite, fork, skip or ask", "%s: %q", flag, given)
}

// mapping reads --map and adds the single mappings to it.
func (f *restoreFlags) mapping() (restore.Mapping, error) {
	var m restore.Mapping
	if f.mapFile != "" {
		doc, err := readSmall(f.mapFile, 16<<20)
		if err != nil {
			return m, at("map", err)
		}
		dec := json.NewDecoder(bytes.NewReader(doc))
		dec.DisallowUnknownFields()
		err = dec.Decode(&m)
		if err == nil {
			if _, more := dec.Token(); !errors.Is(more, io.EOF) {
				err = errors.New("something follows the document")
			}
		}
		if err != nil {
			return m, usagef(`it is one object with "users", "teams", "roles" and "connections"`, "--map %q: %w", f.mapFile, err)
		}
	}
	for _, one := range []struct {
		flag  string
		pairs []string
		into  *map[string]string
	}{
		{"--map-user", f.mapUsers, &m.Users}, {"--map-team", f.mapTeams, &m.Teams},
		{"--map-role", f.mapRoles, &m.Roles}, {"--map-connection", f.mapConns, &m.Connections},
	} {
		for _, pair := range one.pairs {
			from, to, ok := strings.Cut(pair, "=")
			if !ok || from == "" || to == "" {
				return m, usagef("write it as ARCHIVE-ID=TARGET-ID", "%s: %q is not a pair", one.flag, pair)
			}
			if *one.into == nil {
				*one.into = map[string]string{}
			}
			if before, ok := (*one.into)[from]; ok && before != to {
				return m, usagef("leave one of them out", "%s: %q is mapped to %q and to %q", one.flag, from, before, to)
			}
			(*one.into)[from] = to
		}
	}
	return m, nil
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
	if f.createTenant && id == "" {
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
	if f.tenantID != "" && f.tenantID != m.Tenant.ID {
		return tenant.Info{ID: f.tenantID, Name: f.tenantID}
	}
	return tenant.Info{ID: m.Tenant.ID, Name: m.Tenant.Name, Region: m.Tenant.Region, Jurisdiction: m.Tenant.Jurisdiction}
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
