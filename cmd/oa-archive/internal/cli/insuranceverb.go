package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

// insuranceJSON is the --json output of insurance.
type insuranceJSON struct {
	Folder    string           `json:"folder"`
	Into      string           `json:"into,omitempty"`
	Tenant    string           `json:"tenant,omitempty"` // with into
	OlderThan *time.Time       `json:"older_than,omitempty"`
	Deleted   bool             `json:"deleted"` // false: nothing was, this was only shown
	Archives  []render.Insured `json:"archives"`
	Error     *errorJSON       `json:"error,omitempty"`
}

type insuranceListFlags struct {
	storeFlags
	folder     string
	olderThan  string
	evenNewest bool
	delete     bool
}

func insuranceVerb(a *app) *cobra.Command {
	var f insuranceListFlags
	cmd := &cobra.Command{
		Use:   "insurance",
		Short: "list what imports can be undone with, and delete what is old",
		Long: `List the archives that insure imports, the newest first: when, how large, of which
import, and, with --into, whether that import was undone. "oa-archive undo" needs them.

--older-than shows which of them would be deleted; with --delete they are. The newest
archive of each tenant in each store stays, whatever its age, so that the last import
can be undone, unless --even-newest says otherwise. An import whose archive was deleted
cannot be undone any more. Archives are told by their names; other files stay.`,
		Example: `oa-archive insurance
oa-archive insurance --into sqlite:acme.db
oa-archive insurance --older-than 90d
oa-archive insurance --older-than 90d --delete
oa-archive insurance --into sqlite:acme.db --older-than 2y --even-newest --delete`,
		Args: args(cobra.NoArgs, "no arguments besides flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.insurance(cmd.Context(), &f) },
	}
	group(cmd, "Which", func(fs *pflag.FlagSet) {
		f.storeFlags.declare(fs)
		fs.Lookup("into").Usage = "only the imports into this `STORE`, and what became of them: dir:FOLDER, sqlite:FILE or postgres://…"
		fs.StringVar(&f.folder, "insurance", "", "look below `FOLDER` (default: OA_ARCHIVE_INSURANCE, then insurance in the state folder)")
	})
	group(cmd, "Deletion", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.olderThan, "older-than", "", "choose the archives of imports that are older than `SPAN`: 30d, 12w or 7y")
		fs.BoolVar(&f.evenNewest, "even-newest", false, "choose the newest of a tenant too: its last import cannot be undone then")
		fs.BoolVar(&f.delete, "delete", false, "delete what was chosen; without it, that is only shown")
	})
	return cmd
}

// before returns the time before which archives are chosen; zero: none are.
func (f *insuranceListFlags) before(now time.Time) (time.Time, error) {
	switch {
	case f.olderThan == "" && (f.delete || f.evenNewest):
		return time.Time{}, usagef("say how old they have to be, as with --older-than 90d", "--delete and --even-newest go with --older-than")
	case f.tenantID != "" && f.into == "":
		return time.Time{}, usagef("say which store with --into", "--tenant goes with --into")
	case f.olderThan == "":
		return time.Time{}, nil
	}
	t, err := earlier(f.olderThan, now)
	if err != nil {
		return t, usagef("write it like 30d, 12w or 7y", "--older-than: %w", err)
	}
	return t, nil
}

// earlier takes a number of days, weeks or years from now, as long as later
// adds.
func earlier(span string, now time.Time) (time.Time, error) {
	ahead, err := later(span, now)
	if err != nil {
		return time.Time{}, err
	}
	return now.Add(now.Sub(ahead)), nil
}

func (a *app) insurance(ctx context.Context, f *insuranceListFlags) error {
	now := time.Now()
	before, err := f.before(now)
	if err != nil {
		return err
	}
	doc := insuranceJSON{Archives: []render.Insured{}}
	if f.into != "" {
		err = a.insuredTenant(ctx, f, &doc)
	} else {
		err = a.insuredTenants(ctx, f, &doc)
	}
	if err != nil {
		return err
	}
	if !before.IsZero() {
		doc.OlderThan = &before
		chooseInsured(doc.Archives, f.into != "", before, f.evenNewest)
	}
	var verdict error
	if f.delete {
		verdict = deleteInsured(ctx, doc.Archives)
		doc.Deleted = true
	}
	if a.json {
		doc.Error = newErrorJSON(verdict)
		return errors.Join(verdict, a.printJSON(doc))
	}
	p := a.out()
	p.Insured(doc.Archives, doc.Folder, f.into != "", now)
	if !before.IsZero() {
		next := ""
		if !f.delete {
			next = f.toDelete()
		}
		p.Chosen(doc.Archives, next)
	}
	return errors.Join(verdict, p.Err())
}

// toDelete writes the command that does what was shown.
func (f *insuranceListFlags) toDelete() string {
	text := "oa-archive insurance"
	if f.into != "" {
		text += f.toStore()
	}
	if f.folder != "" {
		text += " --insurance " + shellQuote(f.folder)
	}
	text += " --older-than " + shellQuote(f.olderThan)
	if f.evenNewest {
		text += " --even-newest"
	}
	return text + " --delete"
}

// chooseInsured marks what is older than before. Of what one tenant of one
// store still has, the newest is kept. All are of the same one or, unless one is
// set, in a folder for each.
func chooseInsured(all []render.Insured, one bool, before time.Time, evenNewest bool) {
	kept := map[string]bool{}
	for i := range all { // newest first
		in := &all[i]
		if in.State == render.InsuredMissing {
			continue
		}
		group := ""
		if !one {
			group = filepath.Dir(in.Path)
		}
		newest := in.State != render.InsuredUndone && in.State != render.InsuredUnlisted && !kept[group]
		if newest {
			kept[group] = true
		}
		switch {
		case !in.At.Before(before):
		case newest && !evenNewest:
			in.Kept = true
		default:
			in.Chosen = true
		}
	}
}

// deleteInsured deletes what is marked, and goes on after an error.
func deleteInsured(ctx context.Context, all []render.Insured) error {
	var failed error
	for i := range all {
		in := &all[i]
		if !in.Chosen {
			continue
		}
		if ctx.Err() != nil {
			return errors.Join(failed, context.Cause(ctx))
		}
		switch err := os.Remove(in.Path); {
		case err == nil, errors.Is(err, fs.ErrNotExist):
			in.Deleted = true
		default:
			failed = errors.Join(failed, fmt.Errorf("delete insurance: %w", err))
		}
	}
	return failed
}
