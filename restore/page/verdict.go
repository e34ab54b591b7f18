package page

import (
	"errors"
	"fmt"

	"github.com/oneanalytics/oa-archive/internal/legible"
	"github.com/oneanalytics/oa-archive/restore"
)

// verdict is the page in one sentence.
type verdict struct {
	Tone  string // good, calm, warn, bad: a class of the style sheet
	Sign  string
	Short string // "Nothing is blocked"
	Long  string
}

func verdictOf(p *restore.Plan, r *restore.Result, err error) verdict {
	switch {
	case err != nil:
		return failed(err)
	case r != nil:
		return done(p, r)
	}
	return proposed(p)
}

func proposed(p *restore.Plan) verdict {
	s := p.Summary
	written := fmt.Sprintf("%s, %s would be written.", legible.Plural(int64(s.Entries), "entry/entries"), legible.Bytes(s.Bytes))
	switch {
	case s.Blocked > 0:
		rest := "Answer them or leave them out"
		if what := assets(p, "would be"); what != "" {
			rest += "; then " + what
		}
		return verdict{"bad", "!", fmt.Sprintf("%s of %s blocked", legible.Count(int64(s.Blocked)), legible.Plural(int64(len(p.Steps)), "asset")),
			"As it stands nothing can be imported, because an import does all of its plan or nothing. " + rest + "."}
	case !p.Writes():
		return verdict{"calm", "=", "Nothing to do", fmt.Sprintf("The target already holds what this plan is about (%s). Importing it would change nothing.", legible.Plural(int64(len(p.Steps)), "asset"))}
	}
	stay := ""
	if n := s.Unchanged + s.Skip; n > 0 {
		stay = fmt.Sprintf("; %s stay as they are", legible.Count(int64(n)))
		if n == 1 {
			stay = "; 1 stays as it is"
		}
	}
	what := firstOf(assets(p, "would be"), "records of workspaces would change")
	return verdict{"good", "✓", "Nothing is blocked", upper(what) + stay + ". " + written}
}

func done(p *restore.Plan, r *restore.Result) verdict {
	switch {
	case r.AlreadyApplied:
		return verdict{"calm", "=", "Already imported", "The target holds the result of this very plan. Nothing was written now."}
	case r.Entries == 0:
		return verdict{"calm", "=", "Nothing to do", "The target had everything already. Nothing was written."}
	}
	return verdict{"good", "✓", "Imported", fmt.Sprintf("%s. %s, %s were written, each read back and compared.",
		upper(firstOf(assets(p, "were"), "records of workspaces changed")), legible.Plural(int64(r.Entries), "entry/entries"), legible.Bytes(r.Bytes))}
}

// failed says what the error leaves of the target, where that is certain.
func failed(err error) verdict {
	var blocked *restore.BlockedError
	var stale *restore.StaleError
	var commit *restore.CommitError
	switch {
	case errors.As(err, &commit):
		return verdict{"bad", "?", "The outcome is not known", "The commit was sent and not answered: the target is in the state before the import or after it, not in between. Run the same import again to settle it."}
	case errors.As(err, &stale):
		return verdict{"bad", "!", "Not imported: the plan is stale", "The target changed since the plan was made. Nothing was written; make a new plan."}
	case errors.As(err, &blocked):
		return verdict{"bad", "!", fmt.Sprintf("Not imported: %s blocked", legible.Plural(int64(len(blocked.Steps)), "asset")), "Nothing was written, because an import does all of its plan or nothing."}
	case errors.Is(err, restore.ErrArchiveChanged), errors.Is(err, restore.ErrPlanAltered):
		return verdict{"bad", "!", "Not imported: plan and archive do not belong together", "Nothing was written; make a new plan."}
	}
	return verdict{"bad", "!", "The import failed", "Up to its commit an import changes nothing; the message below says how far it came."}
}

// upper makes the first letter, which is ASCII, a capital.
func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
