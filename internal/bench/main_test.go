package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary the harness where it is called as that: makers
// are run by the name bench in the stage's folder.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "bench" {
		main()
		os.Exit(0)
	}
	root = "../.."
	os.Exit(m.Run())
}

// TestSmoke runs two jobs on small corpora from end to end, so that the harness
// does not rot. It needs none of the peers that only make bench installs.
func TestSmoke(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the command, which takes the race detector's run too long")
	}
	sharedFlights(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	file := filepath.Join(t.TempDir(), "results.json")
	var out, log bytes.Buffer
	err := command(ctx, []string{"-scale", "smoke", "-rounds", "2", "-only", "^(zstd -t|tar -x|.*smaller.*)$", "-o", file, "read-one", "verify-documents"}, &out, &log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	r, err := loadResults(file)
	if err != nil || len(r.Jobs) != 2 || r.Jobs[0].Name != "verify-documents" {
		t.Fatalf("%+v, %v", r, err)
	}
	verified, read := r.Jobs[0], r.Jobs[1]
	if len(verified.Variants) != 2 || len(verified.Variants[1].Runs) != 2 || verified.Variants[1].Name != "zstd -t" {
		t.Errorf("%+v", verified.Variants)
	}
	traced := read.Variants[0].Traced
	if traced == nil || traced.Reads == 0 || traced.Bytes == 0 {
		t.Errorf("no reads were counted: %+v", traced)
	}
	for _, want := range []string{"Verify: documents: 100 JSON and YAML documents", "Read one report: ", "oa-archive verify documents.oa-archive", "  met     at most 6 reads from the file: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not printed: %q\n%s", want, out.String())
		}
	}
	if strings.Contains(readFile(t, file), temp) {
		t.Error("the result file names a folder of this machine")
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestListNamesEveryJob(t *testing.T) {
	var out bytes.Buffer
	if err := command(t.Context(), []string{"-list"}, &out, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"create-documents: 20,000 JSON", "tar -C corpus -cf - documents | zstd -q -T0 -3", "restic -q -r rows.restic check --read-data", "scale-bytes: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not listed: %q", want)
		}
	}
}

func TestUsage(t *testing.T) {
	for want, args := range map[string][]string{
		`no job "nothing": scripts/bench -list lists them`: {"pipe", "nothing"},
		`no scale "huge"`:           {"-scale", "huge"},
		"-only: error parsing":      {"-only", "("},
		"make what?":                {"make"},
		`nothing makes "tea"`:       {"make", "tea"},
		"usage: bench make archive": {"make", "archive", "1"},
	} {
		var out bytes.Buffer
		if err := command(t.Context(), args, &out, &out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// TestAimsNameTheirVariants finds aims that could never be judged.
func TestAimsNameTheirVariants(t *testing.T) {
	for name, s := range scales {
		seen := map[string]bool{}
		for _, j := range allJobs(s) {
			if seen[j.name] {
				t.Errorf("two jobs %s", j.name)
			}
			seen[j.name] = true
			names := map[string]bool{"": true}
			for _, v := range j.variants {
				if names[v.name] {
					t.Errorf("%s, %s: two variants %s", name, j.name, v.name)
				}
				names[v.name] = true
			}
			for _, a := range j.aims {
				if !names[a.of] || !names[a.against] || (a.most > 0) == (a.rate > 0) || a.rate > 0 && j.weigh == "" {
					t.Errorf("%s, %s: %+v", name, j.name, a)
				}
			}
		}
	}
}
