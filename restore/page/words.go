package page

import (
	"fmt"
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
	{restore.Overwrite, "~", "overwrite", "to overwrite", "overwritten", "the target’s state is replaced by the archive’s"},
	{restore.Fork, "»", "fork", "to fork", "forked", "imported beside the original, under a new id"},
	{restore.Merge, "±", "merge", "to merge", "merged", "keeps its settings and takes what imported assets need"},
	{restore.Create, "+", "create", "to create", "created", "the target does not have it"},
	{restore.Skip, "−", "skip", "left out", "left out", "not imported"},
	{restore.Unchanged, "=", "unchanged", "unchanged", "unchanged", "the target has it in this state already"},
}

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

func tallies(s restore.Summary) []tally {
	counts := map[restore.Decision]int{
		restore.Create: s.Create, restore.Unchanged: s.Unchanged, restore.Overwrite: s.Overwrite, restore.Fork: s.Fork,
		restore.Merge: s.Merge, restore.Skip: s.Skip, restore.Blocked: s.Blocked,
	}
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

// assets counts what the summary's steps write, as "12 created, 2 overwritten".
func assets(s restore.Summary, verb string) string {
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{{s.Create, "created"}, {s.Overwrite, "overwritten"}, {s.Fork, "forked"}, {s.Merge, "merged"}} {
		if c.n == 0 {
			continue
		}
		if len(parts) == 0 {
			noun := "assets " + verb
			if c.n == 1 {
				noun = strings.Replace("asset "+verb, "were", "was", 1)
			}
			parts = append(parts, fmt.Sprintf("%s %s %s", legible.Count(int64(c.n)), noun, c.word))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s", legible.Count(int64(c.n)), c.word))
	}
	return list(parts)
}

func total(s restore.Summary) int {
	return s.Create + s.Unchanged + s.Overwrite + s.Fork + s.Merge + s.Skip + s.Blocked
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
