package schema

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
)

// TestSameTies edits one text of the metadata.
func TestSameTies(t *testing.T) {
	for _, c := range []struct {
		old, new string
		same     bool
	}{
		{`"name": "W"`, `"name": "Another"`, true},
		{`"email": "a@example.com"`, `"email": "b@example.com"`, true},
		{`"cron": "0 5 * * 1"`, `"cron": "0 6 * * 1"`, true},
		{`"state": "active"`, `"state": "closed"`, true},
		{`"color": "#aabbcc"`, `"color": "#000000"`, true},
		{`"grants": [`, "\n\n\"grants\": [", true}, // other lines
		{`"version": 3`, `"version": 2`, false},
		{`"version": 3, `, ``, false},
		{`"id": "` + dsID + `"`, `"id": "` + ds2ID + `"`, false},
		{`"folder": "` + foID + `"`, `"folder": "` + fo2ID + `"`, false},
		{`, "parent": "` + foID + `"`, ``, false},
		{`, "tags": ["` + tgID + `"]`, ``, false},
		{`"connections": [{"name": "warehouse"`, `"connections": [{"name": "lake"`, false},
		{`, "owner": "usr_1"`, ``, false},
		{`"members": ["usr_1"]`, `"members": []`, false},
		{`"resource": {"type": "report"`, `"resource": {"type": "dataset"`, false},
		{`{"workspace": {"id": "` + wsID, `{"workspace": {"id": "` + rp2ID, false},
		{`"tags": [{`, `"tags": [{{`, false}, // cannot be read
	} {
		if !strings.Contains(goodMetadata, c.old) {
			t.Fatalf("%s is not in the metadata", c.old)
		}
		edited := strings.Replace(goodMetadata, c.old, c.new, 1)
		for _, pair := range [][2]string{{goodMetadata, edited}, {edited, goodMetadata}} {
			if got := SameTies(Parse(KindMetadata, []byte(pair[0])), Parse(KindMetadata, []byte(pair[1]))); got != c.same {
				t.Errorf("%s → %s: same ties: %v, want %v", c.old, c.new, got, c.same)
			}
		}
	}
	report := Parse(KindReport, []byte(goodReport))
	if SameTies(report, report) {
		t.Error("reports have no ties of metadata")
	}
}

// TestSameTiesKeepWhatIsWrong edits the metadata of a workspace at random. When
// two versions have the same ties, the workspace has the same problems.
func TestSameTiesKeepWhatIsWrong(t *testing.T) {
	edits := [][2]string{
		{`"name": "W"`, `"name": "Another"`}, {`"version": 3`, `"version": 2`}, {`"version": 3`, `"version": 30`}, {dsID, ds2ID},
		{`"usr_1"`, `"usr_2"`}, {`"team_1"`, `"team_2"`}, {"warehouse", "lake"}, {foID, tgID}, {fo2ID, foID}, {tgID, rp2ID}, {rpID, rp2ID},
		{`"parent": "` + foID, `"parent": "` + fo2ID}, {`"grants"`, `"grants_were"`}, {`"datasets"`, `"files"`}, {`, "parent"`, `, "was_in"`},
		{`"state": "active"`, `"state": "closed"`}, {wsID, rp2ID}, {`"sales_rep"`, `"another"`}, {`"name": "D"`, `"name": "E"`}, {`"id"`, "\n\"id\""},
	}
	same, wrong := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func(doc, label string, most int) string {
			for range rapid.IntRange(0, most).Draw(t, label) {
				e := rapid.SampledFrom(edits).Draw(t, label)
				doc = strings.Replace(doc, e[0], e[1], rapid.IntRange(1, 2).Draw(t, "how often"))
			}
			return doc
		}
		a := draw(goodMetadata, "one", 3)
		b := draw(a, "other", 1)
		if !SameTies(Parse(KindMetadata, []byte(a)), Parse(KindMetadata, []byte(b))) {
			return
		}
		problems := func(metadata string) string {
			entries := goodWorkspace()
			entries[metadataName] = []byte(metadata)
			found := CheckWorkspace(maps.All[map[layout.Name][]byte](entries))
			for i := range found {
				found[i].Line = 0
			}
			return inLines(found)
		}
		one, other := problems(a), problems(b)
		if one != other {
			t.Fatalf("the same ties and other problems:\n%s\n%s\nof\n%s\n%s", one, other, a, b)
		}
		same++
		if one != "" {
			wrong++
		}
	})
	if same == 0 || wrong == 0 {
		t.Errorf("the drawn cases are one-sided: %d alike, %d of them with problems", same, wrong)
	}
}
