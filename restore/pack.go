package restore

import (
	"strings"

	"github.com/oneanalytics/oa-archive/access"
)

// pack moves the references, rules and names that were learned about assets into a
// few pieces. Otherwise they would stay strewn among the documents that came and
// went meanwhile, and keep that memory from being used again as a whole.
func pack(assets []*asset) {
	refs, ruled := 0, 0
	for _, a := range assets {
		refs, ruled = refs+len(a.refs), ruled+len(a.archived.rules)
	}
	all, rules := make([]reference, 0, refs), make([]access.Rule, 0, ruled)
	names := make([]string, len(assets))
	for i, a := range assets {
		from := len(all)
		all = append(all, a.refs...)
		a.refs = all[from:len(all):len(all)]
		from = len(rules)
		rules = append(rules, a.archived.rules...)
		a.archived.rules = rules[from:len(rules):len(rules)]
		names[i] = a.name
	}
	packTexts(names)
	for i, a := range assets {
		a.name = names[i]
	}
}

// packIDs does the same for ids and texts of rules, of which the index holds the
// one copy.
func (x *index) packIDs() {
	packTexts(x.ids)
	one := func(text string) string {
		if text == "" {
			return ""
		}
		return x.one(text)
	}
	for _, a := range x.order {
		a.archived.owner = one(a.archived.owner)
		for i := range a.archived.rules {
			r := &a.archived.rules[i]
			r.Name, r.Predicate = one(r.Name), one(r.Predicate)
			for _, list := range [][]string{r.Roles, r.Teams, r.Users} {
				for i, id := range list {
					list[i] = one(id)
				}
			}
		}
	}
	x.texts, x.lists = nil, nil
}

// packTexts has the texts be parts of one.
func packTexts(texts []string) {
	n := 0
	for _, text := range texts {
		n += len(text)
	}
	var all strings.Builder
	all.Grow(n)
	for _, text := range texts {
		all.WriteString(text)
	}
	rest := all.String()
	for i, text := range texts {
		texts[i], rest = rest[:len(text)], rest[len(text):]
	}
}
