package parquetio

import "unicode/utf8"

// appendTexts appends values i to before j of v, none of which is null, at once.
// It reports false, and has done nothing, where they have to be looked at one
// after another: for their kind, or because one of them will be refused.
func (b *leafBuffer) appendTexts(v Vector, i, j int) bool {
	if b.typ.Kind != String && b.typ.Kind != Binary {
		return false
	}
	ends := v.ends[v.offset+i : v.offset+j+1]
	from := ends[0]
	whole := v.values[from:ends[j-i]]
	text := b.typ.Kind == String
	// What is text as a whole is text piece by piece if no character is cut.
	if text && !utf8.Valid(whole) {
		return false
	}
	at := from
	for _, end := range ends[1:] {
		if end < at || end-at > MaxValue || text && end > at && !utf8.RuneStart(whole[at-from]) {
			return false
		}
		at = end
	}
	base := len(b.bytes) - int(from)
	b.bytes = append(b.bytes, whole...)
	for _, end := range ends[1:] {
		b.ends = append(b.ends, base+int(end))
	}
	return true
}
