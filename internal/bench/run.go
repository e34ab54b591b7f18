package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// runJobs runs jobs, prints a table after each, and keeps the result file up to
// date, so that what was measured before a failure is not lost.
func runJobs(ctx context.Context, r *request, jobs []job, stdout, stderr io.Writer) (err error) {
	all := &results{}
	if r.results != "" {
		if all, err = loadResults(r.results); err != nil {
			return err
		}
	}
	var order []string
	for _, j := range allJobs(r.scale) {
		order = append(order, j.name)
	}
	s, err := newStage(ctx, r.scale, r.keep, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	tools := s.tools(ctx)
	began := time.Now()
	for _, j := range jobs {
		fmt.Fprintf(stderr, "bench: %s (%.0f s so far)\n", j.name, time.Since(began).Seconds())
		result, err := s.runJob(ctx, j, r.only)
		if err != nil {
			return fmt.Errorf("%s: %w", j.name, err)
		}
		result.Commit, result.Tools = commit(ctx), tools
		if err := printJob(stdout, result); err != nil {
			return err
		}
		all.put(*result, order)
		if r.results != "" {
			if err := all.save(r.results); err != nil {
				return err
			}
		}
	}
	return nil
}

// runJob prepares a job and runs its variants in turns.
func (s *stage) runJob(ctx context.Context, j job, only *regexp.Regexp) (*jobResult, error) {
	for _, prepare := range j.prepare {
		if err := prepare(ctx, s); err != nil {
			return nil, err
		}
	}
	result := &jobResult{
		Name: j.name, Title: j.title, Corpus: j.corpus, Notes: j.notes, Scale: s.scale.Name,
		Time: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(), Settings: map[string]string{},
	}
	if j.weigh != "" {
		bytes, err := sizeOf(filepath.Join(s.dir, j.weigh))
		if err != nil {
			return nil, err
		}
		result.Bytes = bytes
	}
	var variants []variant
	for i, v := range j.variants {
		if i > 0 && !only.MatchString(v.name) {
			continue
		}
		if v.prepare != nil {
			if err := v.prepare(ctx, s); err != nil {
				return nil, err
			}
		}
		if v.point != nil && v.point.Size == 0 {
			bytes, err := sizeOf(filepath.Join(s.dir, v.point.folder))
			if err != nil {
				return nil, err
			}
			v.point.Size = float64(bytes)
		}
		variants = append(variants, v)
		result.Variants = append(result.Variants, variantResult{Name: v.name, Command: v.command, Before: v.before, Point: v.point})
	}
	for name, value := range s.settings {
		result.Settings[name] = value
	}
	for round := range max(1, j.rounds) {
		for i, v := range variants {
			if v.rounds > 0 && round >= v.rounds {
				continue
			}
			if err := s.runVariant(ctx, v, &result.Variants[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
		}
	}
	result.judge(j.aims)
	if j.tidy != "" {
		return result, s.shell(ctx, j.tidy)
	}
	return result, nil
}

// runVariant runs one round of a variant, and in the first also counts its reads.
func (s *stage) runVariant(ctx context.Context, v variant, result *variantResult) error {
	if v.before != "" {
		if err := s.shell(ctx, v.before); err != nil {
			return err
		}
	}
	var before float64
	var err error
	if v.server {
		if before, err = s.server.computed(); err != nil {
			return err
		}
	}
	took, err := measure(ctx, s.dir, s.env, v.command)
	if err != nil {
		return err
	}
	if v.server {
		after, err := s.server.computed()
		if err != nil {
			return err
		}
		took.Server = after - before
	}
	result.Runs = append(result.Runs, took.rounded())
	if v.output != "" {
		if result.Size, err = sizeOf(filepath.Join(s.dir, v.output)); err != nil {
			return err
		}
	}
	if v.traced != "" && result.Traced == nil {
		t, err := countReads(ctx, s, v.command, v.traced)
		if err != nil {
			return err
		}
		result.Traced = &t
	}
	fmt.Fprintf(s.log, "bench:   %-34s %8.3f s\n", v.name, took.Wall)
	return ctx.Err()
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// tools returns what the programs say of their versions.
func (s *stage) tools(ctx context.Context) map[string]string {
	versions := map[string]string{}
	for name, command := range map[string]string{
		"tar": "tar --version", "zstd": "zstd --version", "zip": "zip -v | sed -n 2p", "unzip": "unzip -v",
		"borg": "borg --version", "restic": "restic version", "PostgreSQL": "psql --version",
	} {
		// A tool that is missing fails the job that needs it.
		if text, err := s.output(ctx, command+" 2>/dev/null"); err == nil {
			versions[name] = versionNumber.FindString(firstLine([]byte(text)))
		}
	}
	return versions
}

// commit returns the commit that is checked out, with a plus sign when files differ
// from it.
func commit(ctx context.Context) string {
	cmd := shell(ctx, root, os.Environ(), `git rev-parse --short=10 HEAD && git status --porcelain --untracked-files=no | head -c 1`)
	out, err := cmd.Output()
	if err != nil {
		return "unknown"
	}
	id := firstLine(out)
	if len(out) > len(id)+1 {
		id += "+"
	}
	return id
}
