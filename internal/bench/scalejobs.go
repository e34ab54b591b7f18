package main

import (
	"fmt"
	"strings"
)

// tenths returns n, a tenth and a hundredth of it.
func tenths(n int) []int { return []int{n / 100, n / 10, n} }

// onCores lets a command have one core, or all.
func onCores(cores int, command string) string {
	if cores == 1 {
		return "GOMAXPROCS=1 taskset -c 0 " + command
	}
	return command
}

func coreWord(cores int) string {
	if cores == 1 {
		return "one core"
	}
	return "two cores"
}

// growth are the variants of a corpus in three sizes: create and verify, on one
// core and on two.
func growth(corpora []string, sizes []float64, labels []string, more string) (variants []variant) {
	for i, corpus := range corpora {
		for _, cores := range []int{1, 2} {
			create := createCommand(corpus, more)
			verify := "oa-archive verify " + corpus + ".oa-archive"
			variants = append(variants,
				variant{name: fmt.Sprintf("create, %s, %s", labels[i], coreWord(cores)), command: onCores(cores, create), before: "rm -f " + corpus + ".oa-archive", point: &point{"create", cores, sizes[i], "corpus/" + corpus}},
				variant{name: fmt.Sprintf("verify, %s, %s", labels[i], coreWord(cores)), command: onCores(cores, verify), point: &point{"verify", cores, sizes[i], "corpus/" + corpus}})
		}
	}
	return variants
}

const growthNotes = "One core is `taskset -c 0` with `GOMAXPROCS=1`."

func scaleEntries(s scale) job {
	j := job{name: "scale-entries", title: "Growth: entries", corpus: "documents of the tenant generator, three sizes", notes: growthNotes, rounds: s.rounds(2), prepare: []step{keys}}
	var corpora, labels []string
	var sizes []float64
	for _, n := range tenths(s.Documents) {
		name := fmt.Sprintf("documents-%d", n)
		if n == s.Documents {
			name = "documents"
		}
		j.prepare = append(j.prepare, documents(name, n))
		corpora, sizes, labels = append(corpora, name), append(sizes, float64(n)), append(labels, grouped(n)+" documents")
	}
	j.variants = growth(corpora, sizes, labels, "")
	j.aims = growthAims(labels)
	return j
}

func scaleBytes(s scale) job {
	j := job{name: "scale-bytes", title: "Growth: bytes", corpus: "the corpus of rows, all of it and fewer of its files", notes: growthNotes, rounds: s.rounds(2), prepare: []step{keys, rows}}
	var corpora, labels []string
	var sizes []float64
	for _, n := range tenths(s.Files) {
		if n == 0 {
			continue
		}
		name := fmt.Sprintf("rows-%d", n)
		if n == s.Files {
			name = "rows"
		} else {
			j.prepare = append(j.prepare, part(name, n, 1))
		}
		corpora, sizes, labels = append(corpora, name), append(sizes, 0), append(labels, fmt.Sprintf("%d Parquet files", n))
	}
	j.variants = growth(corpora, sizes, labels, withRows)
	j.aims = growthAims(labels)
	return j
}

// growthAims holds the memory of the largest size.
func growthAims(labels []string) (aims []aim) {
	last := labels[len(labels)-1]
	for _, verb := range []string{"create", "verify"} {
		of := fmt.Sprintf("%s, %s, two cores", verb, last)
		aims = append(aims, aim{text: fmt.Sprintf("%s of %s: at most 256 MiB of memory", verb, last), of: of, metric: peak, most: 256 * mib})
		if len(labels) > 1 {
			before := strings.Replace(of, last, labels[len(labels)-2], 1)
			aims = append(aims, aim{text: fmt.Sprintf("%s: memory flat, at most 1.2 × that of a tenth", verb), of: of, against: before, metric: peak, most: 1.2})
		}
	}
	return aims
}
