package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Errors of undoing, for callers to test with errors.Is.
var (
	// ErrNoImport: the target's journal has no import of that id.
	ErrNoImport = errors.New("the target's journal has no such import")

	// ErrNotInsured: the import was made without insurance.
	ErrNotInsured = errors.New("the import was made without insurance")

	// ErrOtherInsurance: the archive is not the one that the target's journal
	// names as the import's insurance.
	ErrOtherInsurance = errors.New("the archive is not the insurance that the target's journal names")
)

// ImportNamed returns the journal's record of an import. The error wraps
// [ErrNoImport], or [errors.ErrUnsupported] for a target without a journal.
func ImportNamed(ctx context.Context, target tenant.Target, id string) (*tenant.ImportRecord, error) {
	if _, ok := target.(tenant.Journal); !ok {
		return nil, fmt.Errorf("restore: the target keeps no journal of imports: %w", errors.ErrUnsupported)
	}
	rec, err := journalRecord(ctx, target, func(r tenant.ImportRecord) bool { return r.ID == id })
	if err == nil && rec == nil {
		err = fmt.Errorf("restore: import %q: %w", id, ErrNoImport)
	}
	return rec, err
}

// MakeUndoPlan plans to undo the import of that id: what it replaced or
// deleted comes back byte for byte, and what it created is deleted. insured is
// the import's insurance archive, which must be the one that the target's
// journal names. It changes nothing. What was edited since the import, and what
// has come to depend on what is going to be deleted, are blocked steps.
//
// Errors for callers to test: [ErrNoImport], [ErrNotInsured],
// [ErrOtherInsurance], [ErrNoInsurance].
func MakeUndoPlan(ctx context.Context, importID string, insured *archive.Archive, target tenant.Target, opts UndoOptions) (*UndoPlan, error) {
	u, err := newUndoer(ctx, importID, insured, target, opts)
	if err != nil {
		return nil, err
	}
	return u.plan(ctx, target)
}

// undoer makes one undo plan.
type undoer struct {
	opts    UndoOptions
	info    tenant.Info
	rec     *tenant.ImportRecord
	record  *InsuranceRecord
	insured *archive.Archive
	ref     ArchiveRef

	dst         *index
	fingerprint string
	digests     map[string]layout.Digest
	steps       []*UndoStep
	warnings    []string
}

func newUndoer(ctx context.Context, importID string, insured *archive.Archive, target tenant.Target, opts UndoOptions) (*undoer, error) {
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: describe the target: %w", err)
	}
	rec, err := ImportNamed(ctx, target, importID)
	if err != nil {
		return nil, err
	}
	digest := layout.Digest(insured.ManifestDigest())
	switch {
	case rec.InsuranceManifest == "":
		return nil, fmt.Errorf("restore: import %s: %w", importID, ErrNotInsured)
	case rec.InsuranceManifest != digest.String():
		return nil, fmt.Errorf("restore: import %s: %w: want the one that was written to %s", importID, ErrOtherInsurance, rec.Insurance)
	}
	record, err := ReadInsuranceRecord(ctx, insured)
	if err != nil {
		return nil, err
	}
	if record.Import != importID || record.Tenant != info.ID {
		return nil, fmt.Errorf("restore: import %s: %w: it insures import %s of tenant %s", importID, ErrOtherInsurance, record.Import, record.Tenant)
	}
	m := insured.Manifest()
	return &undoer{
		opts: opts, info: info, rec: rec, record: record, insured: insured,
		ref: ArchiveRef{
			ID: m.ID, Tenant: m.Tenant.ID, Created: m.Created.UTC().Format(time.RFC3339), ContentHash: m.ContentHash, Manifest: digest.String(),
		},
	}, nil
}

// plan reads v and decides about every entry that the import changed.
func (u *undoer) plan(ctx context.Context, v view) (*UndoPlan, error) {
	if err := u.read(ctx, v); err != nil {
		return nil, fmt.Errorf("restore: read the target: %w", err)
	}
	u.steps, u.warnings = nil, nil
	u.decide()
	if err := u.checkDependents(ctx); err != nil {
		return nil, fmt.Errorf("restore: undo: check references: %w", err)
	}
	changes, err := u.compareAccess(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: undo: compare access: %w", err)
	}
	plan := &UndoPlan{
		Format:    UndoPlanFormat,
		Import:    UndoneImport{ID: u.rec.ID, At: u.rec.At.UTC().Format(time.RFC3339), Archive: u.rec.Archive, Summary: u.rec.Summary},
		Insurance: u.ref,
		Target:    TargetRef{Tenant: u.info.ID, Fingerprint: u.fingerprint, Entries: len(u.digests)},
		Options:   u.opts,
		Steps:     []UndoStep{},
		Warnings:  u.warnings,
		Access:    changes,
	}
	for _, s := range u.steps {
		plan.Summary.count(s)
		plan.Steps = append(plan.Steps, *s)
	}
	plan.ID, err = plan.computeID()
	return plan, err
}

func (u *undoer) read(ctx context.Context, v view) error {
	u.dst, u.digests = newIndex(), map[string]layout.Digest{}
	listed := []manifest.Entry{}
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return err
		}
		path, err := tenant.EntryPath(e.Name)
		if err != nil {
			return err
		}
		u.dst.add(entry{path: path, size: e.Size, digest: e.Digest, open: e.Open})
		u.digests[path] = e.Digest
		listed = append(listed, manifest.Entry{Path: path, SHA256: e.Digest})
	}
	u.fingerprint = manifest.ContentHash(listed)
	u.dst.sort()
	return nil
}

// decide makes a step of every asset that the import changed.
func (u *undoer) decide() {
	byKey := map[key]*UndoStep{}
	changes := slices.Clone(u.record.Entries)
	slices.SortFunc(changes, func(a, b EntryChange) int { return layout.Compare(nameOfPath(a.Path), nameOfPath(b.Path)) })
	for _, c := range changes {
		k := keyOf(nameOfPath(c.Path))
		step := byKey[k]
		if step == nil {
			step = &UndoStep{Kind: k.kind, Workspace: k.workspace, ID: k.id, Name: c.Name}
			byKey[k] = step
			u.steps = append(u.steps, step)
		}
		u.decideEntry(step, c)
	}
	for _, step := range u.steps {
		step.conclude()
	}
}

// nameOfPath parses a path that was checked when the record was read.
func nameOfPath(path string) layout.Name {
	n, _ := layout.Parse(path)
	return n
}

func (u *undoer) decideEntry(step *UndoStep, c EntryChange) {
	e := UndoEntry{Path: c.Path, Left: c.After}
	if d, ok := u.digests[c.Path]; ok {
		e.Current = d.String()
	}
	switch {
	case e.Current == c.Before:
		e.Result = c.Before
	case e.Current != c.After && !u.opts.DiscardLaterEdits:
		what := "edited"
		switch {
		case e.Current == "":
			what = "deleted"
		case c.After == "":
			what = "created again"
		}
		step.Blocked = append(step.Blocked, fmt.Sprintf("%s was %s since the import", c.Path, what))
	case c.Before == "":
		e.Delete = true
	default:
		e.Write, e.Result, e.ResultSize = true, c.Before, c.BeforeSize
	}
	step.Entries = append(step.Entries, e)
}

// conclude turns what becomes of the step's entries into its decision.
func (s *UndoStep) conclude() {
	s.Decision, s.Reason = Unchanged, "it is as it was before the import"
	for _, e := range s.Entries {
		switch {
		case e.Write:
			s.Decision, s.Reason = Revert, "it comes back as it was before the import"
		case e.Delete && s.Decision != Revert:
			s.Decision, s.Reason = Delete, "the import created it"
		}
	}
	if len(s.Blocked) > 0 {
		s.turnBlocked()
	}
}

func (s *UndoStep) turnBlocked() {
	s.Decision, s.Reason = Blocked, "undoing it would lose what came later"
	for i := range s.Entries {
		e := &s.Entries[i]
		e.Write, e.Delete, e.Result, e.ResultSize = false, false, "", 0
	}
}

func (s *UndoSummary) count(step *UndoStep) {
	counters := map[Decision]*int{Revert: &s.Revert, Delete: &s.Delete, Unchanged: &s.Unchanged, Blocked: &s.Blocked}
	*counters[step.Decision]++
	for _, e := range step.Entries {
		switch {
		case e.Write:
			s.Entries++
			s.Bytes += e.ResultSize
		case e.Delete:
			s.Deleted++
		}
	}
}

// checkDependents looks at every workspace that has changed since the import
// as the undo would leave it. What does not hold together then, and does now,
// came to depend on the import.
func (u *undoer) checkDependents(ctx context.Context) error {
	touched := map[string]map[layout.Name]UndoEntry{}
	for _, s := range u.steps {
		for _, e := range s.Entries {
			if s.Workspace == "" || !e.Write && !e.Delete {
				continue
			}
			if touched[s.Workspace] == nil {
				touched[s.Workspace] = map[layout.Name]UndoEntry{}
			}
			touched[s.Workspace][nameOfPath(e.Path)] = e
		}
	}
	now := workspaceHashes(u.record.Entries, stateOf(u.digests))
	for _, ws := range sortedKeys(touched) {
		if now[ws] == u.record.Workspaces[ws] {
			continue
		}
		if err := u.checkWorkspace(ctx, ws, touched[ws]); err != nil {
			return err
		}
	}
	return nil
}

func (u *undoer) checkWorkspace(ctx context.Context, ws string, touched map[layout.Name]UndoEntry) error {
	now := u.dst.namesIn(ws)
	names := slices.DeleteFunc(slices.Clone(now), func(n layout.Name) bool { return touched[n].Delete })
	for n, e := range touched {
		if e.Write && !u.dst.has(n) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.SortFunc(names, layout.Compare)
	after, err := problemsIn(names, func(n layout.Name) ([]byte, error) {
		if touched[n].Write {
			return u.insured.ReadDocument(ctx, n.String(), 0)
		}
		return readEntry(ctx, u.dst.entry(n))
	})
	if err != nil {
		return err
	}
	before, err := problemsIn(now, func(n layout.Name) ([]byte, error) { return readEntry(ctx, u.dst.entry(n)) })
	if err != nil {
		return err
	}
	for _, problem := range after {
		// What the undo brings back was no better before the import.
		if !slices.Contains(before, problem) && !touched[nameOfPath(problem.Path)].Write {
			u.blame(problem, ws)
		}
	}
	return nil
}

// readEntry reads a document of the target.
func readEntry(ctx context.Context, e entry) ([]byte, error) {
	r, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	limit := archive.DefaultLimits().Document
	doc, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err = cmp.Or(err, r.Close()); err != nil {
		return nil, err
	}
	if int64(len(doc)) > limit {
		return nil, fmt.Errorf("%q has more than %d bytes, which is the limit", e.path, limit)
	}
	return doc, nil
}

// blame blocks the step that a problem comes from, or, when later edits are to
// be discarded, warns of it.
func (u *undoer) blame(problem schema.Problem, ws string) {
	text := fmt.Sprintf("%s: %s: %s", problem.Path, problem.Pointer, problem.Text)
	if u.opts.DiscardLaterEdits {
		u.warnings = append(u.warnings, "left with a reference that leads nowhere: "+text)
		return
	}
	var culprit *UndoStep
	for _, s := range u.steps {
		if s.Workspace != ws || s.Decision == Unchanged {
			continue
		}
		if culprit == nil || strings.Contains(problem.Text, s.ID) || s.Kind == Dataset && culprit.Kind == Workspace {
			culprit = s
		}
		if strings.Contains(problem.Text, s.ID) {
			break
		}
	}
	if culprit != nil {
		culprit.Blocked = addOnce(culprit.Blocked, "something else depends on it now: "+text)
		culprit.turnBlocked()
	}
}
