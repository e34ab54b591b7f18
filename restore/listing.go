package restore

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/layout"
)

// A listing writes a document whose size is that of one list, a member of the
// list at a time: the documents of large tenants are larger than all that an
// import keeps in memory. They are indented JSON that ends with a line feed.
type listing func(w io.Writer) error

// listingOf returns the listing of frame, in which the list called member, at the
// outermost level, is empty and takes the elements.
func listingOf[E any](what string, frame any, member string, elements []E) listing {
	return func(w io.Writer) error {
		empty := "\n  \"" + member + "\": []"
		var text bytes.Buffer
		err := encode(&text, frame, "")
		if err == nil {
			// A line feed stands in no text of the document: this is the member itself.
			before, after, _ := bytes.Cut(text.Bytes(), []byte(empty))
			out := bufio.NewWriterSize(w, 64<<10)
			out.Write(before)
			if err = writeElements(out, member, elements); err == nil {
				out.Write(after)
				err = out.Flush()
			}
		}
		if err != nil {
			return fmt.Errorf("restore: write %s: %w", what, err)
		}
		return nil
	}
}

// writeElements writes the list. Errors of out stick until it is flushed.
func writeElements[E any](out *bufio.Writer, member string, elements []E) error {
	const indent = "    "
	out.WriteString("\n  \"" + member + "\": ")
	switch {
	case elements == nil:
		out.WriteString("null")
		return nil
	case len(elements) == 0:
		out.WriteString("[]")
		return nil
	}
	var text bytes.Buffer
	var own []byte
	out.WriteByte('[')
	for i := range elements {
		if i > 0 {
			out.WriteByte(',')
		}
		if e, ok := any(&elements[i]).(indented); ok {
			own = e.appendIndented(own[:0])
			out.WriteString("\n" + indent)
			out.Write(own)
			continue
		}
		text.Reset()
		if err := encode(&text, &elements[i], indent); err != nil {
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
	return enc.Encode(v)
}

// text returns the document.
func (l listing) text() ([]byte, error) {
	var b bytes.Buffer
	err := l(&b)
	return b.Bytes(), err
}

// digest returns the document's SHA-256.
func (l listing) digest() (layout.Digest, error) {
	sum := sha256.New()
	if err := l(sum); err != nil {
		return layout.Digest{}, err
	}
	return layout.Digest(sum.Sum(nil)), nil
}

// size returns the document's size in bytes.
func (l listing) size() (int64, error) {
	var n counter
	err := l(&n)
	return int64(n), err
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
