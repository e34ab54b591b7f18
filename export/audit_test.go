package export

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/audit"
	"github.com/oneanalytics/oa-archive/schema"
)

// event returns a line of an audit trail that follows prev.
func event(prev string, id int) (line, hash string) {
	body := fmt.Sprintf(`{"id":"evt_%020d","ts":"2026-11-20T08:00:00Z","tenant_id":"corp","actor":{"type":"user","id":"usr_1"},"action":"report.update","resource":{"type":"report","id":"x"}}`, id)
	raw, err := hex.DecodeString(prev)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(append(raw, body...))
	hash = hex.EncodeToString(sum[:])
	return fmt.Sprintf(`{"prev":%q,"hash":%q,"event":%s}`, prev, hash, body), hash
}

func TestAuditTrail(t *testing.T) {
	var lines []string
	prev := strings.Repeat("0", 64)
	for i := range 4 {
		var line string
		line, prev = event(prev, i)
		lines = append(lines, line)
	}
	join := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	whole := join(lines...)
	for _, c := range []struct {
		name, trail string
		events      int64
		says        []string // one for each problem
	}{
		{"sound", whole, 4, nil},
		{"empty", "", 0, nil},
		{"changed", strings.Replace(whole, "usr_1", "usr_2", 1), 4, []string{`event "evt_00000000000000000000": the event's hash is not that of its bytes: the event was changed`}},
		{"removed", join(lines[0], lines[2], lines[3]), 3, []string{"does not follow the one before"}},
		{"swapped", join(lines[0], lines[2], lines[1], lines[3]), 4, []string{"does not follow", "does not follow", "does not follow"}},
		{"cut at the front", join(lines[1:]...), 3, []string{"does not follow"}},
		{"cut off", strings.TrimSuffix(whole, "\n"), 4, []string{"does not end with a line feed"}},
		{"torn", whole[:len(whole)-20], 4, []string{"", "does not end with a line feed"}},
		{"blank line", lines[0] + "\n\n", 2, []string{""}},
		{"long line", lines[0] + "\n" + strings.Repeat("x", audit.MaxLine+1) + "\n" + lines[1] + "\n", 3, []string{"has more than"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var problems []schema.Problem
			check := newTrail("audit/events.ndjson", func(p schema.Problem) { problems = append(problems, p) }, func(string, []byte, int64) {})
			for piece := []byte(c.trail); len(piece) > 0; {
				n := min(len(piece), 37)
				check.Write(piece[:n])
				piece = piece[n:]
			}
			check.Finish()
			if check.Events() != c.events || len(problems) != len(c.says) {
				t.Fatalf("%d events, problems %v; want %d and %q", check.Events(), problems, c.events, c.says)
			}
			for i, say := range c.says {
				if !strings.Contains(problems[i].String(), say) {
					t.Errorf("problem %q, want %q", problems[i], say)
				}
			}
		})
	}
}
