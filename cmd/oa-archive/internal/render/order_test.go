package render

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyName draws names that often are equal but for their case, and may be no
// UTF-8.
func anyName(t *rapid.T, label string) string {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[aAäÄΣσςİ]{0,3}`), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 4), func(b []byte) string { return string(b) })).Draw(t, label)
}

func TestNamesAreOrderedAsInSmallLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyName(t, "a"), anyName(t, "b")
		if got, want := compareFolded(a, b), strings.Compare(strings.ToLower(a), strings.ToLower(b)); got != want {
			t.Errorf("compareFolded(%q, %q) = %d, want %d", a, b, got, want)
		}
	})
}

func TestGather(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.StringMatching(`[abc]?`)).Draw(t, "texts")
		var want [][]int32
		place := map[string]int{}
		for i, s := range texts {
			at, ok := place[s]
			if !ok {
				at = len(want)
				place[s], want = at, append(want, nil)
			}
			want[at] = append(want[at], int32(i))
		}
		got := gather(len(texts), func(i, j int32) int { return cmp.Compare(texts[i], texts[j]) })
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%q: %v, want %v", texts, got, want)
		}
	})
}

func TestDistinct(t *testing.T) {
	texts := []string{"b", "b", "a", "c", "a"}
	first, n := distinct([]int32{0, 1, 2, 3, 4}, func(i int32) string { return texts[i] })
	if n != 3 || !slices.Equal(first, []string{"b", "a"}) {
		t.Errorf("%d, the first of them %q", n, first)
	}
}

// TestShortFormsTellIDsApart compares with all others, where ids looks at the
// two beside.
func TestShortFormsTellIDsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sorted := slices.Compact(slices.Sorted(slices.Values(rapid.SliceOf(rapid.StringMatching(`[01]{6,14}`)).Draw(t, "ids"))))
		all := ids{len(sorted), func(i int) string { return sorted[i] }}
		for i, id := range sorted {
			n := shortest
			for j, other := range sorted {
				if i != j {
					n = max(n, commonPrefix(id, other)+1)
				}
			}
			if got, want := all.short(id), id[:min(n, len(id))]; got != want || all.find(id) != i {
				t.Errorf("%s of %q is %q at %d, want %q at %d", id, sorted, got, all.find(id), want, i)
			}
		}
		if absent := all.short("2"); absent != "" || all.find("") != -1 {
			t.Errorf("an id that is not there has the short form %q", absent)
		}
	})
}

// TestPagesKeepTheFirstError finds errors of writing although pages leave in
// large pieces.
func TestPagesKeepTheFirstError(t *testing.T) {
	plan := somePlan(2000)
	for at := range 3 {
		p := NewPrinter(&failingWriter{after: at}, 0, false)
		p.Plan(&PlanPage{Plan: plan})
		p.Blank()
		if p.Err() == nil || p.Err().Error() != "disk full" {
			t.Errorf("after %d writes: %v", at, p.Err())
		}
	}
	p := NewPrinter(&failingWriter{after: 1}, 0, false)
	p.Plan(&PlanPage{Plan: somePlan(10)})
	if p.Err() != nil {
		t.Errorf("a page of one piece: %v", p.Err())
	}
}
