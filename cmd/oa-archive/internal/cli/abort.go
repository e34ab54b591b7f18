package cli

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/restore"
)

// abortJSON is the --json output of import --abort.
type abortJSON struct {
	Into    string           `json:"into"`
	Tenant  string           `json:"tenant"`
	Aborted *restore.Aborted `json:"aborted"`
}

// abortImport removes what an import that died has left.
func (a *app) abortImport(ctx context.Context, f *importFlags) (err error) {
	var stray string
	f.cmd.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "abort", "into", "tenant", "insurance", "json", "quiet", "no-color":
		default:
			stray = flag.Name
		}
	})
	if stray != "" {
		return usagef("leave it out", "--abort and --%s exclude each other", stray)
	}
	spec, s, who, err := (&storeFlags{f.into, f.tenantID}).open(ctx)
	if err != nil {
		return err
	}
	defer closeInto(&err, s)
	var place restore.InsurancePlace
	if folder, err := f.insure.place(a, spec, who); err == nil { // without a folder there is nothing in it
		place = folder
	}
	found, err := restore.Abort(ctx, s.Target(), place)
	if err != nil {
		return at("store "+spec.String(), err)
	}
	if a.json {
		return a.printJSON(abortJSON{Into: shown(f.into), Tenant: who.ID, Aborted: found})
	}
	p := a.out()
	p.Aborted(found, tenantName(who))
	return p.Err()
}
