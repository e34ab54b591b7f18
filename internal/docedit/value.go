package docedit

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// white is the white space of RFC 8259, section 2.
const white = " \t\r\n"

// A value is a JSON value of a document being edited. Closed, it is its text;
// open, it is an object or array taken apart.
type value struct {
	raw     string // of an open value only the brackets count
	opened  bool
	members []member
}

// A member is one of an object, or an element of an array, with the white
// space around it up to the brackets and commas.
type member struct {
	before string
	name   string // decoded; objects only
	key    string // the name as spelled, the colon and the space around it; objects only
	value  *value
	after  string
}

func (m *member) colon() string {
	return m.key[strings.LastIndexByte(m.key, '"')+1:]
}

func (v *value) isContainer() bool { return v.raw[0] == '{' || v.raw[0] == '[' }
func (v *value) isArray() bool     { return v.raw[0] == '[' }

// lineIndent returns the indentation that white space ends with, and whether
// there is a line break before it.
func lineIndent(space string) (indent string, ok bool) {
	i := strings.LastIndexByte(space, '\n')
	return strings.ReplaceAll(space[i+1:], "\r", ""), i >= 0
}

// isEmpty reports whether the container v has no members.
func (v *value) isEmpty() bool {
	if v.opened {
		return len(v.members) == 0
	}
	return strings.TrimLeft(v.raw[1:], white) == v.raw[len(v.raw)-1:]
}

// multiline reports whether the first member of v starts on a new line.
func (v *value) multiline() bool {
	inner := v.raw[1:]
	if v.opened {
		if len(v.members) == 0 {
			return false
		}
		inner = v.members[0].before
	}
	return strings.Contains(inner[:len(inner)-len(strings.TrimLeft(inner, white))], "\n")
}

// find returns the index of the member that token names, -1 if there is none.
func (v *value) find(token string) int {
	if v.isArray() {
		return parseIndex(token, len(v.members))
	}
	for i := range v.members {
		if v.members[i].name == token {
			return i
		}
	}
	return -1
}

// open takes the container v apart. An empty one stays closed, which keeps the
// white space in it.
func (v *value) open() error {
	if v.opened {
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewBufferString(v.raw), jsontext.AllowDuplicateNames(true)) // they were checked
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var members []member
	end := int(dec.InputOffset())
	next := func() (gap string, raw jsontext.Value, err error) {
		raw, err = dec.ReadValue()
		from := end
		end = int(dec.InputOffset())
		return v.raw[from : end-len(raw)], raw, err
	}
	for dec.PeekKind() != ']' && dec.PeekKind() != '}' {
		gap, raw, err := next()
		if err != nil {
			return err
		}
		var m member
		m.before = gap
		if n := len(members); n > 0 {
			members[n-1].after, m.before, _ = strings.Cut(gap, ",")
		}
		if !v.isArray() {
			name, err := jsontext.AppendUnquote(nil, raw)
			if err != nil {
				return err
			}
			m.name, m.key = string(name), string(raw)
			if gap, raw, err = next(); err != nil {
				return err
			}
			m.key += gap
		}
		m.value = &value{raw: string(raw)}
		members = append(members, m)
	}
	if n := len(members); n > 0 {
		members[n-1].after = v.raw[end : len(v.raw)-1]
		v.members, v.opened = members, true
	}
	return nil
}

// append adds the text of v to dst.
func (v *value) append(dst []byte) []byte {
	if !v.opened {
		return append(dst, v.raw...)
	}
	dst = append(dst, v.raw[0])
	for i, m := range v.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, m.before...)
		dst = append(dst, m.key...)
		dst = m.value.append(dst)
		dst = append(dst, m.after...)
	}
	return append(dst, v.raw[len(v.raw)-1])
}

// A style is how a document is laid out.
type style struct {
	newline string // "\n", "\r\n", or "" for a document on one line
	unit    string // indentation of one level
	colon   string // between name and value
	comma   string // white space after a comma within a line
}

// detectStyle reads the style off the text of a document.
func detectStyle(raw string) style {
	s := style{colon: ":", comma: ""}
	if strings.Contains(raw, `": `) || !strings.Contains(raw, `":`) {
		s.colon, s.comma = ": ", " "
	}
	first, rest, found := strings.Cut(raw, "\n")
	if !found {
		return s
	}
	s.newline = "\n"
	if strings.HasSuffix(first, "\r") {
		s.newline = "\r\n"
	}
	for found && s.unit == "" {
		s.unit = rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))]
		_, rest, found = strings.Cut(rest, "\n")
	}
	return s
}

// like returns s with the spacing that v, an object or array, has in its line.
func (s style) like(v *value) style {
	if v.multiline() || v.open() != nil || len(v.members) == 0 {
		return s
	}
	if !v.isArray() {
		s.colon = v.members[0].colon()
	}
	if len(v.members) > 1 {
		s.comma = v.members[1].before
	} else if !v.isArray() {
		s.comma = strings.TrimLeft(s.colon, ":")
	}
	return s
}

// format returns the text of v laid out in style s, to stand on a line with
// the given indentation.
func (s style) format(v jsontext.Value, indent string, multiline bool) string {
	v = bytes.Clone(bytes.Trim(v, white))
	if v[0] != '{' && v[0] != '[' {
		return string(v)
	}
	opts := []jsontext.Options{
		jsontext.PreserveRawStrings(true),
		jsontext.SpaceAfterColon(s.colon != ":"),
		jsontext.SpaceAfterComma(s.comma != "" && !multiline),
		jsontext.Multiline(multiline),
	}
	if multiline {
		opts = append(opts, jsontext.WithIndent(s.unit), jsontext.WithIndentPrefix(indent))
	}
	if err := v.Format(opts...); err != nil {
		return string(v) // valid all the same, only laid out as the caller had it
	}
	if s.newline == "\r\n" {
		return strings.ReplaceAll(string(v), "\n", "\r\n")
	}
	return string(v)
}
