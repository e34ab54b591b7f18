package manifest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/layout"
)

// decode fills m from a document that strictjson.Check has accepted.
func (m *Manifest) decode(data []byte, limits Limits) error {
	var sequence int64
	skip := func([]byte) error { return nil }
	fields := []field{
		{"format", true, "V-1", skip}, // read by gate
		{"min_reader", true, "V-1", skip},
		{"id", true, "M-3", text(&m.ID)},
		{"created", true, "M-4", func(value []byte) (err error) {
			s, _ := strictjson.Text(value)
			m.Created, err = ParseTime(s)
			return err
		}},
		{"generator", true, "M-5", text(&m.Generator)},
		{"kind", true, "M-6", text(&m.Kind)},
		{"purpose", true, "M-7", text(&m.Purpose)},
		{"sequence", false, "M-8", func(value []byte) error {
			if err := count(&sequence)(value); err != nil {
				return err
			}
			if sequence == 0 {
				return errors.New("is 0: leave the member out")
			}
			return nil
		}},
		{"tenant", true, "M-9", m.Tenant.decode},
		{"signing_key", false, "M-10", optionalText(&m.SigningKey)},
		{"content_hash", true, "M-11", text(&m.ContentHash)},
		{"coverage", true, "M-12", m.Coverage.decode},
		{"entries", true, "M-13", func(value []byte) error { return m.decodeEntries(value, limits) }},
		{"critical", false, "M-16", func(value []byte) error {
			// Anything but an empty list was refused before.
			if !strictjson.IsArray(value) {
				return errors.New("not a list")
			}
			return nil
		}},
		{"extensions", false, "M-17", func(value []byte) (err error) {
			m.Extensions, err = decodeObject(value, "", nil)
			return err
		}},
		{"base", false, "M-18", raw(&m.Base)},
		{"residency", false, "M-18", raw(&m.Residency)},
		{"lineage", false, "M-18", raw(&m.Lineage)},
	}
	extra, err := decodeObject(data, "", fields)
	m.Extra, m.Sequence = extra, uint64(sequence)
	return innermost(err)
}

// innermost drops the outer of two rules: the inner one is more exact.
func innermost(err error) error {
	var outer, inner *Error
	if errors.As(err, &outer) && errors.As(outer.Err, &inner) {
		inner.Member = join(outer.Member, inner.Member)
		inner.Path = cmp.Or(inner.Path, outer.Path)
		return innermost(inner)
	}
	return err
}

func (t *Tenant) decode(value []byte) (err error) {
	t.Extra, err = decodeObject(value, "", []field{
		{"id", true, "M-9", text(&t.ID)},
		{"name", true, "M-9", text(&t.Name)},
		{"region", false, "M-9", optionalText(&t.Region)},
		{"jurisdiction", false, "M-9", optionalText(&t.Jurisdiction)},
	})
	return err
}

func (c *Coverage) decode(value []byte) (err error) {
	c.Extra, err = decodeObject(value, "", []field{
		{"included", true, "M-12", func(value []byte) error {
			counts, err := decodeObject(value, "", nil)
			c.Included = make(map[string]int64, len(counts))
			for _, member := range counts {
				var n int64
				if err := count(&n)(member.Value); err != nil {
					return refuse("M-12", strconv.QuoteToASCII(member.Name), "%w", err)
				}
				c.Included[member.Name] = n
			}
			return err
		}},
		{"excluded", true, "M-12", func(value []byte) error { return decodeOmissions(value, &c.Excluded) }},
		{"unsupported", true, "M-12", func(value []byte) error { return decodeOmissions(value, &c.Unsupported) }},
	})
	return err
}

func decodeOmissions(value []byte, dst *[]Omission) error {
	if !strictjson.IsArray(value) {
		return errors.New("not a list")
	}
	for element := range strictjson.Elements(value) {
		var o Omission
		extra, err := decodeObject(element, "", []field{
			{"kind", true, "M-12", text(&o.Kind)},
			{"count", false, "M-12", count(&o.Count)},
			{"reason", true, "M-12", text(&o.Reason)},
		})
		if err != nil {
			return err
		}
		o.Extra = extra
		*dst = append(*dst, o)
	}
	return nil
}

func (m *Manifest) decodeEntries(value []byte, limits Limits) error {
	if !strictjson.IsArray(value) {
		return errors.New("not a list")
	}
	// One allocation instead of many that double. What claims to be entries has
	// to be there: each takes more than leastEntry bytes.
	const leastEntry = 100
	likely := min(bytes.Count(value, []byte(`"sha256"`)), len(value)/leastEntry, limits.Entries)
	m.Entries = make([]Entry, 0, likely)
	var paths slab
	i := 0
	for element := range strictjson.Elements(value) {
		if i++; i > limits.Entries {
			return refuse("M-1", "", "%w: more than %d entries", ErrLimit, limits.Entries)
		}
		var e Entry
		if err := e.decode(element, &paths); err != nil {
			return &Error{Rule: "M-14", Member: fmt.Sprintf("[%d]", i-1), Path: e.Path, Err: err}
		}
		m.Entries = append(m.Entries, e)
	}
	return nil
}

// entryFields are the names alone, for the check of unknown ones.
var entryFields = []field{{name: "path"}, {name: "size"}, {name: "sha256"}, {name: "offset"}, {name: "chunks"}, {name: "rows"}}

// decode does without a list of fields, because there are many entries. The
// path is kept in paths.
func (e *Entry) decode(object []byte, paths *slab) error {
	if !strictjson.IsObject(object) {
		return errors.New("not an object")
	}
	var seen [4]bool
	for name, value := range strictjson.Members(object) {
		var err error
		switch string(name) {
		case "path":
			seen[0], err = true, e.decodePath(value, paths)
		case "size":
			seen[1], err = true, decodeCount(&e.Size, value)
		case "sha256":
			seen[2], err = true, decodeDigest(&e.SHA256, value)
		case "offset":
			seen[3], err = true, decodeCount(&e.Offset, value)
		case "chunks":
			err = e.decodeChunks(value)
		case "rows":
			err = e.decodeRows(value)
		default:
			err = checkUnknown(name, entryFields)
			e.Extra = append(e.Extra, Member{Name: string(name), Value: clone(value)})
		}
		if err != nil {
			return fmt.Errorf("%+.80q: %w", name, err)
		}
	}
	for i, ok := range seen {
		if !ok {
			return fmt.Errorf("%q is missing", entryFields[i].name)
		}
	}
	return nil
}

func (e *Entry) decodePath(value []byte, paths *slab) error {
	path, ok := strictjson.TextBytes(value)
	if !ok {
		return errors.New("not a string")
	}
	e.Path = paths.add(path)
	return nil
}

func (e *Entry) decodeChunks(value []byte) error {
	if !strictjson.IsArray(value) {
		return errors.New("not a list")
	}
	for element := range strictjson.Elements(value) {
		var d layout.Digest
		if err := decodeDigest(&d, element); err != nil {
			return err
		}
		e.Chunks = append(e.Chunks, d)
	}
	if len(e.Chunks) == 0 {
		return errors.New("is empty: leave the member out")
	}
	return nil
}

// decodeDigest is [layout.ParseDigest] without turning bytes into a string.
func decodeDigest(dst *layout.Digest, value []byte) error {
	const rule = "not a digest: want 64 lower-case hexadecimal digits"
	if len(value) != 2+2*len(dst) || value[0] != '"' {
		return errors.New(rule)
	}
	for i := range dst {
		high, low := hexDigit(value[1+2*i]), hexDigit(value[2+2*i])
		if high|low > 0xf {
			return errors.New(rule)
		}
		dst[i] = high<<4 | low
	}
	return nil
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}
