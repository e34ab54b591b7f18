package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// event returns a line of a trail that follows prev, and its hash.
func event(prev string, id int) (line, hash string) {
	body := fmt.Sprintf(`{"id":"evt_%d","action":"report.update"}`, id)
	raw, err := hex.DecodeString(prev)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(append(raw, body...))
	hash = hex.EncodeToString(sum[:])
	return fmt.Sprintf(`{"prev":%q,"hash":%q,"event":%s}`, prev, hash, body), hash
}

// trail returns the lines of a sound trail.
func trail(n int) []string {
	var lines []string
	prev := origin
	for i := range n {
		var line string
		line, prev = event(prev, i)
		lines = append(lines, line)
	}
	return lines
}

func join(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// judge checks a trail in pieces of size bytes.
func judge(text string, size int) (int64, []string) {
	var faults []string
	c := &Chain{Report: func(f Fault) { faults = append(faults, f.Error()) }}
	for len(text) > 0 {
		n := min(len(text), size)
		c.Write([]byte(text[:n]))
		text = text[n:]
	}
	c.Finish()
	return c.Events(), faults
}

func TestChain(t *testing.T) {
	lines := trail(4)
	whole := join(lines...)
	for _, c := range []struct {
		name, trail string
		events      int64
		says        []string // one for each fault
	}{
		{"sound", whole, 4, nil},
		{"empty", "", 0, nil},
		{"changed", strings.Replace(whole, `"evt_1","action":"report.update"`, `"evt_1","action":"report.delete"`, 1), 4,
			[]string{`line 2, event "evt_1": the event's hash is not that of its bytes`}},
		{"removed", join(lines[0], lines[2], lines[3]), 3,
			[]string{`line 2, event "evt_2": the event does not follow the one before it ("evt_0")`}},
		{"swapped", join(lines[0], lines[2], lines[1], lines[3]), 4, []string{"does not follow", "does not follow", "does not follow"}},
		{"cut at the front", join(lines[1:]...), 3, []string{`line 1, event "evt_1": the event does not follow the one before it: an`}},
		{"cut off", strings.TrimSuffix(whole, "\n"), 4, []string{"does not end with a line feed"}},
		{"torn", whole[:len(whole)-20], 4, []string{`line 4, after event "evt_2": the line is not strict JSON`, "does not end with a line feed"}},
		{"blank line", lines[0] + "\n\n", 2, []string{"not strict JSON"}},
		{"a member twice", join(lines[0], `{"event":1,`+lines[1][1:]), 2, []string{"not strict JSON"}},
		{"another object", join(lines[0], `{"a":1}`), 2, []string{`line 2, after event "evt_0": the line is not an event`}},
		{"another form", join(lines[0], `[]`), 2, []string{"the line is not an event"}},
		{"long line", lines[0] + "\n" + strings.Repeat("x", MaxLine+1) + "\n" + lines[1] + "\n", 3, []string{"has more than"}},
		{"short hash", join(`{"prev":"00","hash":"00","event":{}}`), 1, []string{"does not follow", "hash is not that"}},
		{"long id", join(strings.Replace(lines[0], "evt_0", strings.Repeat("é", 5000), 1)), 1, []string{"line 1, event"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, faults := judge(c.trail, 37)
			if events != c.events || len(faults) != len(c.says) {
				t.Fatalf("%d events, faults %q; want %d and %q", events, faults, c.events, c.says)
			}
			for i, say := range c.says {
				if !strings.Contains(faults[i], say) || len(faults[i]) > 2000 {
					t.Errorf("fault %q, want %q", faults[i], say)
				}
			}
		})
	}
}

func TestLineDecides(t *testing.T) {
	var seen []int64
	c := &Chain{Line: func(line []byte, number int64) bool {
		seen = append(seen, number)
		return number != 2
	}, Report: func(f Fault) { t.Error(f.Error()) }}
	lines := trail(4)
	c.Write([]byte(join(lines[0], "whatever this is", lines[2], lines[3])))
	c.Finish()
	if !slices.Equal(seen, []int64{1, 2, 3, 4}) {
		t.Errorf("looked at %v", seen)
	}
}

// FuzzChain holds that a trail is judged alike however it is cut up.
func FuzzChain(f *testing.F) {
	f.Add([]byte(join(trail(3)...)), 10)
	f.Add([]byte("\n\n{}"), 1)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		events, faults := judge(string(text), max(1, cut))
		again, same := judge(string(text), len(text)+1)
		if events != again || !slices.Equal(faults, same) {
			t.Errorf("%d events, %v; in one piece %d, %v", events, faults, again, same)
		}
	})
}
