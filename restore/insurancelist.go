package restore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/tenant"
)

// InsuranceFile is an insurance archive in an [InsuranceFolder], as far as its
// name and the file system tell: it is not opened.
type InsuranceFile struct {
	Path   string
	Tenant string // id of the target
	Import string // id of the import
	// At is when the import began, from its id (RFC 9562, version 7), or when the
	// file was last written where the id holds no time.
	At   time.Time
	Size int64 // in bytes
}

// ParseInsuranceName is the inverse of [InsuranceName]. ok is false for names
// that it does not give.
func ParseInsuranceName(name string) (tenantID, importID string, ok bool) {
	const uuidLength = 36
	rest, found := strings.CutPrefix(name, "insurance-")
	rest, ends := strings.CutSuffix(rest, ".oa-archive")
	at := len(rest) - uuidLength
	if !found || !ends || at < 2 || rest[at-1] != '-' {
		return "", "", false
	}
	tenantID, importID = rest[:at-1], rest[at:]
	id, err := uuid.Parse(importID)
	return tenantID, importID, err == nil && id.String() == importID
}

// Files lists the archives that Create has completed in the folder, the newest
// first. With a suffix, such as ".age", it lists those whose names have it in
// addition too. Links, and files of other names, are left out. A folder that
// does not exist holds none.
func (f InsuranceFolder) Files(suffix string) ([]InsuranceFile, error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("restore: insurance folder: %w", err)
	}
	var files []InsuranceFile
	for _, e := range entries {
		tenantID, importID, ok := ParseInsuranceName(strings.TrimSuffix(e.Name(), suffix))
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("restore: insurance folder: %w", err)
		}
		files = append(files, InsuranceFile{
			Path: filepath.Join(string(f), e.Name()), Tenant: tenantID, Import: importID,
			At: begun(importID, info.ModTime()), Size: info.Size(),
		})
	}
	slices.SortStableFunc(files, func(a, b InsuranceFile) int { return b.At.Compare(a.At) })
	return files, nil
}

// begun returns the time in an import's id, or else otherwise.
func begun(importID string, otherwise time.Time) time.Time {
	const timed = 7 // version that begins with the time
	if id, err := uuid.Parse(importID); err == nil && id.Version() == timed {
		return time.Unix(id.Time().UnixTime()).UTC()
	}
	return otherwise.UTC()
}

// Undone returns which imports of a journal, given oldest first, are undone: by
// the id of the import, that of the undo. An undo that was undone itself does
// not count.
func Undone(journal []tenant.ImportRecord) map[string]string {
	undone := map[string]string{}
	for _, r := range slices.Backward(journal) {
		if r.Undoes != "" && undone[r.ID] == "" && undone[r.Undoes] == "" {
			undone[r.Undoes] = r.ID
		}
	}
	return undone
}
