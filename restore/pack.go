package restore

import "strings"

// pack moves the references and names that were learned about assets into a few
// pieces. Otherwise they would stay strewn among the documents that came and
// went meanwhile, and keep that memory from being used again as a whole.
func pack(assets []*asset) {
	refs := 0
	for _, a := range assets {
		refs += len(a.refs)
	}
	all := make([]reference, 0, refs)
	names := make([]string, len(assets))
	for i, a := range assets {
		from := len(all)
		all = append(all, a.refs...)
		a.refs = all[from:len(all):len(all)]
		names[i] = a.name
	}
	packTexts(names)
	for i, a := range assets {
		a.name = names[i]
	}
}

// packIDs does the same for ids, of which the index holds the one copy.
func (x *index) packIDs() {
	packTexts(x.ids)
	x.texts, x.rules = nil, nil
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
