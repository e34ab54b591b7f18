package restore

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// indented is an element of a listing that writes itself, as [encode] would
// write it at the depth of elements but without its first indent. A plan is
// written several times over, for its id, its digest and its file, and has as
// many steps as the archive has assets.
type indented interface {
	appendIndented(b []byte) []byte
}

// members are those of a JSON object in the making, indented.
type members struct {
	b      []byte
	indent string // of its members, with the line feed
	filled bool
}

func (o *members) open(b []byte, indent string) {
	o.b, o.indent, o.filled = append(b, '{'), indent, false
}

// close returns the text. The object has members.
func (o *members) close() []byte {
	return append(append(o.b, o.indent[:len(o.indent)-2]...), '}')
}

func (o *members) name(name string) {
	if o.filled {
		o.b = append(o.b, ',')
	}
	o.filled = true
	o.b = append(append(append(o.b, o.indent...), '"'), name...)
	o.b = append(o.b, `": `...)
}

func (o *members) text(name, value string) {
	o.name(name)
	o.b = appendText(o.b, value)
}

func (o *members) textIfAny(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *members) number(name string, value int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, value, 10)
}

func (o *members) numberIfAny(name string, value int64) {
	if value != 0 {
		o.number(name, value)
	}
}

func (o *members) trueIf(name string, value bool) {
	if value {
		o.name(name)
		o.b = append(o.b, "true"...)
	}
}

func (o *members) textsIfAny(name string, values []string) {
	if len(values) > 0 {
		o.name(name)
		o.b = appendElements(o.b, values, o.indent, func(b []byte, s *string, _ string) []byte { return appendText(b, *s) })
	}
}

// appendElements writes a list whose member is indented by indent.
func appendElements[E any](b []byte, list []E, indent string, write func(b []byte, e *E, indent string) []byte) []byte {
	switch {
	case list == nil:
		return append(b, "null"...)
	case len(list) == 0:
		return append(b, "[]"...)
	}
	inner := deeper[len(indent)]
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, inner...)
		b = write(b, &list[i], inner)
	}
	return append(append(b, indent...), ']')
}

// deeper holds the indents of the depths that steps reach, by the length of the
// indent one level above.
var deeper = func() (all [16]string) {
	for i := range all {
		all[i] = "\n" + string(bytes.Repeat([]byte(" "), i+1))
	}
	return all
}()

// elementMembers is the indent of an element's members.
const elementMembers = "\n      "

func (s *Step) appendIndented(b []byte) []byte {
	var o members
	o.open(b, elementMembers)
	o.text("kind", string(s.Kind))
	o.textIfAny("workspace", s.Workspace)
	o.text("id", s.ID)
	o.textIfAny("name", s.Name)
	o.text("decision", string(s.Decision))
	o.text("reason", s.Reason)
	o.text("why", s.Why)
	o.textIfAny("target_workspace", s.TargetWorkspace)
	o.textIfAny("target_id", s.TargetID)
	o.textIfAny("new_name", s.NewName)
	o.name("entries")
	o.b = appendElements(o.b, s.Entries, o.indent, appendStepEntry)
	o.textsIfAny("depends_on", s.DependsOn)
	o.textsIfAny("changes", s.Changes)
	o.textsIfAny("blocked", s.Blocked)
	o.textsIfAny("access", s.Access)
	if len(s.Needs) > 0 {
		o.name("needs")
		o.b = appendElements(o.b, s.Needs, o.indent, appendPermission)
	}
	return o.close()
}

func appendStepEntry(b []byte, e *StepEntry, indent string) []byte {
	var o members
	o.open(b, deeper[len(indent)])
	o.text("path", e.Path)
	o.text("digest", e.Digest)
	o.number("size", e.Size)
	o.textIfAny("target_path", e.TargetPath)
	o.textIfAny("current", e.Current)
	o.textIfAny("result", e.Result)
	o.numberIfAny("result_size", e.ResultSize)
	o.trueIf("write", e.Write)
	o.trueIf("delete", e.Delete)
	return o.close()
}

func appendPermission(b []byte, p *Permission, indent string) []byte {
	var o, r members
	o.open(b, deeper[len(indent)])
	o.text("action", p.Action)
	o.name("resource")
	r.open(o.b, deeper[len(o.indent)])
	r.text("kind", p.Resource.Kind)
	r.text("id", p.Resource.ID)
	o.b = r.close()
	return o.close()
}

func (c *EntryChange) appendIndented(b []byte) []byte {
	var o members
	o.open(b, elementMembers)
	o.text("path", c.Path)
	o.textIfAny("name", c.Name)
	o.textIfAny("before", c.Before)
	o.numberIfAny("before_size", c.BeforeSize)
	o.textIfAny("after", c.After)
	o.numberIfAny("after_size", c.AfterSize)
	return o.close()
}

// appendText writes a string as [encode] does.
func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				return appendEscaped(b, s)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return appendEscaped(b, s)
		}
		i += size
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	var text bytes.Buffer
	if err := encode(&text, s, ""); err != nil {
		panic(err) // strings have a JSON form
	}
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}
