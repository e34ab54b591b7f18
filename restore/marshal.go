package restore

import (
	"crypto/sha1"
	"hash"
	"io"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/layout"
)

// Marshal returns the plan as a document: indented JSON that ends with a line
// feed. The same plan always gives the same bytes. That of a large tenant is
// better written with [Plan.Write].
func (p *Plan) Marshal() ([]byte, error) { return p.listing().text() }

// Write writes the document that [Plan.Marshal] returns, a step at a time.
func (p *Plan) Write(w io.Writer) error { return p.listing()(w) }

// Digest returns the SHA-256 of the plan's document: what the target's journal
// keeps of it.
func (p *Plan) Digest() (layout.Digest, error) { return p.listing().digest() }

func (p *Plan) listing() listing {
	frame := *p
	frame.Steps = []Step{}
	return listingOf("plan", &frame, "steps", p.Steps)
}

// computeID returns the id of the plan: see idOf.
func (p *Plan) computeID() (string, error) {
	without := *p
	without.ID = ""
	return idOf(without.listing())
}

// idOf returns the UUIDv5 (RFC 9562, section 5.5) of a plan without its id.
func idOf(plan listing) (string, error) {
	sum := sha1.New()
	sum.Write(planSpace[:])
	if err := plan(sum); err != nil {
		return "", err
	}
	return uuid.NewHash(summed{sum}, uuid.Nil, nil, 5).String(), nil
}

// summed is a hash that has taken in all that it is to take in.
type summed struct{ hash.Hash }

func (summed) Reset()                      {}
func (summed) Write(p []byte) (int, error) { return len(p), nil }
