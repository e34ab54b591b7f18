package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

// TestChooseInsuredOfOne: what the journal of one tenant lists is one series,
// wherever the files lie.
func TestChooseInsuredOfOne(t *testing.T) {
	now := time.Now()
	all := []render.Insured{
		{Path: "a/archive", State: render.InsuredUndoable, At: now.AddDate(0, 0, -40)},
		{Path: "b/archive", State: render.InsuredUndoable, At: now.AddDate(0, 0, -41)},
	}
	chooseInsured(all, true, now.AddDate(0, 0, -30), false)
	if !all[0].Kept || all[0].Chosen || !all[1].Chosen {
		t.Errorf("%+v", all)
	}
}

func TestChooseInsured(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		archives   string // newest first: group, state's first letter, age in days
		evenNewest bool
		want       string // c: chosen, k: kept as the newest, -: neither
	}{
		"all young":                       {"a?1 a?2", false, "--"},
		"the newest is young":             {"a?1 a?40 a?50", false, "-cc"},
		"the newest is old":               {"a?40 a?50", false, "kc"},
		"even the newest":                 {"a?40 a?50", true, "cc"},
		"of two":                          {"a?40 b?41 a?42 b?43", false, "kkcc"},
		"undone does not count":           {"au40 an41 an42", false, "ckc"},
		"what never happened neither":     {"al40 an41 au42", false, "ckc"},
		"what is missing is not chosen":   {"am40 an41 an42", true, "-cc"},
		"what is missing does not count":  {"am40 an41 an42", false, "-kc"},
		"all undone: none is worth a way": {"au40 au41", false, "cc"},
	} {
		states := map[byte]string{'?': render.InsuredUnknown, 'n': render.InsuredUndoable, 'u': render.InsuredUndone, 'l': render.InsuredUnlisted, 'm': render.InsuredMissing}
		var all []render.Insured
		for text := range strings.FieldsSeq(c.archives) {
			days, err := time.ParseDuration(text[2:] + "h")
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, render.Insured{Path: text[:1] + "/archive", State: states[text[1]], At: now.Add(-24 * days)})
		}
		before, err := earlier("30d", now)
		if err != nil {
			t.Fatal(err)
		}
		chooseInsured(all, false, before, c.evenNewest)
		got := ""
		for _, in := range all {
			switch {
			case in.Chosen && in.Kept:
				got += "!"
			case in.Chosen:
				got += "c"
			case in.Kept:
				got += "k"
			default:
				got += "-"
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
