package archive

import (
	"cmp"
	"slices"
	"sort"

	"github.com/oneanalytics/oa-archive/internal/order"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// A salvageJudge decides which remnants are saved.
type salvageJudge struct {
	scan *scan
	who  *identity
	out  *Remains
}

func (j *salvageJudge) judge() {
	switch {
	case j.who.proven != nil:
		j.byManifest(j.who.proven)
	default:
		j.byThemselves()
	}
	j.foreign()
	j.order()
	j.out.Stranded = stranded(j.out.Saved)
}

// isOf reports whether the entry's own signature is of the archive and key.
func (j *salvageJudge) isOf(r *remnant) bool {
	return r.by != nil && r.by.id == j.who.id && r.by.key == j.who.key
}

// byManifest saves what a proven manifest lists.
func (j *salvageJudge) byManifest(m *manifest.Manifest) {
	listed := make(map[string]bool, len(m.Entries))
	places := make([]*remnant, len(m.Entries))
	for i := range m.Entries {
		e := &m.Entries[i]
		listed[e.Path] = true
		for _, r := range j.scan.byPath[e.Path] {
			if r.digest != e.SHA256 || r.size != e.Size {
				continue
			}
			proof := ProofManifest
			switch {
			case j.who.unsigned:
				proof = ProofDigest
			case j.isOf(r):
				proof = ProofSignature
			}
			places[i] = r
			j.save(r, proof, e.Rows)
			break
		}
	}
	j.loseListed(m.Entries, places, false)
	for path := range j.scan.byPath {
		if !listed[path] && !slices.ContainsFunc(j.scan.byPath[path], j.isForeign) {
			j.out.Unlisted = append(j.out.Unlisted, path)
		}
	}
	slices.Sort(j.out.Unlisted)
}

func (j *salvageJudge) save(r *remnant, proof Proof, rows *manifest.RowStatistics) {
	j.out.Saved = append(j.out.Saved, SavedEntry{Path: r.path, Size: r.size, SHA256: r.digest, Proof: proof, Range: Range{r.at, r.end}, r: r, rows: rows})
}

// byThemselves saves what needs no manifest.
func (j *salvageJudge) byThemselves() {
	done := make(map[string]bool)
	for path, versions := range j.scan.byPath {
		var proven []*remnant
		foreign := false
		for _, r := range versions {
			if j.provesItself(r) {
				proven = append(proven, r)
			}
			foreign = foreign || j.isForeign(r)
		}
		last := versions[len(versions)-1]
		switch {
		case len(proven) == 1:
			proof := ProofSignature
			if j.who.unsigned {
				proof = ProofChecksum
			}
			j.save(proven[0], proof, nil)
		case len(proven) > 1:
			j.lose(last, LossAmbiguous)
		case foreign:
			continue
		default:
			j.lose(last, LossUnproven)
		}
		done[path] = true
	}
	for _, t := range j.scan.torn {
		if !done[t.path] {
			done[t.path] = true
			from, to := j.damage(t.end, j.scan.frames.win.size, true)
			j.out.Lost = append(j.out.Lost, LostEntry{Path: t.path, Size: t.size, Reason: LossDamaged, Range: Range{from, to}})
		}
	}
	if m := j.who.claimed; m != nil {
		var rest []manifest.Entry
		for _, e := range m.Entries {
			if !done[e.Path] {
				rest = append(rest, e)
			}
		}
		j.loseListed(rest, make([]*remnant, len(rest)), true)
	}
}

// provesItself reports whether a remnant needs no manifest. In a signed archive
// its signature proves it. In an unsigned one nothing does, but as long as the
// file is whole from its beginning, what stands in it is what was written
// there; after a gap it could be part of an uploaded file.
func (j *salvageJudge) provesItself(r *remnant) bool {
	if !j.who.unsigned {
		return j.isOf(r)
	}
	lead := j.scan.leading
	return r.leads && r.by == nil && lead != nil && lead.ID == j.who.id && r.time == j.scan.leadTime
}

func (j *salvageJudge) isForeign(r *remnant) bool { return r.by != nil && r.by.id != j.who.id }

func (j *salvageJudge) lose(r *remnant, why Loss) {
	j.out.Lost = append(j.out.Lost, LostEntry{Path: r.path, Size: r.size, Reason: why, Range: Range{r.at, r.end}})
}

// loseListed lists the entries without a place.
func (j *salvageJudge) loseListed(entries []manifest.Entry, places []*remnant, claimed bool) {
	size := j.scan.frames.win.size
	until := make([]int64, len(entries))
	next := size
	for i := len(entries) - 1; i >= 0; i-- {
		if places[i] != nil {
			next = places[i].at
		}
		until[i] = next
	}
	var from int64
	for i := range entries {
		e := &entries[i]
		if places[i] != nil {
			from = places[i].end
			continue
		}
		l := LostEntry{Path: e.Path, Size: e.Size, Reason: LossDamaged, Claimed: claimed}
		if others := j.scan.byPath[e.Path]; len(others) > 0 {
			l.Reason = LossChanged
			l.Range = Range{others[0].at, others[0].end}
		} else {
			l.Range.From, l.Range.To = j.damage(from, until[i], false)
			if l.Range.Len() == 0 {
				l.Reason = LossMissing
			}
		}
		j.out.Lost = append(j.out.Lost, l)
	}
}

// damage returns the damage between two places of the file, from the first
// gap to the last or, if asked for, only the first.
func (j *salvageJudge) damage(from, to int64, first bool) (int64, int64) {
	gaps := j.out.Damage
	i := sort.Search(len(gaps), func(i int) bool { return gaps[i].To > from })
	k := sort.Search(len(gaps), func(i int) bool { return gaps[i].From >= to })
	if i >= k {
		return from, from
	}
	if first {
		k = i + 1
	}
	return max(gaps[i].From, from), min(gaps[k-1].To, to)
}

// foreign counts the entries of other archives.
func (j *salvageJudge) foreign() {
	counts := make(map[string]int)
	for _, versions := range j.scan.byPath {
		for _, r := range versions {
			if j.isForeign(r) && manifest.CheckID(r.by.id) == nil {
				counts[r.by.id]++
			}
		}
	}
	for id, n := range counts {
		j.out.Foreign = append(j.out.Foreign, Foreign{id, n})
	}
	slices.SortFunc(j.out.Foreign, func(a, b Foreign) int { return cmp.Compare(a.ArchiveID, b.ArchiveID) })
}

// order puts both lists in canonical order, and drops what could not stand in
// one archive with the rest.
func (j *salvageJudge) order() {
	canonical := func(a, b string) int {
		x, _ := layout.Parse(a)
		y, _ := layout.Parse(b)
		return layout.Compare(x, y)
	}
	slices.SortFunc(j.out.Saved, func(a, b SavedEntry) int { return canonical(a.Path, b.Path) })
	var paths order.Checker
	j.out.Saved = slices.DeleteFunc(j.out.Saved, func(e SavedEntry) bool {
		_, err := paths.Next(e.Path)
		if err != nil {
			j.lose(e.r, LossConflict)
		}
		return err != nil
	})
	slices.SortFunc(j.out.Lost, func(a, b LostEntry) int { return canonical(a.Path, b.Path) })
}
