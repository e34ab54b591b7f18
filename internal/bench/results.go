package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"
)

// results is the machine-readable outcome, from which tables and plots are made.
type results struct {
	Jobs []jobResult `json:"jobs"`
}

// A jobResult is the outcome of one job, with all that it takes to repeat it.
type jobResult struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Corpus   string            `json:"corpus"`
	Bytes    int64             `json:"bytes,omitempty"` // of the corpus
	Notes    string            `json:"notes,omitempty"`
	Scale    string            `json:"scale"`
	Time     time.Time         `json:"time"`
	Commit   string            `json:"commit"`
	Machine  machine           `json:"machine"`
	Tools    map[string]string `json:"tools"`
	Settings map[string]string `json:"settings,omitempty"` // variables in commands
	Variants []variantResult   `json:"variants"`
	Aims     []aimResult       `json:"aims,omitempty"`
}

type variantResult struct {
	Name    string `json:"name"`
	Command string `json:"command"`
	Before  string `json:"before,omitempty"`
	Size    int64  `json:"size,omitempty"` // bytes of its output
	Traced  *tally `json:"traced,omitempty"`
	Point   *point `json:"point,omitempty"`
	Runs    []run  `json:"runs"`
}

// An aimResult says how an aim stands to what was measured. Ratios are of runs of
// the same round.
type aimResult struct {
	Text string  `json:"text"`
	Most float64 `json:"most"`
	Got  spread  `json:"got"`
	Unit string  `json:"unit"` // "×" for a ratio
	Met  bool    `json:"met"`  // its median is not above Most; of memory, its maximum
}

// machine says where a job ran.
type machine struct {
	Processor string  `json:"processor"`
	Cores     int     `json:"cores"`
	Memory    int64   `json:"memory_bytes"`
	Kernel    string  `json:"kernel"`
	Go        string  `json:"go"`
	Load      float64 `json:"load"` // of the last minute, when the job began
}

// loadResults reads a result file. One that does not exist has no jobs.
func loadResults(path string) (*results, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &results{}, nil
	}
	if err != nil {
		return nil, err
	}
	var r results
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("bench: read %s: %w", path, err)
	}
	return &r, nil
}

// save writes the result file.
func (r *results) save(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// put replaces the outcome of a job, or adds it, in the order of names.
func (r *results) put(j jobResult, order []string) {
	i := slices.IndexFunc(r.Jobs, func(k jobResult) bool { return k.Name == j.Name })
	if i >= 0 {
		r.Jobs[i] = j
		return
	}
	r.Jobs = append(r.Jobs, j)
	slices.SortStableFunc(r.Jobs, func(a, b jobResult) int {
		return slices.Index(order, a.Name) - slices.Index(order, b.Name)
	})
}

func (j *jobResult) variant(name string) *variantResult {
	for i := range j.Variants {
		if j.Variants[i].Name == name || name == "" {
			return &j.Variants[i]
		}
	}
	return nil
}

// judge holds the aims of a job against its outcome. An aim about a variant
// that did not run is left out.
func (j *jobResult) judge(aims []aim) {
	j.Aims = nil
	for _, a := range aims {
		of := j.variant(a.of)
		if of == nil || len(of.Runs) == 0 {
			continue
		}
		r := aimResult{Text: a.text, Most: a.most, Unit: unitOf(a.metric)}
		if a.rate > 0 {
			r.Most = float64(j.Bytes) / a.rate
		}
		if a.against != "" {
			against := j.variant(a.against)
			if against == nil || len(against.Runs) == 0 {
				continue
			}
			r.Unit = "×"
			r.Got = spreadOf(ratios(of.values(a.metric), against.values(a.metric)))
		} else {
			r.Got = spreadOf(of.values(a.metric))
		}
		if math.IsNaN(r.Got.Median) {
			continue
		}
		r.Met = r.Got.Median <= r.Most
		if a.metric == peak && a.against == "" {
			r.Met = r.Got.Max <= r.Most
		}
		j.Aims = append(j.Aims, r)
	}
}

func unitOf(m metric) string {
	switch m {
	case wall:
		return "s"
	case reads:
		return "reads"
	}
	return "bytes"
}

// values returns a metric of each run.
func (v *variantResult) values(m metric) (values []float64) {
	switch m {
	case size:
		return []float64{float64(v.Size)}
	case reads, readBytes:
		switch {
		case v.Traced == nil:
			return nil
		case m == reads:
			return []float64{float64(v.Traced.Reads)}
		}
		return []float64{float64(v.Traced.Bytes)}
	}
	for _, r := range v.Runs {
		if m == peak {
			values = append(values, float64(r.Peak))
		} else {
			values = append(values, r.Wall)
		}
	}
	return values
}
