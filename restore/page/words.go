package page

import (
	"strings"

	"github.com/oneanalytics/oa-archive/internal/legible"
	"github.com/oneanalytics/oa-archive/restore"
)

// look is how a decision shows: its sign stands beside the word, so that colour
// is never all there is.
type look struct {
	Decision restore.Decision
	Sign     string
	Class    string // of the style sheet
	Would    string // "to create", after a count in a plan
	Did      string // "created", after a count in an outcome
	Means    string
}

// looks are the decisions, those first that reviewers must see first.
var looks = []look{
	{restore.Blocked, "!", "blocked", "blocked", "blocked", "cannot be imported as asked"},
	{deleted, "×", "delete", "to delete", "deleted", "the target has it, the archive does not, and the target is to be exactly as the archive"},
	{restore.Overwrite, "~", "overwrite", "to overwrite", "overwritten", "the target’s state is replaced by the archive’s"},
	{restore.Fork, "»", "fork", "to fork", "forked", "imported beside the original, under a new id"},
	{restore.Merge, "±", "merge", "to merge", "merged", "keeps its settings and takes what imported assets need"},
	{restore.Create, "+", "create", "to create", "created", "the target does not have it"},
	{restore.Skip, "−", "skip", "left out", "left out", "not imported"},
	{restore.Unchanged, "=", "unchanged", "unchanged", "unchanged", "the target has it in this state already"},
}

// deleted is the decision on assets that an exact restore removes.
const deleted restore.Decision = "delete"

// lookOf returns how a decision shows. One that a later version made shows as
// itself.
func lookOf(d restore.Decision) look {
	for _, l := range looks {
		if l.Decision == d {
			return l
		}
	}
	return look{Decision: d, Sign: "?", Class: "skip", Would: plain(string(d)), Did: plain(string(d))}
}

// rank orders decisions as looks does.
func rank(d restore.Decision) int {
	for i, l := range looks {
		if l.Decision == d {
			return i
		}
	}
	return len(looks)
}

// quiet reports whether a step leaves its asset as it is.
func quiet(s *restore.Step) bool {
	return s.Decision == restore.Unchanged || s.Decision == restore.Skip
}

// tally counts steps by decision, in the order of looks.
type tally struct {
	look
	N int
}

func tallies(p *restore.Plan) []tally {
	counts := map[restore.Decision]int{}
	for i := range p.Steps {
		counts[p.Steps[i].Decision]++
	}
	return tallyOf(counts)
}

func tallyOf(counts map[restore.Decision]int) []tally {
	var all []tally
	for _, l := range looks {
		if n := counts[l.Decision]; n > 0 {
			all = append(all, tally{l, n})
		}
	}
	return all
}

// list joins words for a sentence: "a, b and c".
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// assets counts what becomes of steps that do something, as "12 assets were
// created and 2 overwritten". verb is "were" or "would be".
func assets(p *restore.Plan, verb string) string {
	var parts []string
	for _, t := range tallies(p) {
		if t.Decision == restore.Blocked || t.Decision == restore.Unchanged || t.Decision == restore.Skip {
			continue
		}
		part := legible.Count(int64(t.N))
		if len(parts) == 0 {
			noun := " assets " + verb
			if t.N == 1 {
				noun = " asset " + strings.Replace(verb, "were", "was", 1)
			}
			part += noun
		}
		parts = append(parts, part+" "+t.Did)
	}
	return list(parts)
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
