package restore

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/layout"
)

// TestPlansAreWrittenAsOneDocument compares what is written step by step with
// what one call of the encoder gives.
func TestPlansAreWrittenAsOneDocument(t *testing.T) {
	a := sampleWorld().archive("corp")
	whole := makePlan(t, a, world{}.memory("corp"), Options{})
	odd := *whole
	odd.Warnings = []string{"\n  \"steps\": []", "<&>"}
	odd.Steps = odd.Steps[:1]
	empty, none := odd, odd
	empty.Steps, none.Steps = []Step{}, nil
	for name, p := range map[string]*Plan{"whole": whole, "odd": &odd, "empty": &empty, "none": &none} {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(p); err != nil {
			t.Fatal(err)
		}
		got, err := p.Marshal()
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want.Bytes())
		}
		digest, err := p.Digest()
		if err != nil || digest != layout.DigestOf(got) {
			t.Errorf("%s: digest %s, %v", name, digest, err)
		}
		without := *p
		without.ID = ""
		text := marshal(t, &without)
		id, err := p.computeID()
		if err != nil || id != uuid.NewSHA1(planSpace, text).String() {
			t.Errorf("%s: id %s, %v", name, id, err)
		}
	}
}
