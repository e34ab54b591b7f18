package restore

import "github.com/oneanalytics/oa-archive/schema"

// These are the functions of package schema, in memory that the planner's
// documents hand on to one another.

func (p *planner) validateText(kind schema.Kind, doc []byte) error {
	d := p.parser.Parse(kind, doc)
	defer d.Release()
	return d.Validate()
}

func (p *planner) referencesOf(kind schema.Kind, doc []byte) ([]schema.Reference, error) {
	d := p.parser.Parse(kind, doc)
	defer d.Release()
	return d.References()
}

// sameTies compares two documents of metadata.
func (p *planner) sameTies(a, b []byte) bool {
	x := p.parser.Parse(schema.KindMetadata, a)
	defer x.Release()
	y := p.parser.Parse(schema.KindMetadata, b)
	defer y.Release()
	return schema.SameTies(x, y)
}
