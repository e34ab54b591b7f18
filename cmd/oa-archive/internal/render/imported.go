package render

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/restore"
)

// Imported prints what an import did.
func (p *Printer) Imported(r *restore.Result, plan *restore.Plan, store, tenant string) {
	where := tenant + " in " + store
	switch {
	case r.AlreadyApplied:
		p.Line(Styled(Good, "✓ already imported"), Text(": "+where+" holds the result of this very plan"))
	case r.ImportID == "":
		p.Line(Styled(Good, "✓ nothing to do"), Text(": "+where+" has everything already"))
	default:
		p.Line(Styled(Good, "✓ imported"), Text(" into "+where))
	}
	s := r.Summary
	done := commas(
		plural(s.Create, "created/created"), plural(s.Overwrite, "overwritten/overwritten"), plural(s.Fork, "forked/forked"),
		plural(s.Merge, "merged/merged"), plural(s.Unchanged, "unchanged/unchanged"), plural(s.Skip, "skipped/skipped"))
	if s.Delete > 0 {
		done = commas(done, plural(s.Delete, "deleted/deleted"))
	}
	rows := [][]Span{fact("assets", Text(firstOf(done, "none")))}
	if r.Entries > 0 {
		rows = append(rows, fact("written", Text(fmt.Sprintf("%s, %s, each read back and compared", Plural(int64(r.Entries), "entry/entries"), Bytes(r.Bytes)))))
	}
	if r.ImportID != "" {
		rows = append(rows, fact("import", Text(r.ImportID)))
	}
	rows = append(rows, fact("content now", Text(r.Fingerprint)))
	rows = append(rows, proofRows(r)...)
	p.facts(rows...)
	if r.ImportID != "" && !r.AlreadyApplied {
		p.asleep(r.Asleep, false, "in the output of --json")
		p.aftermath(plan)
	}
}

// aftermath lists what an import has changed on the way, beyond what it has
// put to sleep.
func (p *Printer) aftermath(plan *restore.Plan) {
	const shown = 12
	var sentences []string
	of := map[string][]string{} // sentence → the assets that it is about
	add := func(sentence string, about ...string) {
		if _, ok := of[sentence]; !ok {
			sentences = append(sentences, sentence)
		}
		of[sentence] = append(of[sentence], about...)
	}
	for _, w := range plan.Warnings {
		add(w)
	}
	for i := range plan.Steps {
		s := &plan.Steps[i]
		if quiet(s) {
			continue
		}
		for _, change := range s.Changes {
			if saidAsleep(change) {
				continue
			}
			add(change, fmt.Sprintf("%s %q", s.Kind, firstOf(s.NewName, s.Name, s.ID)))
		}
	}
	if len(sentences) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Worth knowing"))
	for _, sentence := range sentences[:min(shown, len(sentences))] {
		p.WrapAfter(Styled(Warn, "  · "), Plain, labelled(sentence, of[sentence]))
	}
	if n := len(sentences) - shown; n > 0 {
		p.Line(Styled(Faint, fmt.Sprintf("  · %d more (in the output of --json)", n)))
	}
}

// labelled puts the assets that a sentence is about before it.
func labelled(sentence string, about []string) string {
	const named = 2
	switch n := len(about) - named; {
	case len(about) == 0:
		return sentence
	case n > 0:
		return fmt.Sprintf("%s and %d more: %s", strings.Join(about[:named], ", "), n, sentence)
	}
	return strings.Join(about, ", ") + ": " + sentence
}

// Destroys lists what an import is about to replace and delete, for the
// question whether that is meant.
func (p *Printer) Destroys(steps []restore.Step) {
	const shown = 20
	t := &Table{Indent: 2, Columns: []Column{{}, {}, {Shrink: 16}}}
	for i, s := range steps {
		if i == shown {
			t.Add(S(Faint, "…"), C(""), S(Faint, fmt.Sprintf("%d more", len(steps)-shown)))
			break
		}
		look := decisions[s.Decision]
		t.Add(S(look.style, look.symbol+" "+string(s.Decision)), C(string(s.Kind)), C(firstOf(s.Name, s.ID)))
	}
	p.Table(t)
}
