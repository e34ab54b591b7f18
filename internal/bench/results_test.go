package main

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{4, 1}, spread{1, 2.5, 4}},
		{[]float64{9, 1, 2}, spread{1, 2, 9}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("%v: %+v", c.values, got)
		}
	}
	if !math.IsNaN(spreadOf(nil).Median) {
		t.Error("nothing has a median")
	}
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	if got := ratios([]float64{1, 2, 3}, []float64{2, 8}); !reflect.DeepEqual(got, []float64{0.5, 0.25}) {
		t.Errorf("%v", got)
	}
}

func TestQuantities(t *testing.T) {
	for want, got := range map[string]string{
		"12 ms": seconds(0.0123), "1.00 s": seconds(0.99996), "12.3 s": seconds(12.345), "123 s": seconds(123.4),
		"0.067": factor(0.0666), "1.40": factor(1.4), "12": factor(12.3), "–": factor(math.NaN()),
		"17 B": bytesText(17), "1.50 KiB": bytesText(1536), "0.98 KiB": bytesText(1000), "256 MiB": bytesText(256 << 20), "10.2 GiB": bytesText(10.2 * (1 << 30)),
		"6 reads": inUnit(6, "reads"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (spread{1, 2, 3}).middle(factor); got != "2.00 (1.00–3.00)" {
		t.Error(got)
	}
	if got := (spread{2.001, 2.002, 2.003}).middle(factor); got != "2.00" {
		t.Error(got)
	}
}

// example is a result with all that a table can have.
func example() *results {
	j := jobResult{Name: "pipe", Title: "Pipes", Corpus: "an archive", Scale: "full", Variants: []variantResult{
		{Name: ours, Command: "oa-archive verify - | cat", Size: 2 * mib, Traced: &tally{6, 1 << 20}, Runs: []run{{Wall: 1, CPU: 2, Server: 0.5, Peak: 100 * mib}, {Wall: 2, CPU: 2, Server: 0.5, Peak: 90 * mib}}},
		{Name: "peer", Command: "peer", Runs: []run{{Wall: 2, CPU: 1, Peak: 30 * mib}, {Wall: 1, CPU: 1, Peak: 30 * mib}}},
	}}
	j.judge([]aim{
		{text: "fast", against: "peer", metric: wall, most: 1.3},
		{text: "small", metric: peak, most: 90 * mib},
		{text: "few reads", metric: reads, most: 6},
		{text: "left out", against: "absent", metric: wall, most: 1},
		{text: "not counted", of: "peer", metric: reads, most: 1},
	})
	return &results{Jobs: []jobResult{j}}
}

func TestAims(t *testing.T) {
	var got []string
	for _, a := range example().Jobs[0].Aims {
		got = append(got, a.Text+": "+a.got()+": "+a.verdict())
	}
	want := []string{
		"fast: 1.25 × (0.50–2.00): met",
		"small: 95.0 MiB (90.0 MiB–100 MiB): not met",
		"few reads: 6 reads: met",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

func TestResultsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	r, err := loadResults(path)
	if err != nil || len(r.Jobs) != 0 {
		t.Fatalf("a file that is not there: %+v, %v", r, err)
	}
	order := []string{"create", "pipe", "late"}
	for _, name := range []string{"late", "pipe", "create", "pipe"} {
		j := example().Jobs[0]
		j.Name = name
		r.put(j, order)
	}
	if err := r.save(path); err != nil {
		t.Fatal(err)
	}
	again, err := loadResults(path)
	if err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("%+v, %v", again, err)
	}
	var names []string
	for _, j := range again.Jobs {
		names = append(names, j.Name)
	}
	if !reflect.DeepEqual(names, order) {
		t.Errorf("%q", names)
	}
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadResults(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}
