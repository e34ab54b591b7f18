package main

import (
	"context"
	"fmt"
)

const (
	ours     = "oa-archive"
	unsigned = "oa-archive, unsigned"
	tarZstd  = "tar, zstd"
	mib      = 1 << 20
)

// Where a command is about rows, it says so.
const withRows = " --rows"

// allJobs returns every job at a scale, in the order of the document.
func allJobs(s scale) []job {
	return []job{
		createDocuments(s), createRows(s),
		verifyDocuments(s), verifyRows(s),
		readOne(s), openAndList(s), pipe(s),
		rowsOut(s), rowsIn(s),
		importPostgres(s), importSQLite(s),
		scaleEntries(s), scaleBytes(s),
	}
}

func corpusOfDocuments(s scale) string {
	return fmt.Sprintf("%s JSON and YAML documents of the tenant generator", grouped(s.Documents))
}

func corpusOfRows(s scale) string {
	return fmt.Sprintf("%s Parquet files of %s rows each, made from flights-3m.parquet, and 100 documents", grouped(s.Files), grouped(s.FileRows))
}

// The commands that pack a corpus. Borg and restic make a new repository each
// time, before the clock starts.
func createCommand(corpus, more string) string {
	return fmt.Sprintf("oa-archive create --from dir:corpus/%s%s -o %s.oa-archive --sign-with corpus/key --quiet", corpus, more, corpus)
}

func tarCommand(corpus string) string {
	return fmt.Sprintf("tar -C corpus -cf - %s | zstd -q -T0 -3 -o %s.tar.zst", corpus, corpus)
}

// zipCommand does not let zip try what it cannot do: Parquet is compressed already.
func zipCommand(corpus string) string {
	if corpus == "rows" {
		return "zip -q -0 -r rows.zip corpus/rows"
	}
	return fmt.Sprintf("zip -q -r %s.zip corpus/%[1]s", corpus)
}

func borgInit(corpus string) string {
	return fmt.Sprintf("rm -rf %s.borg borg; borg init -e none %[1]s.borg", corpus)
}

func borgCommand(corpus string) string {
	return fmt.Sprintf("borg create -C zstd,3 %s.borg::one corpus/%[1]s", corpus)
}

func resticInit(corpus string) string {
	return fmt.Sprintf("rm -rf %s.restic restic-cache; restic -q -r %[1]s.restic init", corpus)
}

func resticCommand(corpus string) string {
	return fmt.Sprintf("restic -q -r %s.restic backup corpus/%[1]s", corpus)
}

// archived makes sure that there is an archive of a corpus.
func archived(corpus, more string) step {
	return func(ctx context.Context, s *stage) error {
		return s.need(ctx, corpus+".oa-archive", createCommand(corpus, more))
	}
}

// packed makes sure that a corpus is there as a peer keeps it.
func packed(corpus, peer string) step {
	return func(ctx context.Context, s *stage) error {
		switch peer {
		case tarZstd:
			return s.need(ctx, corpus+".tar.zst", tarCommand(corpus))
		case "zip":
			return s.need(ctx, corpus+".zip", zipCommand(corpus))
		case "borg":
			return s.need(ctx, corpus+".borg", borgInit(corpus), borgCommand(corpus))
		case "restic":
			return s.need(ctx, corpus+".restic", resticInit(corpus), resticCommand(corpus))
		}
		return fmt.Errorf("bench: nothing packs for %q", peer)
	}
}

// creations are the ways to pack a corpus. The slow peers run slow times.
func creations(corpus, more string, slow int) []variant {
	return []variant{
		{name: ours, command: createCommand(corpus, more), before: "rm -f " + corpus + ".oa-archive", output: corpus + ".oa-archive"},
		{name: unsigned, command: fmt.Sprintf("oa-archive create --from dir:corpus/%s%s -o unsigned.oa-archive --unsigned --quiet", corpus, more), before: "rm -f unsigned.oa-archive", output: "unsigned.oa-archive"},
		{name: tarZstd, command: tarCommand(corpus), before: "rm -f " + corpus + ".tar.zst", output: corpus + ".tar.zst"},
		{name: "tar, zstd, sync", command: fmt.Sprintf("tar -C corpus -cf - %s | zstd -q -T0 -3 -o synced.tar.zst && sync synced.tar.zst", corpus), before: "rm -f synced.tar.zst", output: "synced.tar.zst"},
		{name: "zip", command: zipCommand(corpus), before: "rm -f " + corpus + ".zip", output: corpus + ".zip", rounds: min(slow, 1)},
		{name: "borg", command: borgCommand(corpus), before: borgInit(corpus), output: corpus + ".borg", rounds: slow},
		{name: "restic", command: resticCommand(corpus), before: resticInit(corpus), output: corpus + ".restic", rounds: slow},
	}
}

// tidyCreated removes what no other job needs.
const tidyCreated = "rm -f unsigned.oa-archive synced.tar.zst"

const creationNotes = "oa-archive, borg and restic have their output on the disk when they end, `tar`, `zstd` and `zip` have it in the page cache; " +
	"the row with `sync` is `tar` and `zstd` on the same terms. oa-archive reads and checks every document, looks for credentials, hashes and signs; restic encrypts. " +
	"Borg and restic begin with an empty repository each time."

func createDocuments(s scale) job {
	return job{
		name: "create-documents", title: "Create: documents", corpus: corpusOfDocuments(s), weigh: "corpus/documents", notes: creationNotes, rounds: s.Rounds,
		prepare:  []step{keys, documents("documents", s.Documents)},
		tidy:     tidyCreated,
		variants: creations("documents", "", s.rounds(3)),
		aims: []aim{
			{text: "signed, at most 1.4 × the time of `tar | zstd -T0 -3`", against: tarZstd, metric: wall, most: 1.4},
			{text: "unsigned, at most 1.1 ×", of: unsigned, against: tarZstd, metric: wall, most: 1.1},
			{text: "at least 5 × faster than borg: at most 0.2 × its time", against: "borg", metric: wall, most: 0.2},
			{text: "at least 10 × faster than restic: at most 0.1 × its time", against: "restic", metric: wall, most: 0.1},
			{text: "at most 1.1 × the size of `tar | zstd -T0 -3`", against: tarZstd, metric: size, most: 1.1},
			{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
		},
	}
}

func createRows(s scale) job {
	return job{
		name: "create-rows", title: "Create: rows", corpus: corpusOfRows(s), weigh: "corpus/rows", notes: creationNotes, rounds: s.rounds(3),
		prepare:  []step{keys, rows},
		tidy:     tidyCreated,
		variants: creations("rows", withRows, s.rounds(2)),
		aims: []aim{
			{text: "at least as fast as `tar | zstd -T0 -3`", against: tarZstd, metric: wall, most: 1},
			{text: "at least 1 GB/s where the disk allows", metric: wall, rate: 1e9},
			{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
		},
	}
}

// verifications are the ways to check what creations have made.
func verifications(corpus string, slow int) []variant {
	return []variant{
		{name: ours, command: fmt.Sprintf("oa-archive verify %s.oa-archive", corpus)},
		{name: "zstd -t", prepare: packed(corpus, tarZstd), command: fmt.Sprintf("zstd -q -t %s.tar.zst", corpus)},
		{name: "unzip -t", prepare: packed(corpus, "zip"), command: fmt.Sprintf("unzip -tqq %s.zip", corpus), rounds: min(slow, 2)},
		{name: "borg check", prepare: packed(corpus, "borg"), command: fmt.Sprintf("borg check --verify-data %s.borg", corpus), rounds: slow},
		{name: "restic check", prepare: packed(corpus, "restic"), command: fmt.Sprintf("restic -q -r %s.restic check --read-data", corpus), rounds: slow},
	}
}

const verifyNotes = "oa-archive verifies every signature and digest and compares rows with the manifest; `zstd -t` and `unzip -t` know checksums only."

func verifyAims() []aim {
	return []aim{
		{text: "faster than `borg check --verify-data`", against: "borg check", metric: wall, most: 1},
		{text: "faster than `restic check --read-data`", against: "restic check", metric: wall, most: 1},
		{text: "faster than `unzip -t`", against: "unzip -t", metric: wall, most: 1},
		{text: "at most 256 MiB of memory", metric: peak, most: 256 * mib},
	}
}

func verifyDocuments(s scale) job {
	return job{
		name: "verify-documents", title: "Verify: documents", corpus: corpusOfDocuments(s), notes: verifyNotes, rounds: s.Rounds,
		prepare:  []step{keys, documents("documents", s.Documents), archived("documents", "")},
		variants: verifications("documents", s.rounds(3)), aims: verifyAims(),
	}
}

func verifyRows(s scale) job {
	return job{
		name: "verify-rows", title: "Verify: rows", corpus: corpusOfRows(s), notes: verifyNotes, rounds: s.Rounds,
		prepare:  []step{keys, rows, archived("rows", withRows)},
		tidy:     "rm -f rows.tar.zst rows.zip",
		variants: verifications("rows", s.rounds(2)),
		aims:     append([]aim{{text: "at least 1.5 × as fast as `zstd -t`: at most 0.67 × its time", against: "zstd -t", metric: wall, most: 1 / 1.5}}, verifyAims()...),
	}
}

// grouped writes a count with commas.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
