package main

import (
	"context"
	"fmt"
)

// readOne reads one report out of a large archive, and out of one a fifth as large.
func readOne(s scale) job {
	const findReport = `cd corpus/rows && find workspaces -path '*/reports/*' -name '*.json' | sort | sed -n 7p`
	const most = 0.05
	return job{
		name: "read-one", title: "Read one report",
		corpus: corpusOfRows(s) + fmt.Sprintf("; the large archive holds each Parquet file %d times", s.Copies),
		notes: "`$REPORT` is the path of one report. `tar` reads the same large archive. Borg and restic read the smaller corpus (they would store copies once). " +
			"Reads are system calls on the archive, counted with `strace` in a run apart.",
		rounds: s.Rounds,
		tidy:   "rm -rf large.oa-archive rows.borg rows.restic",
		prepare: []step{
			keys, rows, archived("rows", withRows),
			part("large", s.Files, s.Copies), archived("large", withRows),
			func(ctx context.Context, st *stage) error {
				report, err := st.output(ctx, findReport)
				st.set("REPORT", report)
				return err
			},
		},
		variants: []variant{
			{name: ours, command: `oa-archive cat large.oa-archive "$REPORT"`, traced: "large.oa-archive"},
			{name: "oa-archive, smaller archive", command: `oa-archive cat rows.oa-archive "$REPORT"`, traced: "rows.oa-archive"},
			{name: "tar -x", command: `tar --zstd -xOf large.oa-archive "$REPORT"`, rounds: s.rounds(2)},
			{name: "borg extract", prepare: packed("rows", "borg"), command: `borg extract --stdout rows.borg::one "corpus/rows/$REPORT"`, rounds: s.rounds(3)},
			{name: "restic dump", prepare: packed("rows", "restic"), command: `restic -q -r rows.restic dump latest "/corpus/rows/$REPORT"`, rounds: s.rounds(3)},
		},
		aims: []aim{
			{text: "under 50 ms", metric: wall, most: most},
			{text: "at most 6 reads from the file", metric: reads, most: 6},
			{text: "at most 2 MiB from the file", metric: readBytes, most: 2 * mib},
			{text: "independent of the archive's size: at most 1.25 × the time of the smaller archive", against: "oa-archive, smaller archive", metric: wall, most: 1.25},
			{text: "faster than `tar -x`", against: "tar -x", metric: wall, most: 1},
			{text: "faster than `restic dump`", against: "restic dump", metric: wall, most: 1},
			{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
		},
	}
}

func openAndList(s scale) job {
	return job{
		name: "open-list", title: "Open and list", corpus: manyEntries(s), rounds: s.Rounds,
		notes:   "Opening reads and verifies the manifest. `tar -t` reads the same file.",
		prepare: []step{many},
		variants: []variant{
			{name: ours, command: "oa-archive ls corpus/many.oa-archive", traced: "corpus/many.oa-archive"},
			{name: "tar -t", command: "tar --zstd -tf corpus/many.oa-archive", rounds: s.rounds(3)},
		},
		aims: []aim{
			{text: "under 0.5 s", metric: wall, most: 0.5},
			{text: "at most 64 MiB and 600 bytes an entry of memory", metric: peak, most: 64*mib + 600*float64(s.Entries)},
		},
	}
}

func pipe(s scale) job {
	return job{
		name: "pipe", title: "Sequential read from a pipe", corpus: manyEntries(s), rounds: s.rounds(3),
		notes:   "Everything is verified, from a pipe as it arrives and from the file with random access.",
		prepare: []step{many},
		variants: []variant{
			{name: "oa-archive, pipe", command: "cat corpus/many.oa-archive | oa-archive verify -"},
			{name: "oa-archive, file", command: "oa-archive verify corpus/many.oa-archive"},
		},
		aims: []aim{
			{text: "within 1.2 × of random access", against: "oa-archive, file", metric: wall, most: 1.2},
			{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
		},
	}
}

func manyEntries(s scale) string {
	return fmt.Sprintf("one signed archive of %s documents of the tenant generator", grouped(s.Entries))
}
