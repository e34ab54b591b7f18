// Command bench measures oa-archive beside other programs that do the same work,
// and makes the tables and plots of docs/performance.md from what it measured.
// Run it in the module's root, by way of make bench or scripts/bench:
//
//	scripts/bench [-scale full|quick] [-o RESULTS] [-keep FOLDER] [-only VARIANTS] [JOB...]
//	scripts/bench -list
//	scripts/bench -document docs/performance.md [-o RESULTS]
//
// The commands of a job run in turns, A B C A B C, and ratios are of runs of the same
// round, so that a machine that becomes slower on the way does not favour one
// of them. Everything lies in a new folder below TMPDIR, which is removed at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// request is what the command line asks for.
type request struct {
	scale    scale
	results  string // file; empty: nowhere
	keep     string // folder of corpora; empty: none is kept
	only     *regexp.Regexp
	list     bool
	document string
	jobs     []string
}

func parse(args []string, stderr io.Writer) (*request, error) {
	var r request
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: bench [flags] [job...]")
		flags.PrintDefaults()
	}
	name := flags.String("scale", "full", "how large the corpora are: full or quick")
	rounds := flags.Int("rounds", 0, "at most so many rounds of each job; 0: as many as the scale says")
	only := flags.String("only", "", "of the commands of each job, only those whose name matches this regular expression, and the first")
	flags.StringVar(&r.results, "o", "", "result file (JSON): jobs that ran are replaced in it")
	flags.StringVar(&r.keep, "keep", "", "folder in which corpora are kept from one run to the next")
	flags.BoolVar(&r.list, "list", false, "list the jobs and their commands, and run nothing")
	flags.StringVar(&r.document, "document", "", "write the tables and plots of this page anew from the result file, and run nothing")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	var known bool
	if r.scale, known = scales[*name]; !known {
		return nil, fmt.Errorf("no scale %q: full or quick", *name)
	}
	if *rounds > 0 {
		r.scale.Rounds = min(r.scale.Rounds, *rounds)
	}
	var err error
	if r.only, err = regexp.Compile(*only); err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	r.jobs = flags.Args()
	return &r, nil
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "make" {
		return runMaker(ctx, args[1:])
	}
	r, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.document != "" {
		return writeDocument(r.document, r.results)
	}
	jobs, unknown := selected(allJobs(r.scale), r.jobs)
	switch {
	case unknown != "":
		return fmt.Errorf("no job %q: scripts/bench -list lists them", unknown)
	case r.list:
		return listJobs(stdout, jobs)
	}
	return runJobs(ctx, r, jobs, stdout, stderr)
}

// listJobs prints the names of jobs and what they run.
func listJobs(w io.Writer, jobs []job) error {
	for _, j := range jobs {
		if _, err := fmt.Fprintf(w, "%s: %s\n", j.name, j.corpus); err != nil {
			return err
		}
		for _, v := range j.variants {
			if _, err := fmt.Fprintf(w, "  %-32s %s\n", v.name, v.command); err != nil {
				return err
			}
		}
	}
	return nil
}
