package restore

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/google/uuid"

	"github.com/oneanalytics/oa-archive/layout"
)

// Marshal returns the plan as a document: indented JSON that ends with a line
// feed. The same plan always gives the same bytes.
func (p *Plan) Marshal() ([]byte, error) {
	var b bytes.Buffer
	err := p.write(&b)
	return b.Bytes(), err
}

// Digest returns the SHA-256 of the plan's document: what the target's journal
// keeps of it.
func (p *Plan) Digest() (layout.Digest, error) {
	sum := sha256.New()
	if err := p.write(sum); err != nil {
		return layout.Digest{}, err
	}
	return layout.Digest(sum.Sum(nil)), nil
}

// computeID returns the UUIDv5 (RFC 9562, section 5.5) of the plan without its
// id.
func (p *Plan) computeID() (string, error) {
	without := *p
	without.ID = ""
	sum := sha1.New()
	sum.Write(planSpace[:])
	if err := without.write(sum); err != nil {
		return "", err
	}
	return uuid.NewHash(summed{sum}, uuid.Nil, nil, 5).String(), nil
}

// summed is a hash that has taken in all that it is to take in.
type summed struct{ hash.Hash }

func (summed) Reset()                      {}
func (summed) Write(p []byte) (int, error) { return len(p), nil }

// write writes the plan's document a step at a time: that of a large tenant is
// larger than everything else that planning keeps in memory.
func (p *Plan) write(w io.Writer) error {
	const noSteps = "\n  \"steps\": []"
	frame := *p
	frame.Steps = []Step{}
	var text bytes.Buffer
	if err := encode(&text, &frame, ""); err != nil {
		return err
	}
	// A line feed stands in no text of the document: this is the member itself.
	before, after, _ := bytes.Cut(text.Bytes(), []byte(noSteps))
	out := bufio.NewWriterSize(w, 64<<10)
	out.Write(before)
	switch {
	case p.Steps == nil:
		out.WriteString("\n  \"steps\": null")
	case len(p.Steps) == 0:
		out.WriteString(noSteps)
	default:
		if err := p.writeSteps(out); err != nil {
			return err
		}
	}
	out.Write(after)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("restore: write plan: %w", err)
	}
	return nil
}

// writeSteps writes the list of steps. Errors of out stick until it is flushed.
func (p *Plan) writeSteps(out *bufio.Writer) error {
	const indent = "    "
	var text bytes.Buffer
	out.WriteString("\n  \"steps\": [")
	for i := range p.Steps {
		if i > 0 {
			out.WriteByte(',')
		}
		text.Reset()
		if err := encode(&text, &p.Steps[i], indent); err != nil {
			return err
		}
		out.WriteString("\n" + indent)
		out.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	}
	out.WriteString("\n  ]")
	return nil
}

func encode(w io.Writer, v any, prefix string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("restore: marshal plan: %w", err)
	}
	return nil
}
