package restore

import (
	"cmp"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// MakePlan plans the import of a into target. It changes nothing. Reasons why
// single assets cannot be imported do not make it fail; they are steps with
// the decision [Blocked].
//
// Errors for callers to test: [*OtherTenantError], [*RecoveredError], [*SelectorError],
// [*OptionsError], [*MappingError].
func MakePlan(ctx context.Context, a *archive.Archive, target tenant.Target, opts Options) (*Plan, error) {
	p, err := newPlanner(ctx, a, target, opts)
	if err != nil {
		return nil, err
	}
	return p.plan(ctx)
}

// source is what a plan reads of an archive.
type source interface {
	Manifest() *manifest.Manifest
	ReadDocument(ctx context.Context, path string, limit int64) ([]byte, error)
	OpenEntry(ctx context.Context, path string) (io.ReadCloser, error)
	ReaderAt(path string) (*io.SectionReader, error)
}

// view is what a plan reads of a target: the target itself, or a transaction
// on it.
type view interface {
	Inventory(ctx context.Context) iter.Seq2[tenant.Entry, error]
}

// planner makes one plan, and produces the content that the plan writes.
type planner struct {
	opts           Options
	label          string
	same           bool
	manifest       *manifest.Manifest
	manifestDigest layout.Digest
	target         tenant.Info
	archive        source
	maxDocument    int64

	keeper tenant.RowsKeeper // the target, if it keeps rows as tables
	kept   map[layout.Digest]keptRows
	rows   []entry // that the plan writes, or would if they were not there

	src, dst    *index
	fingerprint string
	inventory   int // entries of the target

	items []*item

	deletions []*item           // of an exact restore, in canonical order of the target
	seats     []*item           // by the seats of the archive's assets; see itemOf
	ids       map[string]string // of originals → of their copies
	people    *resolver
	links     *linker
	landing   *landing

	detaching map[key]bool // connections, by workspace and name in the archive, that arrive beside the target's

	places    []*place // workspaces that were settled, for the comparison of access
	declared  []declared
	sentences map[string]string    // the one copy of each that steps repeat
	latest    map[[2]string][]byte // of those declared, by list and id
	moved     map[key]*item        // items that land elsewhere than in the archive, by where
	changes   []access.Change

	missing     map[string]*Unresolved
	clone       *clone // that is made or brought up to date; nil without one
	settling    bool   // ids of copies are final
	warnings    []string
	last        lastMetadata
	built       map[*item][]byte  // metadata of workspaces, compressed; what is missing is built again
	buildsAgain bool              // some metadata, when it is written
	ready       map[string][]byte // of a planner that only writes, by target path: see giveUp
	builtSize   int               // bytes of metadata that was built, compressed
	compressor  *flate.Writer     // of these, while it is planned
	written     []byte            // buffer of produce
	parser      *schema.Parser    // of one document after another
}

func newPlanner(ctx context.Context, a *archive.Archive, target tenant.Target, opts Options) (*planner, error) {
	info, err := target.Tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: describe the target: %w", err)
	}
	return newPlannerOn(ctx, a, layout.Digest(a.ManifestDigest()), nil, target, info, opts)
}

// newPlannerOn reads both sides, of the archive only what known does not say.
func newPlannerOn(ctx context.Context, a source, manifestDigest layout.Digest, known *reading, target view, info tenant.Info, opts Options) (*planner, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	m := a.Manifest()
	p := &planner{
		opts: opts, label: cmp.Or(opts.CloneAs, opts.UpdateClone, opts.ForkLabel, DefaultForkLabel), same: m.Tenant.ID == info.ID,
		manifest: m, manifestDigest: manifestDigest, target: info, archive: a,
		maxDocument: cmp.Or(opts.MaxDocument, archive.DefaultLimits().Document),
		src:         newIndex(), dst: newIndex(),
		built: map[*item][]byte{}, sentences: map[string]string{}, latest: map[[2]string][]byte{}, ids: map[string]string{}, detaching: map[key]bool{}, missing: map[string]*Unresolved{},
		parser: &schema.Parser{},
	}
	p.keeper, _ = target.(tenant.RowsKeeper)
	if !p.same && !opts.AllowOtherTenant {
		return nil, &OtherTenantError{Archive: m.Tenant.ID, Target: info.ID}
	}
	if about, err := m.Recovered(); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	} else if about != nil && !opts.AllowRecovered {
		return nil, &RecoveredError{Complete: about.Complete, Lost: int64(len(about.Lost)) + about.MoreLost}
	}
	if err := checkMappedTenants(&opts.Mapping, m.Tenant.ID, info.ID); err != nil {
		return nil, err
	}
	isKnown := known.serves(p)
	if isKnown {
		p.src = known.index
	} else if err := p.listArchive(); err != nil {
		return nil, fmt.Errorf("restore: read the archive: %w", err)
	}
	if err := p.readInventory(ctx, target); err != nil {
		return nil, fmt.Errorf("restore: read the target: %w", err)
	}
	if !isKnown {
		if err := p.readArchive(ctx); err != nil {
			return nil, fmt.Errorf("restore: read the archive: %w", err)
		}
	}
	var err error
	if p.people, err = newResolver(p.src.people, p.dst.people, p.same, &p.opts.Mapping); err != nil {
		return nil, err
	}
	if p.links, err = newLinker(p.src.links, p.dst.links, p.same, &p.opts.Mapping.Connections); err != nil {
		return nil, err
	}
	if p.landing, err = newLanding(p.src, p.dst, &p.opts.Mapping.Workspaces); err != nil {
		return nil, err
	}
	if err := p.findClone(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// plan decides about everything and writes it down.
func (p *planner) plan(ctx context.Context) (*Plan, error) {
	picked, err := p.src.selection(p.opts.Select)
	if err != nil {
		return nil, err
	}
	if p.opts.Exact {
		if err := p.checkExact(picked); err != nil {
			return nil, err
		}
	}
	p.items, p.seats = p.src.closure(picked)
	p.layOut()
	if err := p.decide(); err != nil {
		return nil, err
	}
	if err := p.decideDeletions(ctx); err != nil {
		return nil, fmt.Errorf("restore: plan: %w", err)
	}
	if err := p.leaveSame(ctx); err != nil {
		return nil, fmt.Errorf("restore: plan: compare: %w", err)
	}
	p.settling = true
	if err := p.settle(ctx); err != nil {
		return nil, fmt.Errorf("restore: plan: %w", err)
	}
	p.touchNothing()
	if err := p.checkReferences(ctx); err != nil {
		return nil, fmt.Errorf("restore: plan: check references: %w", err)
	}
	p.forgetReferences()
	if err := p.compareAccess(ctx); err != nil {
		return nil, fmt.Errorf("restore: plan: compare access: %w", err)
	}
	if err := p.authorize(ctx); err != nil {
		return nil, err
	}
	return p.assemble()
}

// assemble assembles the plan from the settled items.
func (p *planner) assemble() (*Plan, error) {
	plan := &Plan{
		Format: PlanFormat,
		Archive: ArchiveRef{
			ID: p.manifest.ID, Tenant: p.manifest.Tenant.ID, Created: p.manifest.Created.UTC().Format(time.RFC3339),
			ContentHash: p.manifest.ContentHash, Manifest: p.manifestDigest.String(),
		},
		Target:     TargetRef{Tenant: p.target.ID, Fingerprint: p.fingerprint, Entries: p.inventory},
		SameTenant: p.same,
		Options:    p.opts,
	}
	plan.Access = p.changes
	plan.Unresolved = p.stillMissing()
	plan.Removed = p.clone.gone()
	slices.Sort(p.warnings)
	plan.Warnings = slices.Compact(p.warnings)
	p.forget()
	steps := len(p.items) + len(p.deletions)
	var pool entryPool
	for items := range p.takeItems() {
		if plan.Steps == nil {
			plan.Steps = make([]Step, 0, steps)
		}
		for i, it := range items {
			p.noteRows(it)
			step := it.step()
			step.Entries = pool.of(it)
			plan.Summary.count(step)
			plan.Steps = append(plan.Steps, step)
			plan.Asleep = append(plan.Asleep, it.said().asleep...)
			if p.rest(it); p.ready != nil {
				items[i] = nil
			}
		}
	}
	var err error
	if plan.ID, err = plan.computeID(); err != nil {
		return nil, err
	}
	plan.made, err = newMade(plan, p)
	return plan, err
}

// stillMissing lists what is unresolved and matters: steps that do nothing
// need nobody.
func (p *planner) stillMissing() []Unresolved {
	idle := map[string]bool{}
	for _, it := range p.items {
		if it.decision == Unchanged || it.decision == Skip {
			idle[it.id] = true
		}
	}
	var all []Unresolved
	for _, place := range sortedKeys(p.missing) {
		u := *p.missing[place]
		u.UsedBy = slices.DeleteFunc(slices.Clone(u.UsedBy), func(id string) bool { return idle[id] })
		if len(u.UsedBy) > 0 {
			all = append(all, u)
		}
	}
	return all
}

// step writes down one item, but for its entries.
func (it *item) step() Step {
	said := it.said()
	s := Step{
		Kind: it.kind, Workspace: it.workspace, ID: it.id, Name: it.name, Decision: it.decision,
		Reason: it.reason, Why: it.why, DependsOn: it.dependsOn, Changes: said.changes, Blocked: said.blocked,
	}
	s.Access, s.Needs = said.access, it.permissions()
	if it.decision != Skip || it.keep {
		s.TargetWorkspace, s.TargetID = it.targetWorkspace, it.targetID
		if it.targetID != it.id {
			s.NewName = it.copied().newName
		}
	}
	return s
}

func (s *Summary) count(step Step) {
	counters := map[Decision]*int{
		Create: &s.Create, Unchanged: &s.Unchanged, Overwrite: &s.Overwrite, Fork: &s.Fork,
		Merge: &s.Merge, Skip: &s.Skip, Blocked: &s.Blocked, Delete: &s.Delete,
	}
	*counters[step.Decision]++
	for _, e := range step.Entries {
		if e.Write {
			s.Entries++
			s.Bytes += e.ResultSize
		}
	}
}

// sentence returns the one copy of a sentence: many steps say the same.
func (p *planner) sentence(s string) string {
	if same, ok := p.sentences[s]; ok {
		return same
	}
	p.sentences[s] = s
	return s
}

func (p *planner) warn(format string, args ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

// unresolved notes that the step refers to somebody or something that the
// target does not have.
func (p *planner) unresolved(kind, id, step, effect string) {
	place := kind + " " + id
	u := p.missing[place]
	if u == nil {
		u = &Unresolved{Kind: kind, ID: id, Effect: effect}
		u.Name, u.Email = p.people.describe(principalKey{schema.RefKind(kind), id})
		p.missing[place] = u
	}
	if !slices.Contains(u.UsedBy, step) {
		u.UsedBy = append(u.UsedBy, step)
		slices.Sort(u.UsedBy)
	}
	u.effects(effect)
}
