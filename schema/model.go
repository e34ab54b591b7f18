package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxColumn is the longest text, in bytes, that is looked up as a column.
const maxColumn = 1024

// A model is what the rules of semantic models need to know about one.
type model struct {
	tree       *node
	tables     map[string]map[string]bool // columns by table; nil columns are not declared
	names      []string                   // of tables, as declared
	dimensions map[string]bool
	measures   map[string]bool
	ids        []string // of measures, as declared
	refs       []found[Reference]
}

func newModel(tree *node, w *walker) *model {
	m := &model{tree: tree, tables: map[string]map[string]bool{}, dimensions: map[string]bool{}, measures: map[string]bool{}, refs: w.refs}
	shared(m.learnTables)
	for i := range w.defs {
		switch d := &w.defs[i].value; d.Kind {
		case RefDimension:
			m.dimensions[d.ID] = true
		case RefMeasure:
			m.measures[d.ID] = true
			m.ids = append(m.ids, d.ID)
		}
	}
	return m
}

// learnTables notes the tables and their columns.
func (m *model) learnTables(one interned) {
	for _, t := range m.tree.member("tables").elements() {
		name := one.keep(t.member("name").text())
		if name == "" {
			continue
		}
		var columns map[string]bool
		if list := t.member("columns"); list != nil {
			columns = make(map[string]bool, len(list.elements()))
			for _, c := range list.elements() {
				columns[one.keep(c.member("name").text())] = true
			}
		}
		if _, twice := m.tables[name]; !twice {
			m.names = append(m.names, name)
			m.tables[name] = columns
		}
	}
}

// named returns what others need to know of the model, once its document is
// gone: its names.
func (m *model) named() *model {
	names := *m
	names.tree, names.refs = nil, nil
	return &names
}

// check reports what the schema of models cannot state.
func (m *model) check(add func(int, Problem)) {
	m.checkTables(add)
	m.checkReferences(add)
	m.checkExpressions(add)
	m.checkRules(add)
	m.checkCycles(add)
}

func (m *model) checkTables(add func(int, Problem)) {
	seen := map[string]bool{}
	for i, t := range m.tree.member("tables").elements() {
		name := t.member("name")
		if id := name.text(); id != "" && seen[id] {
			add(name.order, Problem{Pointer: fmt.Sprintf("/tables/%d/name", i), Line: name.line, Rule: "duplicate-table", Text: fmt.Sprintf("the table %s is declared twice; keep one", show(id))})
		} else {
			seen[id] = true
		}
		m.checkColumns(i, t, add)
	}
}

// checkColumns checks the columns that one table declares, and its key.
func (m *model) checkColumns(index int, t *node, add func(int, Problem)) {
	at := func(format string, args ...any) string {
		return fmt.Sprintf("/tables/%d", index) + fmt.Sprintf(format, args...)
	}
	columns := t.member("columns").elements()
	declared := make(map[string]bool, len(columns))
	for i, c := range columns {
		name := c.member("name")
		if id := name.text(); id != "" && declared[id] {
			add(name.order, Problem{Pointer: at("/columns/%d/name", i), Line: name.line, Rule: "duplicate-column", Text: fmt.Sprintf("the column %s is declared twice; keep one", show(id))})
		} else {
			declared[id] = true
		}
	}
	if t.member("columns") == nil {
		return
	}
	key := t.member("primary_key")
	check := func(n *node, at func() string) {
		if id := n.text(); id != "" && !declared[id] {
			add(n.order, Problem{Pointer: at(), Line: n.line, Rule: "unknown-column", Text: fmt.Sprintf("the table %s declares no column %s; declare it or name another key", show(t.member("name").text()), show(id))})
		}
	}
	check(key, func() string { return at("/primary_key") })
	for i, part := range key.elements() {
		check(part, func() string { return at("/primary_key/%d", i) })
	}
}

// checkReferences checks that measures, dimensions and columns exist.
func (m *model) checkReferences(add func(int, Problem)) {
	for _, f := range m.refs {
		if p, ok := m.resolve(f.value, nil); !ok {
			add(f.order, p)
		}
	}
}

// resolve looks up a reference into the model; ok is false when it leads
// nowhere, and p says so. inline are ids of measures written inline where the
// reference stands.
func (m *model) resolve(ref Reference, inline map[string]bool) (p Problem, ok bool) {
	refuse := func(rule, format string, args ...any) (Problem, bool) {
		return Problem{Pointer: ref.Pointer, Line: ref.Line, Rule: rule, Text: fmt.Sprintf(format, args...)}, false
	}
	switch ref.To {
	case RefMeasure:
		if !m.measures[ref.ID] && !inline[ref.ID] {
			return refuse("unknown-measure", "the model has no measure %s%s", show(ref.ID), m.suggest(ref.ID))
		}
	case RefDimension:
		if !m.dimensions[ref.ID] {
			return refuse("unknown-dimension", "the model has no dimension %s%s", show(ref.ID), m.suggest(ref.ID))
		}
	case RefColumn:
		if rule, text := m.column(ref.ID); rule != "" {
			return refuse(rule, "%s", text)
		}
	case RefField:
		if m.measures[ref.ID] || m.dimensions[ref.ID] || inline[ref.ID] {
			return Problem{}, true
		}
		if rule, _ := m.column(ref.ID); rule != "" {
			return refuse("unknown-field", "the model has neither a dimension nor a measure nor a column %s%s", show(ref.ID), m.suggest(ref.ID))
		}
	}
	return Problem{}, true
}

// suggest points out an id that differs in case alone.
func (m *model) suggest(id string) string {
	for _, known := range []map[string]bool{m.measures, m.dimensions} {
		if known[strings.ToLower(id)] {
			return fmt.Sprintf("; did you mean %s?", named(strings.ToLower(id)))
		}
	}
	return ""
}

// column looks up table.column. Tables and columns may have dots in their
// names; the longest table that fits is taken.
func (m *model) column(s string) (rule, text string) {
	if len(s) > maxColumn {
		return "unknown-table", fmt.Sprintf("the column %s is longer than %d bytes", show(s), maxColumn)
	}
	for i := len(s) - 1; i > 0; i-- {
		if s[i] != '.' || i == len(s)-1 {
			continue
		}
		columns, ok := m.tables[s[:i]]
		if !ok {
			continue
		}
		if columns == nil || columns[s[i+1:]] {
			return "", ""
		}
		return "unknown-column", fmt.Sprintf("the table %s declares no column %s; declare it or name another", show(s[:i]), show(s[i+1:]))
	}
	if !strings.Contains(s, ".") {
		return "unknown-table", fmt.Sprintf("the column %s names no table; write table.column", show(s))
	}
	return "unknown-table", fmt.Sprintf("the column %s names no declared table; declared are %s", show(s), some(m.names, 12, named))
}

// checkExpressions finds braces that belong to no measure.
func (m *model) checkExpressions(add func(int, Problem)) {
	for i, n := range m.tree.member("measures").elements() {
		e := n.member("expression")
		if strings.ContainsAny(braced.ReplaceAllString(e.text(), ""), "{}") {
			add(e.order, Problem{Pointer: fmt.Sprintf("/measures/%d/expression", i), Line: e.line, Rule: "malformed-expression", Text: "a brace has no counterpart; write each measure as {measure_id}"})
		}
	}
}

func (m *model) checkRules(add func(int, Problem)) {
	seen := map[string]bool{}
	for i, r := range m.tree.member("security").elements() {
		name := r.member("name")
		if id := name.text(); id != "" && seen[id] {
			add(name.order, Problem{Pointer: fmt.Sprintf("/security/%d/name", i), Line: name.line, Rule: "duplicate-rule", Text: fmt.Sprintf("two rules of row security are called %s; give each its own name", show(id))})
		} else {
			seen[id] = true
		}
	}
}

// checkCycles reports every cycle among measures once, with its path.
func (m *model) checkCycles(add func(int, Problem)) {
	uses, nodes := m.dependencies()
	const (
		unseen = iota
		open
		done
	)
	state := make(map[string]int, len(m.ids))
	var stack []string
	var visit func(id string)
	visit = func(id string) {
		state[id] = open
		stack = append(stack, id)
		for _, next := range uses[id] {
			switch state[next] {
			case unseen:
				visit(next)
			case open:
				n := nodes[id]
				cycle := append(slices.Clone(stack[slices.Index(stack, next):]), next)
				add(n.order, Problem{Pointer: fmt.Sprintf("/measures/%d", n.index), Line: n.line, Rule: "measure-cycle", Text: fmt.Sprintf("measures form a cycle: %s; break it at one of them", arrows(cycle))})
			}
		}
		stack = stack[:len(stack)-1]
		state[id] = done
	}
	for _, id := range m.ids {
		if state[id] == unseen {
			visit(id)
		}
	}
}

// measureNode is a measure with its place.
type measureNode struct {
	*node
	index int // in the list
}

// dependencies returns which measures each measure uses, inline ones between
// them included, and where each is declared.
func (m *model) dependencies() (uses map[string][]string, nodes map[string]measureNode) {
	list := m.tree.member("measures").elements()
	uses, nodes = map[string][]string{}, make(map[string]measureNode, len(list))
	for i, n := range list {
		if id := n.member("id").text(); id != "" {
			nodes[id] = measureNode{n, i}
		}
	}
	for _, f := range m.refs {
		rest, ok := strings.CutPrefix(f.value.Pointer, "/measures/")
		if !ok || f.value.To != RefMeasure || !m.measures[f.value.ID] {
			continue
		}
		index, _, _ := strings.Cut(rest, "/")
		at, err := strconv.Atoi(index)
		if err != nil || at >= len(list) {
			continue
		}
		id := list[at].member("id").text()
		if id != "" && !slices.Contains(uses[id], f.value.ID) {
			uses[id] = append(uses[id], f.value.ID)
		}
	}
	return uses, nodes
}

// arrows joins a cycle's members, leaving out the middle of long ones.
func arrows(ids []string) string {
	const limit = 12
	words := make([]string, 0, limit+1)
	for i, id := range ids {
		if len(ids) > limit && i == limit/2 {
			words = append(words, "…")
		}
		if len(ids) <= limit || i < limit/2 || i >= len(ids)-limit/2 {
			words = append(words, named(id))
		}
	}
	return strings.Join(words, " → ")
}
