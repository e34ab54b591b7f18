package dirstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/oneanalytics/oa-archive/tenant"
)

// maxJournal bounds imports.ndjson, in bytes: some hundred thousand imports.
const maxJournal = 64 << 20

// record is a line of imports.ndjson.
type record struct {
	ID          string    `json:"id"`
	Archive     string    `json:"archive,omitempty"`
	ContentHash string    `json:"content_hash,omitempty"`
	Plan        string    `json:"plan,omitempty"`
	At          time.Time `json:"at"`
	Summary     string    `json:"summary,omitempty"`
	Insurance   string    `json:"insurance,omitempty"`
	// InsuranceManifest is a digest; see [tenant.ImportRecord].
	InsuranceManifest string `json:"insurance_manifest,omitempty"`
	Undoes            string `json:"undoes,omitempty"`
}

func recordOf(r tenant.ImportRecord) record {
	return record{r.ID, r.Archive, r.ContentHash, r.Plan, r.At.UTC(), r.Summary, r.Insurance, r.InsuranceManifest, r.Undoes}
}

func (r record) importRecord() tenant.ImportRecord {
	return tenant.ImportRecord{
		ID: r.ID, Archive: r.Archive, ContentHash: r.ContentHash, Plan: r.Plan, At: r.At, Summary: r.Summary,
		Insurance: r.Insurance, InsuranceManifest: r.InsuranceManifest, Undoes: r.Undoes,
	}
}

// Imports implements [tenant.Journal]. An import that a crash left half
// applied is finished first, and then listed.
func (s *Store) Imports(ctx context.Context) ([]tenant.ImportRecord, error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	_, records, err := s.readJournal()
	if err != nil {
		return nil, err
	}
	all := make([]tenant.ImportRecord, 0, len(records))
	for _, r := range records {
		all = append(all, r.importRecord())
	}
	return all, ctx.Err()
}

// readJournal returns the journal's text and the records in it.
func (s *Store) readJournal() ([]byte, []record, error) {
	text, err := s.readSmall(journalFile, maxJournal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var all []record
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, nil, fmt.Errorf("dirstore: %s/%s: import %d: %w", s.path, journalFile, len(all)+1, err)
		}
		all = append(all, r)
	}
	return text, all, nil
}

// remember adds a record to the journal, unless it is there.
func (s *Store) remember(r record) error {
	text, all, err := s.readJournal()
	if err != nil {
		return err
	}
	for _, known := range all {
		if known.ID == r.ID {
			return nil
		}
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return s.replaceFile(journalFile, append(append(text, line...), '\n'))
}
