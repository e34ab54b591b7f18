package testkit

import (
	"bufio"
	_ "embed" // the word lists
	"fmt"
	"strings"
	"sync"
)

var (
	//go:embed words/domains.txt
	domainsText string
	//go:embed words/lists.txt
	listsText string
	//go:embed words/people.txt
	peopleText string
	//go:embed words/sentences.txt
	sentencesText string
)

// The languages of labels and sentences.
var languages = [...]string{"en", "de", "fr", "ja"}

// label is a text in each of [languages].
type label [len(languages)]string

// A vocabulary is all that the word lists say.
type vocabulary struct {
	domains   []*domain
	people    []culture
	sentences [len(languages)][]sentence

	attributes, prefixes, qualifiers, spans, types, folders, tags, palettes, visuals, teams, companies, connections, sources, regions, cities []string
}

// A domain is a field of business.
type domain struct {
	id       string
	label    label
	tables   []table
	joins    [][2]string // column to column
	dims     []dimension
	measures []measure
	dates    []int // dims that are dates
	texts    []int // dims with lists of values
	sums     []int // measures that are sums of a column
}

type table struct {
	name    string
	columns [][2]string // name and type
}

type dimension struct {
	id, column, kind string
	label            label
	values           []string
}

type measure struct {
	id, kind, format string
	label            label

	column, numerator, denominator, expression string // as the kind needs them
}

// A culture is a set of names that go together, with their Latin spellings.
type culture struct {
	given, family [][2]string
	familyFirst   bool
}

// A sentence alternates between texts and the letters of placeholders.
type sentence struct {
	text []string
	hole []byte
}

// words returns the vocabulary. The lists are part of the program, so a fault
// in them is one of its own, and panics.
var words = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{}
	lists := map[string][]string{}
	eachLine(listsText, func(line string) {
		parts := strings.Split(line, " | ")
		lists[parts[0]] = parts[1:]
	})
	for name, list := range map[string]*[]string{
		"attributes": &v.attributes, "prefixes": &v.prefixes, "qualifiers": &v.qualifiers, "spans": &v.spans, "types": &v.types,
		"folders": &v.folders, "tags": &v.tags, "palettes": &v.palettes, "visuals": &v.visuals, "teams": &v.teams,
		"companies": &v.companies, "connections": &v.connections, "sources": &v.sources, "regions": &v.regions, "cities": &v.cities,
	} {
		if *list = lists[name]; len(*list) == 0 {
			panic("testkit: there is no list of " + name)
		}
	}
	eachLine(domainsText, func(line string) { v.readDomain(line, lists) })
	for _, d := range v.domains {
		d.finish()
	}
	eachLine(peopleText, v.readPeople)
	eachLine(sentencesText, v.readSentence)
	return v
})

func eachLine(text string, read func(line string)) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && line[0] != '#' {
			if strings.ContainsAny(line, "\"\\\t") {
				panic(fmt.Sprintf("testkit: %q would need escapes", line))
			}
			read(line)
		}
	}
}

func (v *vocabulary) readDomain(line string, lists map[string][]string) {
	parts := strings.Split(line, " | ")
	fields := strings.Fields(parts[0])
	var names label
	if len(parts) > 1 && copy(names[:], parts[1:]) != len(languages) {
		panic(fmt.Sprintf("testkit: %q lacks a label", line))
	}
	if fields[0] == "domain" {
		v.domains = append(v.domains, &domain{id: fields[1], label: names})
		return
	}
	d := v.domains[len(v.domains)-1]
	switch fields[0] {
	case "table":
		t := table{name: fields[1]}
		for _, column := range fields[2:] {
			name, kind, _ := strings.Cut(column, ":")
			t.columns = append(t.columns, [2]string{name, kind})
		}
		d.tables = append(d.tables, t)
	case "dim":
		if fields[4] != "-" && lists[fields[4]] == nil {
			panic("testkit: there is no list of " + fields[4])
		}
		d.dims = append(d.dims, dimension{id: fields[1], column: fields[2], kind: fields[3], label: names, values: lists[fields[4]]})
	case "measure":
		d.measures = append(d.measures, measure{id: fields[1], kind: fields[2], column: fields[3], format: fields[4], label: names})
	case "ratio":
		d.measures = append(d.measures, measure{id: fields[1], kind: "ratio", numerator: fields[2], denominator: fields[3], format: fields[4], label: names})
	case "derived":
		d.measures = append(d.measures, measure{id: fields[1], kind: "derived", format: fields[2], expression: strings.Join(fields[3:], " "), label: names})
	default:
		panic(fmt.Sprintf("testkit: %q begins with no known word", line))
	}
}

// finish adds what follows from a domain's lines.
func (d *domain) finish() {
	facts := d.tables[0]
	for _, t := range d.tables[1:] {
		key := t.columns[0][0]
		d.joins = append(d.joins, [2]string{facts.name + "." + key, t.name + "." + key})
	}
	for i, dim := range d.dims {
		if strings.HasPrefix(dim.kind, "date") {
			d.dates = append(d.dates, i)
		}
		if dim.values != nil {
			d.texts = append(d.texts, i)
		}
	}
	for i, m := range d.measures {
		if m.kind == "sum" {
			d.sums = append(d.sums, i)
		}
	}
}

func (v *vocabulary) readPeople(line string) {
	var c culture
	line, c.familyFirst = strings.CutPrefix(line, "! ")
	given, family, _ := strings.Cut(line, " / ")
	c.given, c.family = spellings(given), spellings(family)
	v.people = append(v.people, c)
}

// spellings returns names with their Latin spellings. A hyphen in a name
// stands for a space.
func spellings(list string) [][2]string {
	var out [][2]string
	for _, name := range strings.Fields(list) {
		shown, latin, ok := strings.Cut(name, "=")
		if !ok {
			latin = strings.ToLower(strings.ReplaceAll(name, "-", ""))
		}
		out = append(out, [2]string{strings.ReplaceAll(shown, "-", " "), latin})
	}
	return out
}

func (v *vocabulary) readSentence(line string) {
	language, text, _ := strings.Cut(line, " ")
	for i, l := range languages {
		if l != language {
			continue
		}
		var s sentence
		for {
			before, after, ok := strings.Cut(text, "{")
			s.text = append(s.text, before)
			if !ok {
				break
			}
			s.hole = append(s.hole, after[0])
			text = after[2:]
		}
		v.sentences[i] = append(v.sentences[i], s)
		return
	}
	panic(fmt.Sprintf("testkit: %q is in no known language", line))
}
