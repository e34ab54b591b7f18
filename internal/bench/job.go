package main

import "context"

// A scale says how large the corpora are, and how often jobs run.
type scale struct {
	Name      string `json:"name"`
	Documents int    `json:"documents"` // of the corpus of documents
	Files     int    `json:"files"`     // Parquet files of the corpus of rows
	FileRows  int    `json:"file_rows"` // rows of each
	Copies    int    `json:"copies"`    // of the corpus of rows, in the large one
	Entries   int    `json:"entries"`   // of the archive of many entries
	TableRows int    `json:"table_rows"`
	Rounds    int    `json:"rounds"` // of jobs that take seconds; the long ones take fewer
}

var scales = map[string]scale{
	"full":  {Name: "full", Documents: 20_000, Files: 100, FileRows: 1_900_000, Copies: 5, Entries: 100_000, TableRows: 3_000_000, Rounds: 5},
	"quick": {Name: "quick", Documents: 1_000, Files: 10, FileRows: 100_000, Copies: 5, Entries: 5_000, TableRows: 300_000, Rounds: 2},
	// For tests: the machinery, not the machine.
	"smoke": {Name: "smoke", Documents: 100, Files: 2, FileRows: 1000, Copies: 2, Entries: 500, TableRows: 10_000, Rounds: 2},
}

// rounds returns how often a job runs whose rounds are long.
func (s scale) rounds(most int) int { return min(s.Rounds, most) }

// A step makes something that a job needs, unless it is there.
type step func(context.Context, *stage) error

// A job is one comparison: commands that do the same work, run in turns.
type job struct {
	name    string
	title   string
	corpus  string // what it works on
	weigh   string // folder of the corpus, where the bytes of it matter
	notes   string // what a reader of the table needs to know
	rounds  int
	prepare []step
	tidy    string // command that removes what only this job, or the one before, needs

	// The first variant is the one that the others are compared with.
	variants []variant
	aims     []aim
}

// A variant is one command of a job. Commands are run by bash in the folder of
// the stage, with oa-archive of this checkout first in the search path.
type variant struct {
	name    string
	command string
	prepare step   // what only this variant needs
	before  string // run before each round, not measured
	output  string // file or folder, the size of which is reported
	rounds  int    // where fewer than the job's suffice; 0: the job's
	server  bool   // what PostgreSQL computes counts too
	traced  string // file, the reads of which are counted in a further run
	point   *point // where the job is a series of sizes
}

// A point says where in a plot a variant stands.
type point struct {
	Verb   string  `json:"verb"`
	Cores  int     `json:"cores"`
	Size   float64 `json:"size"` // in entries or bytes; 0: the bytes of folder
	folder string
}

// A metric is something that is measured of a run.
type metric string

const (
	wall      metric = "wall"       // seconds
	peak      metric = "peak"       // bytes
	size      metric = "size"       // bytes
	reads     metric = "reads"      // calls
	readBytes metric = "read_bytes" // bytes
)

// An aim is a bound that was set before anything was measured: that a metric of a variant is
// at most so much, absolutely or times that of another variant.
type aim struct {
	text    string
	of      string // variant; empty: the first
	against string // variant; empty: most is absolute
	metric  metric
	most    float64
	rate    float64 // in place of most: the bytes of the corpus in each second
}

// selected returns the jobs of those names, in the order of all, and the first
// name that is none.
func selected(all []job, names []string) (jobs []job, unknown string) {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	for _, j := range all {
		if wanted[j.name] || len(names) == 0 {
			jobs = append(jobs, j)
		}
		delete(wanted, j.name)
	}
	for _, name := range names {
		if wanted[name] {
			return nil, name
		}
	}
	return jobs, ""
}
