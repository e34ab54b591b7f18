package restore

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

// sampleIndex is the index of the sample, names included.
func sampleIndex(t testing.TB) *index {
	t.Helper()
	x := newIndex()
	w := sampleWorld()
	for _, path := range w.paths() {
		n, err := layout.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		x.add(entry{path: n.String(), size: int64(len(w[path])), digest: layout.DigestOf([]byte(w[path]))})
	}
	x.sort()
	names := map[string]string{wsSales: "Sales", wsOps: "Ops", orders: "Orders", returns: "Returns", revenue: "Revenue", detail: "Detail", drop: "Revenue drops", upload: "orders.csv"}
	for _, a := range x.order {
		if a.name == "" {
			a.name = names[a.id]
		}
	}
	return x
}

func TestSelectors(t *testing.T) {
	sales := []string{wsSales, orders, returns, revenue, detail, drop, upload}
	for _, c := range []struct {
		selectors []string
		want      []string
	}{
		{nil, append(slices.Clone(sales), wsOps, flagsPath)},
		{[]string{revenue}, []string{revenue}},
		{[]string{"e0000000"}, []string{revenue, detail}},
		{[]string{"e0000000-0000-4000-8000-000000000002"}, []string{detail}},
		{[]string{"report"}, []string{revenue, detail}},
		{[]string{"report:Rev*"}, []string{revenue}},
		{[]string{"dataset:Order?"}, []string{orders}},
		{[]string{"dataset:" + returns}, []string{returns}},
		{[]string{"workspace:Sales"}, sales},
		{[]string{wsSales}, sales},
		{[]string{"workspace:O*", "alert"}, []string{drop, wsOps}},
		{[]string{"workspace"}, []string{wsSales, wsOps}},
		{[]string{"workspaces/*/reports/*"}, []string{revenue, detail}},
		{[]string{"**/rows.parquet"}, []string{orders}},
		{[]string{"extensions/**"}, []string{flagsPath}},
		{[]string{"extension:*flags*"}, []string{flagsPath}},
	} {
		x := sampleIndex(t)
		picked, err := x.selection(c.selectors)
		if err != nil {
			t.Errorf("%q: %v", c.selectors, err)
			continue
		}
		var got []string
		for _, a := range x.order {
			if picked[a.seat] {
				got = append(got, a.id)
			}
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(c.want))
		if !slices.Equal(got, want) {
			t.Errorf("%q picks %q, want %q", c.selectors, got, want)
		}
	}
}

func TestSelectorsThatAreRefused(t *testing.T) {
	for selector, says := range map[string]string{
		"":                    "is empty",
		"reprot":              "did you mean report?",
		"e00000":              "is neither an id (or 8 characters of one)",
		"reports:Rev":         `"reports" is not a kind of asset; did you mean report?`,
		"report:":             "has no name after the colon",
		"report:Revenu":       "matches nothing in the archive; did you mean report:Revenue?",
		"workspace:sales":     "did you mean workspace:Sales, ",
		"workspaces/*/report": "matches nothing",
		strings.ToUpper("ee000000-0000-4000-8000-000000000001"): "is neither",
		"ee000000-0000-4000-8000-000000000001":                  "matches nothing in the archive; did you mean e0000000-0000-4000-8000-000000000001",
	} {
		_, err := sampleIndex(t).selection([]string{selector})
		var refused *SelectorError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, want %q", selector, err, says)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		plain, path   bool
	}{
		{"", "", true, true},
		{"*", "", true, true},
		{"*", "a/b", true, false},
		{"**", "a/b", true, true},
		{"a*c", "abc", true, true},
		{"a*c", "ac", true, true},
		{"a*c", "ab", false, false},
		{"a?c", "abc", true, true},
		{"a?c", "a/c", true, false},
		{"?", "é", true, true},
		{"*.json", "x/y.json", true, false},
		{"**/*.json", "x/z/y.json", true, true},
		{"a**b", "a/x/b", true, true},
		{strings.Repeat("*a", 40), strings.Repeat("a", 60) + "b", false, false},
	} {
		if got := glob(c.pattern, c.name); got != c.plain {
			t.Errorf("glob(%q, %q) = %v", c.pattern, c.name, got)
		}
		if got := globPath(c.pattern, c.name); got != c.path {
			t.Errorf("globPath(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

// FuzzParseSelector holds that a selector is refused or can be matched.
func FuzzParseSelector(f *testing.F) {
	for _, s := range []string{"", "report", "report:*", "workspace:Sales", revenue, "e0000000", "workspaces/**", "a:b:c", "*?/"} {
		f.Add(s)
	}
	x := sampleIndex(f)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSelector(text)
		if err != nil {
			return
		}
		if s.String() != text {
			t.Errorf("%q became %q", text, s)
		}
		x.pick(s, make(picks, len(x.order)))
	})
}

func TestForkIDs(t *testing.T) {
	const want = "2b54e3df-4111-58db-bc69-ca175de7a525" // fixed for good: see ForkID
	if got := ForkID("corp", "corp", detail, "copy"); got != want {
		t.Errorf("ForkID = %s, want %s", got, want)
	}
	seen := map[string]bool{}
	for _, in := range [][4]string{{"a", "b", detail, "l"}, {"ab", "", detail, "l"}, {"a", "b", revenue, "l"}, {"a", "b", detail, "m"}, {"b", "a", detail, "l"}} {
		id := ForkID(in[0], in[1], in[2], in[3])
		if seen[id] || !layout.IsUUID(id) {
			t.Errorf("ForkID(%q) = %s is not an id of its own", in, id)
		}
		seen[id] = true
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	id := revenue
	for _, c := range []struct {
		opts Options
		says string
	}{
		{Options{OnConflict: Create}, `option on_conflict: "create" is not one of ask, overwrite, fork and skip`},
		{Options{PerKind: map[Kind]Decision{Report: "delete"}}, `option per_kind: "delete" for report`},
		{Options{PerKind: map[Kind]Decision{"reports": Skip}}, `"reports" is not a kind`},
		{Options{PerAsset: map[string]Choice{id: {Decision: Ask}}}, `option per_asset: "ask" for ` + id},
		{Options{PerAsset: map[string]Choice{id: {Decision: Skip, NewName: "x"}}}, "only copies get one"},
		{Options{PerAsset: map[string]Choice{"77777777-7777-4777-8777-777777777777": {Decision: Skip}}}, "is not in the archive"},
		{Options{Select: []string{"file"}, PerAsset: map[string]Choice{id: {Decision: Skip}}}, "is not among what is selected"},
		{Options{ForkLabel: "a\x00b"}, "cannot be printed"},
		{Options{ForkLabel: " a"}, "begins or ends with a space"},
		{Options{ForkLabel: strings.Repeat("x", 65)}, "at most 64 characters"},
		{Options{MaxDocument: -1}, "is negative"},
	} {
		_, err := tryPlan(sampleWorld().archive("corp"), world{}.store(t, "corp").Target(), c.opts)
		var refused *OptionsError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: error %v, want %q", c.opts, err, c.says)
		}
	}
}
