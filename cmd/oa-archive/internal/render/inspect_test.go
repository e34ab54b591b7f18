package render

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/overview"
	"github.com/oneanalytics/oa-archive/manifest"
)

// large returns a workspace with so many datasets, each with so many reports.
func large(datasets, reports int) *overview.Overview {
	w := &overview.Workspace{ID: "00000000-0000-4000-8000-000000000000", Name: "Large"}
	for d := range datasets {
		id := fmt.Sprintf("00000001-0000-4000-8000-%012x", d)
		w.Datasets = append(w.Datasets, overview.Dataset{ID: id, Name: fmt.Sprintf("dataset %03d", d)})
		for r := range reports {
			w.Reports = append(w.Reports, overview.Report{
				ID: fmt.Sprintf("00000002-0000-4000-8000-%06x%06x", d, r), Name: fmt.Sprintf("report %03d/%d", d, r), Datasets: []string{id},
			})
		}
	}
	w.Reports = append(w.Reports, overview.Report{ID: "00000003-0000-4000-8000-000000000000", Name: "orphan", Datasets: []string{"gone"}})
	return &overview.Overview{Workspaces: []*overview.Workspace{w}}
}

func inspection(o *overview.Overview) *Inspection {
	return &Inspection{
		File: "x", Overview: o, Sizes: archive.Sizes{File: 1, Content: 4},
		Manifest: &manifest.Manifest{Created: time.Unix(0, 0), Tenant: manifest.Tenant{ID: "t"}},
	}
}

func inspect(o *overview.Overview, width int, all bool) string {
	var b strings.Builder
	i := inspection(o)
	i.All = all
	NewPrinter(&b, width, false).Inspect(i)
	return b.String()
}

func TestOutlinesHaveALineForEachWorkspace(t *testing.T) {
	o := large(40, 9)
	o.Workspaces[0].Problems = []string{"metadata.json: odd"}
	var b strings.Builder
	i := inspection(o)
	i.Outline = true
	NewPrinter(&b, 100, false).Inspect(i)
	for _, want := range []string{"1 workspace\n", "Large  00000000", "40 datasets, 361 reports", "--workspace NAME", "! metadata.json: odd"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "dataset 001") {
		t.Errorf("assets are listed:\n%s", b.String())
	}
}

func TestInspectShortensLargeWorkspaces(t *testing.T) {
	o := large(40, 9)
	short, full := inspect(o, 100, false), inspect(o, 0, true)
	if n := strings.Count(short, "\n"); n > 90 {
		t.Errorf("the short page has %d lines", n)
	}
	for _, want := range []string{"28 more datasets", "5 more that depend on it", `--workspace "Large", or --all`} {
		if !strings.Contains(short, want) {
			t.Errorf("the short page lacks %q:\n%s", want, short)
		}
	}
	for _, want := range []string{"dataset 039", "report 039/8", "orphan", "also uses a dataset that is not in the archive"} {
		if !strings.Contains(full, want) {
			t.Errorf("the full page lacks %q", want)
		}
	}
	if strings.Contains(full, "more") {
		t.Error("the full page leaves something out")
	}
	small := inspect(large(3, 2), 100, false)
	if strings.Contains(small, "--all") || !strings.Contains(small, "orphan") {
		t.Errorf("a small workspace is shortened:\n%s", small)
	}
}

func TestShortIDsAreUnique(t *testing.T) {
	all := assetIDs(large(2, 1))
	seen := map[string]string{}
	for i := range all.n {
		id := all.at(i)
		short := all.short(id)
		if other, ok := seen[short]; ok || len(short) < 8 || !strings.HasPrefix(id, short) {
			t.Errorf("%s and %s are both %s", id, other, short)
		}
		seen[short] = id
	}
	if len(seen) != 1+2+2+1 {
		t.Errorf("%d assets have a short form", len(seen))
	}
	if short := all.short("00000001"); short != "" {
		t.Errorf("an id that is not listed is %s", short)
	}
}
