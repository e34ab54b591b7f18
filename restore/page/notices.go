package page

import (
	"html/template"
	"slices"

	"github.com/oneanalytics/oa-archive/restore"
)

// notice is a section that is one table: what it lists, in the words of the
// plan or of the result.
type notice struct {
	ID, Title string
	Lead      string
	Caption   string
	Columns   []string
	Rows      [][]template.HTML
	N         int // lines, those without a row included
	More      int
}

// add puts in a line, as long as there is room.
func (n *notice) add(cells ...template.HTML) {
	if n.N++; n.N > maxMissing {
		n.More++
		return
	}
	n.Rows = append(n.Rows, cells)
}

// notices returns the tables that the plan and, afterwards, the result have
// lines for.
func notices(x *index, p *restore.Plan, r *restore.Result) []*notice {
	asleep := p.Asleep
	if r != nil {
		asleep = r.Asleep
	}
	var all []*notice
	for _, n := range []*notice{x.access(p), x.asleep(asleep, r != nil)} {
		if n.N > 0 {
			all = append(all, n)
		}
	}
	return all
}

// access lists who gains or loses what, what widens first.
func (x *index) access(p *restore.Plan) *notice {
	n := &notice{
		ID: "access", Title: "Permissions", Caption: "Changes of access", Columns: []string{"Who gains or loses what", "To allow it"},
		Lead: "What widens access stands first. It blocks its asset until it is allowed by name.",
	}
	for _, widens := range []bool{true, false} {
		for _, c := range p.Access {
			if c.Widens != widens {
				continue
			}
			answer := template.HTML("–")
			switch allowed := slices.Contains(p.Options.AllowAccess, c.ID); {
			case widens && allowed:
				answer = `<span class="badge overwrite"><i aria-hidden="true">!</i>widens, and is allowed</span>`
			case widens:
				answer = `<span class="badge blocked"><i aria-hidden="true">!</i>widens</span> <code>` + name("--allow-access "+c.ID) + `</code>`
			}
			n.add(sentence(c.Sentence), answer)
		}
	}
	return n
}

// asleep lists what arrives, or has arrived, switched off.
func (x *index) asleep(all []restore.Asleep, done bool) *notice {
	n := &notice{
		ID: "asleep", Title: "Asleep", Caption: "What arrives switched off", Columns: []string{"What", "Why", "To wake it"},
		Lead: "So that nothing happens in the world because of the import, these arrive switched off.",
	}
	if done {
		n.Caption, n.Lead = "What arrived switched off", "So that nothing happens in the world because of the import, these arrived switched off. Wake what is meant to run."
	}
	for _, s := range all {
		what := template.HTML(`<span class="ref">`) + name(s.Kind) + "</span> " + name(firstOf(s.Name, s.Asset))
		n.add(what, sentence(s.What), sentence(s.Wake))
	}
	return n
}
