package manifest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
)

// Marshal checks m and returns its JSON text: members in the order of the
// specification, one entry a line, members that this version does not know at
// the end. Equal manifests have equal texts, and [Parse] returns an equal
// manifest. A zero Format or MinReader is written as
// [Manifest.Versions] says.
func (m *Manifest) Marshal() ([]byte, error) { return m.AppendText(nil) }

// AppendText implements [encoding.TextAppender]: it appends what
// [Manifest.Marshal] returns to b.
func (m *Manifest) AppendText(b []byte) ([]byte, error) {
	c := *m
	format, minReader := c.Versions()
	if c.Format.IsZero() {
		c.Format = format
	}
	if c.MinReader.IsZero() {
		c.MinReader = minReader
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	w := writer{buf: slices.Grow(b, 4096+256*len(c.Entries))}
	c.write(&w)
	// Members that came in as raw text could still clash with others.
	if err := strictjson.Check(w.buf[len(b):], strictjson.Limits{}); err != nil {
		return nil, &Error{Rule: "M-1", Err: err}
	}
	return w.buf, nil
}

// MarshalJSON implements [json.Marshaler] with [Manifest.Marshal].
func (m *Manifest) MarshalJSON() ([]byte, error) { return m.Marshal() }

func (m *Manifest) write(w *writer) {
	w.buf = append(w.buf, '{')
	w.line("format", quote(m.Format.String()))
	w.line("min_reader", quote(m.MinReader.String()))
	w.line("id", quote(m.ID))
	w.line("created", quote(FormatTime(m.Created)))
	w.line("generator", quote(m.Generator))
	w.line("kind", quote(m.Kind))
	w.line("purpose", quote(m.Purpose))
	if m.Sequence != 0 {
		w.line("sequence", strconv.FormatUint(m.Sequence, 10))
	}
	w.line("tenant", m.Tenant.object())
	if m.SigningKey != "" {
		w.line("signing_key", quote(m.SigningKey))
	}
	w.line("content_hash", quote(m.ContentHash))
	w.line("coverage", m.Coverage.object())
	w.line("entries", "[")
	for i := range m.Entries {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, "\n    "...)
		w.entry(&m.Entries[i])
	}
	if len(m.Entries) > 0 {
		w.buf = append(w.buf, "\n  "...)
	}
	w.buf = append(w.buf, ']')
	w.line("critical", "[]")
	w.line("extensions", object(sorted(m.Extensions)))
	for _, member := range []Member{{"base", m.Base}, {"residency", m.Residency}, {"lineage", m.Lineage}} {
		if member.Value != nil {
			w.line(member.Name, string(member.Value))
		}
	}
	for _, member := range m.Extra {
		w.line(member.Name, string(member.Value))
	}
	w.buf = append(w.buf, "\n}\n"...)
}

func sorted(members Members) Members {
	return slices.SortedFunc(slices.Values(members), func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
}

func (t *Tenant) object() string {
	members := Members{{"id", quoted(t.ID)}, {"name", quoted(t.Name)}}
	if t.Region != "" {
		members = append(members, Member{"region", quoted(t.Region)})
	}
	if t.Jurisdiction != "" {
		members = append(members, Member{"jurisdiction", quoted(t.Jurisdiction)})
	}
	return object(append(members, t.Extra...))
}

func (c *Coverage) object() string {
	var included Members
	for _, kind := range slices.Sorted(maps.Keys(c.Included)) {
		included = append(included, Member{kind, strconv.AppendInt(nil, c.Included[kind], 10)})
	}
	return object(append(Members{
		{"included", json.RawMessage(object(included))},
		{"excluded", json.RawMessage(omissions(c.Excluded))},
		{"unsupported", json.RawMessage(omissions(c.Unsupported))},
	}, c.Extra...))
}

func omissions(list []Omission) string {
	texts := make([]string, len(list))
	for i, o := range list {
		members := Members{{"kind", quoted(o.Kind)}}
		if o.Count != 0 {
			members = append(members, Member{"count", strconv.AppendInt(nil, o.Count, 10)})
		}
		texts[i] = object(append(append(members, Member{"reason", quoted(o.Reason)}), o.Extra...))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// A writer appends JSON text.
type writer struct {
	buf []byte
	any bool // a member has been written
}

// line writes one top-level member.
func (w *writer) line(name, value string) {
	if w.any {
		w.buf = append(w.buf, ',')
	}
	w.any = true
	w.buf = append(w.buf, "\n  "+quote(name)+": "+value...)
}

func (w *writer) entry(e *Entry) {
	b := append(w.buf, `{"path": `...)
	b = append(b, quote(e.Path)...)
	b = append(b, `, "size": `...)
	b = strconv.AppendInt(b, e.Size, 10)
	b = append(b, `, "sha256": "`...)
	b = hex.AppendEncode(b, e.SHA256[:])
	b = append(b, `", "offset": `...)
	b = strconv.AppendInt(b, e.Offset, 10)
	for i := range e.Chunks {
		if i == 0 {
			b = append(b, `, "chunks": ["`...)
		} else {
			b = append(b, `", "`...)
		}
		b = hex.AppendEncode(b, e.Chunks[i][:])
	}
	if len(e.Chunks) > 0 {
		b = append(b, `"]`...)
	}
	if e.Rows != nil {
		b = append(b, `, "rows": `...)
		b = append(b, e.Rows.object()...)
	}
	for _, member := range e.Extra {
		b = append(b, ", "+quote(member.Name)+": "...)
		b = append(b, member.Value...)
	}
	w.buf = append(b, '}')
}

func object(members Members) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, member := range members {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(member.Name) + ": ")
		b.Write(member.Value)
	}
	b.WriteByte('}')
	return b.String()
}

func quoted(s string) json.RawMessage { return json.RawMessage(quote(s)) }

// quote writes s as a JSON string that escapes only what JSON requires.
func quote(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] != '"' && s[i] != '\\'
	}
	if plain {
		return `"` + s + `"`
	}
	b := []byte{'"'}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return string(append(b, '"'))
}
