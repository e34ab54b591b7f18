package restore

import (
	"errors"
	"strings"
	"testing"
)

// TestFaultsOfWhatIsNotWritten plans with an archive that holds a report that
// breaks its schema.
func TestFaultsOfWhatIsNotWritten(t *testing.T) {
	broken := sampleWorld().edit(t, revenuePath, `"pages": [{"id": "p1"`, `"pages": [{"idd": "p1"`)
	a := broken.archive("corp")
	for name, c := range map[string]struct {
		target  world
		opts    Options
		blocked bool
	}{
		"everything":              {world{}, Options{}, true},
		"the report":              {world{}, Options{Select: []string{revenue}}, true},
		"another asset":           {world{}, Options{Select: []string{upload}}, false},
		"the target has the same": {broken, Options{OnConflict: Overwrite}, false},
		"another state is there":  {sampleWorld(), Options{OnConflict: Overwrite}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var why string
			for _, s := range makePlan(t, a, c.target.memory("corp"), c.opts).BlockedSteps() {
				why += strings.Join(s.Blocked, "\n")
			}
			if blocked := strings.Contains(why, "its document is not valid"); blocked != c.blocked {
				t.Errorf("blocked: %v, want %v: %s", blocked, c.blocked, why)
			}
		})
	}
}

// TestValidatorsThatFailBlockOneAsset takes an error that is not about the
// document.
func TestValidatorsThatFailBlockOneAsset(t *testing.T) {
	it := newItem(nil, "")
	it.judge(errors.New("no memory for the schema"))
	if len(it.said().blocked) != 1 || !strings.Contains(it.said().blocked[0], "its document cannot be validated: no memory") {
		t.Errorf("blocked: %q", it.said().blocked)
	}
	sound := newItem(nil, "")
	if sound.judge(nil); len(sound.said().blocked) > 0 {
		t.Errorf("blocked: %q", sound.said().blocked)
	}
}
