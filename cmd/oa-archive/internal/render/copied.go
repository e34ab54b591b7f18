package render

import "fmt"

// Copy is what [Printer.Copied] says of a copy.
type Copy struct {
	Source  string
	Size    int64
	SHA256  string
	Result  string // as of verify, or unverified
	Archive *Archive
	FarEnd  string // reread, checksum or unseen
	Resumed int64
}

// Copied says what was copied, and how it was compared.
func (p *Printer) Copied(destination string, c Copy) {
	p.Line(Styled(Good, "✓ copied"), Text(" to "), Styled(Strong, destination))
	checked := "every byte, digest and signature"
	switch c.Result {
	case "unverified":
		checked = "nothing, as asked: only that both are equal"
	case "unknown-signer":
		checked += "; the signer is unknown here"
	case "unsigned":
		checked = "every byte and digest; it is not signed"
	case "trusted":
		checked += ", of a signer you trust"
	}
	far := map[string]string{
		"reread":   "read once more: equal",
		"checksum": "by the store's checksum: equal (these credentials may not read it)",
		"unseen":   "not at all: these credentials may not read it, and the store states no checksum",
	}[c.FarEnd]
	size := Bytes(c.Size)
	if c.Resumed > 0 {
		size += fmt.Sprintf(", %s of them brought before", Bytes(c.Resumed))
	}
	rows := [][]Span{fact("from", Text(c.Source)), fact("size", Text(size))}
	if c.Archive != nil {
		rows = append(rows, fact("archive", Text(c.Archive.ID)))
	}
	p.facts(append(rows, fact("checked", Text(checked)), fact("compared", Text(far)), fact("sha256", Text(c.SHA256)))...)
}
