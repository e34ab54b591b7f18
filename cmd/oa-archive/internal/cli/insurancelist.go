package cli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/seal"
	"github.com/oneanalytics/oa-archive/tenant"
)

// insuredTenants lists the archives of all tenants and stores below a folder.
// What became of the imports is in journals that are not looked into.
func (a *app) insuredTenants(ctx context.Context, f *insuranceListFlags, doc *insuranceJSON) (err error) {
	if doc.Folder, err = (&insuranceFlags{folder: f.folder}).base(a); err != nil {
		return err
	}
	entries, err := os.ReadDir(doc.Folder)
	if err := ignoring(err, fs.ErrNotExist); err != nil {
		return at("insurance", err)
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !e.IsDir() { // nor a link to one
			continue
		}
		files, err := restore.InsuranceFolder(filepath.Join(doc.Folder, e.Name())).Files(seal.Extension)
		if err != nil {
			return err
		}
		for _, file := range files {
			if isPlaceOf(e.Name(), file.Tenant) {
				doc.add(file, render.InsuredUnknown)
			}
		}
	}
	doc.sort()
	return nil
}

// isPlaceOf reports whether a folder is named as insuranceFlags.place does.
func isPlaceOf(folder, tenantID string) bool {
	mark, found := strings.CutPrefix(folder, tenantID+"-")
	return found && len(mark) == 8 && strings.Trim(mark, "0123456789abcdef") == ""
}

// insuredTenant lists the archives of one tenant in one store, with what its
// journal says of them.
func (a *app) insuredTenant(ctx context.Context, f *insuranceListFlags, doc *insuranceJSON) (err error) {
	spec, s, who, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer closeInto(&err, s)
	records, err := journalOf(ctx, spec, s)
	if err != nil {
		return err
	}
	where := &insuranceFlags{folder: f.folder}
	place, err := where.place(a, spec, who)
	if err != nil {
		return err
	}
	doc.Folder, doc.Into, doc.Tenant = string(place), shown(f.into), who.ID
	files, err := place.Files(seal.Extension)
	if err != nil {
		return err
	}
	for _, rec := range records {
		listed := slices.ContainsFunc(files, func(file restore.InsuranceFile) bool { return file.Import == rec.ID })
		if !listed && rec.InsuranceManifest != "" {
			if path, err := where.findInsurance(a, spec, who, &rec); err == nil {
				files = append(files, elsewhere(path, who.ID, rec.ID)...)
			}
		}
	}
	for _, file := range files {
		if file.Tenant == who.ID {
			doc.add(file, render.InsuredUnlisted)
		}
	}
	doc.compare(records)
	doc.sort()
	return nil
}

// elsewhere returns the archive of an import at the place that the journal
// names. Journals can be written by others: only a file of the very name that
// the archive has may be listed, and deleted.
func elsewhere(path, tenantID, importID string) []restore.InsuranceFile {
	files, err := restore.InsuranceFolder(filepath.Dir(path)).Files(seal.Extension)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(files, func(file restore.InsuranceFile) bool {
		return filepath.Base(file.Path) != filepath.Base(path) || file.Tenant != tenantID || file.Import != importID
	})
}

// compare adds what the journal says, and the archives that are gone.
func (doc *insuranceJSON) compare(records []tenant.ImportRecord) {
	undone := restore.Undone(records)
	for _, rec := range records {
		if rec.InsuranceManifest == "" {
			continue
		}
		found := false
		for i := range doc.Archives {
			in := &doc.Archives[i]
			if in.Import != rec.ID {
				continue
			}
			found = true
			in.At, in.Summary, in.State, in.UndoneBy = rec.At, rec.Summary, render.InsuredUndoable, undone[rec.ID]
			if in.UndoneBy != "" {
				in.State = render.InsuredUndone
			}
		}
		if !found {
			doc.Archives = append(doc.Archives, render.Insured{
				Tenant: doc.Tenant, Import: rec.ID, At: rec.At, Summary: rec.Summary, Path: rec.Insurance,
				State: render.InsuredMissing, UndoneBy: undone[rec.ID],
			})
		}
	}
}

func (doc *insuranceJSON) add(file restore.InsuranceFile, state string) {
	doc.Archives = append(doc.Archives, render.Insured{
		Tenant: file.Tenant, Import: file.Import, At: file.At, Size: file.Size, Path: file.Path,
		Encrypted: strings.HasSuffix(file.Path, seal.Extension), State: state,
	})
}

func (doc *insuranceJSON) sort() {
	slices.SortStableFunc(doc.Archives, func(a, b render.Insured) int { return b.At.Compare(a.At) })
}
