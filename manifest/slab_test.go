package manifest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestSlab(t *testing.T) {
	var s slab
	var want, got []string
	for i := range 3000 {
		text := strings.Repeat(string(rune('a'+i%26)), i*i%400)
		if i%1000 == 999 {
			text = strings.Repeat("long", mostPiece)
		}
		given := []byte(text)
		want, got = append(want, text), append(got, s.add(given))
		copy(given, bytes.Repeat([]byte{'!'}, len(given))) // it is the caller's
	}
	if !slices.Equal(got, want) {
		t.Error("texts differ from what was added")
	}
}

// TestPathsShareMemory: the paths of a large manifest take a few pieces of
// memory, not one each.
func TestPathsShareMemory(t *testing.T) {
	text, err := manyEntries(10_000).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(1, func() {
		if _, err := Parse(text, Limits{}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1000 {
		t.Errorf("%v allocations for 10,000 entries", n)
	}
}
