package testkit

import "strconv"

// A modelText writes one model the way one person writes YAML.
type modelText struct {
	*Source
	b     []byte
	d     draw
	w     *workspace
	sh    *shape
	block bool // lists in block style, a member a line
	lines int  // of lists, since the last comment
}

// model appends a semantic model.
func (s *Source) model(a asset, b []byte) []byte {
	w := s.workspace(a.ws)
	sh := s.shape(&w, a)
	t := modelText{Source: s, b: b, d: s.stream(forContent, a), w: &w, sh: &sh}
	t.block = t.d.percent(25)
	t.head(a)
	t.tables()
	t.joins()
	t.dimensions()
	t.measures(a.revision)
	t.security()
	return t.b
}

func (t *modelText) str(parts ...string) {
	for _, s := range parts {
		t.b = append(t.b, s...)
	}
}

func (t *modelText) comment(indent string) {
	t.str(indent, "# ")
	t.b = t.appendSentence(t.b, &t.d, t.w, t.sh)
	t.str("\n")
}

// tick is called before each line of a list, and writes a comment now and then.
func (t *modelText) tick() {
	if t.lines++; t.lines > t.sh.commentsEvery {
		t.lines = t.d.below(t.sh.commentsEvery / 2)
		if t.sh.size > 2500 {
			t.comment("  ")
		}
	}
}

func (t *modelText) head(a asset) {
	if t.sh.size > 1800 {
		t.comment("")
		if t.d.percent(40) {
			t.comment("")
		}
	}
	t.str("dataset: ", t.sh.domain.id, "_", t.sh.title, "\n")
	t.str("version: ")
	t.b = strconv.AppendInt(t.b, int64(t.sh.version+a.revision), 10)
	t.str("\n")
	if t.d.percent(60) {
		t.str("description: \"")
		t.b = t.appendSentence(t.b, &t.d, t.w, t.sh)
		t.str("\"\n")
	}
	v := words()
	t.str("source: { type: ", v.sources[t.sh.connection], ", ref: ", v.connections[t.sh.connection], " }")
	if t.d.percent(50) {
		t.str("   # ref names a connection; never a secret")
	}
	t.str("\n\n")
}

func (t *modelText) tables() {
	t.str("tables:\n")
	for i := range t.sh.domain.tables {
		table := &t.sh.domain.tables[i]
		t.tick()
		if t.d.below(100) >= t.sh.listed {
			t.str("  - { name: ", table.name, ", primary_key: ", table.columns[0][0], " }\n")
			continue
		}
		t.str("  - name: ", table.name, "\n    primary_key: ", table.columns[0][0], "\n    columns:\n")
		for _, c := range table.columns {
			t.column(c[0], c[1])
		}
		v := words()
		if i == 0 {
			for n := range t.sh.columns {
				t.b = append(t.b, "      - { name: x_"...)
				t.b = t.sh.appendAttribute(t.b, n)
				t.str(", type: ")
				t.b = appendScalar(t.b, v.types[(n+t.sh.turn)%len(v.types)%7])
				t.str(" }\n")
			}
			continue
		}
		for n := i - 1; n < t.sh.dims; n += len(t.sh.domain.tables) - 1 {
			t.str("      - { name: ")
			t.b = t.sh.appendAttribute(t.b, n)
			t.str(", type: text }\n")
		}
	}
}

func (t *modelText) column(name, kind string) {
	t.str("      - { name: ", name, ", type: ")
	t.b = appendScalar(t.b, kind)
	t.str(" }\n")
}

func (t *modelText) joins() {
	t.str("\njoins:\n")
	for _, j := range t.sh.domain.joins {
		t.str("  - { left: ", j[0], ", right: ", j[1], ", kind: many_to_one }\n")
	}
}

// member begins a record's members; next goes on to another.
func (t *modelText) member(name string) {
	if t.block {
		t.str("  - ", name, ": ")
	} else {
		t.str("  - { ", name, ": ")
	}
}

func (t *modelText) next(name string) {
	if t.block {
		t.str("\n    ", name, ": ")
	} else {
		t.str(", ", name, ": ")
	}
}

func (t *modelText) end() {
	if !t.block {
		t.str(" }")
	}
	if t.d.below(4*t.sh.commentsEvery) == 0 {
		t.str("   # ", t.d.pick(words().tags))
	}
	t.str("\n")
}

func (t *modelText) dimensions() {
	t.str("\ndimensions:\n")
	for i := range t.sh.domain.dims {
		dim := &t.sh.domain.dims[i]
		t.tick()
		t.member("id")
		t.str(dim.id)
		t.next("column")
		t.str(dim.column)
		t.next("type")
		t.str(dim.kind)
		switch dim.kind {
		case "date":
			t.next("grains")
			t.str("[day, week, month, quarter, year]")
		case "datetime":
			t.next("grains")
			t.str("[hour, day, week, month, year]")
		}
		if t.d.percent(70) {
			t.label(dim.label[t.w.language])
		}
		t.end()
	}
	for n := range t.sh.dims {
		t.tick()
		table := t.sh.attributeTable(n)
		t.member("id")
		t.b = t.sh.appendAttribute(t.b, n)
		if t.d.percent(8) {
			t.next("sql")
			t.str(`"coalesce(nullif(trim(`, table.name, ".")
			t.b = t.sh.appendAttribute(t.b, n)
			t.str(`), ''), 'none')"`)
		} else {
			t.next("column")
			t.str(table.name, ".")
			t.b = t.sh.appendAttribute(t.b, n)
		}
		t.next("type")
		t.str("string")
		if t.d.percent(20) {
			t.next("description")
			t.str(`"`)
			t.b = t.appendSentence(t.b, &t.d, t.w, t.sh)
			t.str(`"`)
		}
		t.end()
	}
}

func (t *modelText) label(s string) {
	t.next("label")
	t.b = appendScalar(t.b, s)
}

// measures writes one more for each revision.
func (t *modelText) measures(revision int) {
	t.str("\nmeasures:\n")
	for n := range t.sh.measureCount() + revision {
		t.tick()
		m := t.sh.base(n)
		t.member("id")
		t.b = t.sh.appendMeasure(t.b, n)
		t.next("type")
		t.str(m.kind)
		switch m.kind {
		case "ratio":
			t.next("numerator")
			t.str(m.numerator)
			t.next("denominator")
			t.str(m.denominator)
		case "derived":
			t.next("expression")
			t.str(`"`, m.expression, `"`)
		default:
			t.next("column")
			t.str(m.column)
		}
		if n >= len(t.sh.domain.measures) {
			t.filters()
		} else if t.d.percent(70) {
			t.label(m.label[t.w.language])
		}
		t.next("format")
		t.str(`"`, m.format, `"`)
		t.end()
	}
}

// filters writes what narrows an extra measure.
func (t *modelText) filters() {
	dim := &t.sh.domain.dims[t.sh.domain.texts[t.d.below(len(t.sh.domain.texts))]]
	t.next("filters")
	t.str("[{ field: ", dim.id, `, op: "=", value: `)
	t.b = appendScalar(t.b, t.d.pick(dim.values))
	t.str(" }]")
	if t.d.percent(12) {
		t.next("description")
		t.str(`"`)
		t.b = t.appendSentence(t.b, &t.d, t.w, t.sh)
		t.str(`"`)
	}
}

func (t *modelText) security() {
	if t.d.percent(35) {
		return
	}
	role := roles[t.d.below(len(roles))].id
	dim := &t.sh.domain.dims[t.sh.domain.texts[t.d.below(len(t.sh.domain.texts))]]
	t.str("\nsecurity:\n  # Attributes come from SCIM.\n")
	t.str("  - { name: own_", dim.id, ", applies_to: { role: [", role, "], team: [], user: [] }, predicate: \"", dim.column, " = {{ user.attributes.region }}\" }\n")
	if t.d.percent(40) {
		t.str("  - name: team_exception\n    applies_to:\n      team: [")
		t.b = t.appendTeamID(t.b, t.w, t.d.below(t.w.teams))
		t.str("]\n      user: [")
		t.b = t.appendUserID(t.b, t.anyUser(t.w, &t.d))
		t.str("]\n    predicate: \"", dim.column, " <> '", dim.values[0], "'\"\n")
	}
	t.str("  - name: everybody_else\n    applies_to: { role: [viewer, editor, admin, internal_audit] }\n    predicate: \"TRUE\"\n")
}
