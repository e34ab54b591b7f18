package strictyaml

import "strings"

// flow reads a value that stands on one line of a plain document.
type flow struct {
	*plain
	rest string
}

func (f *flow) space() { f.rest = strings.TrimLeft(f.rest, " ") }

// value reads a flow collection or a scalar. inside says that it stands in a
// flow collection. depth is that of the collection around it.
func (f *flow) value(depth int, inside bool) bool {
	if f.rest == "" {
		return false
	}
	switch f.rest[0] {
	case '{':
		return f.collection(depth+1, true, '}')
	case '[':
		return f.collection(depth+1, false, ']')
	case '"':
		return f.doubleQuoted()
	case '\'':
		return f.singleQuoted()
	}
	return f.scalar(inside)
}

// collection reads a flow mapping or sequence up to its closing bracket.
func (f *flow) collection(depth int, mapping bool, closing byte) bool {
	if depth > f.lim.Depth || !f.count() {
		return false
	}
	f.sink.Begin(f.line, mapping)
	if mapping {
		f.pushNames()
	}
	f.rest = f.rest[1:]
	f.space()
	for first := true; f.rest != "" && f.rest[0] != closing; first = false {
		if !first {
			if f.rest[0] != ',' {
				return false
			}
			f.rest = f.rest[1:]
			f.space()
		}
		if mapping && !f.memberName() || !f.value(depth, true) {
			return false
		}
		f.space()
	}
	if f.rest == "" {
		return false
	}
	f.rest = f.rest[1:]
	if mapping {
		f.open--
	}
	f.sink.End()
	return true
}

// memberName takes the name of a member with its colon and space.
func (f *flow) memberName() bool {
	n := plainName(f.rest)
	if n == 0 || !f.name(f.rest[:n]) {
		return false
	}
	f.rest = f.rest[n+1:]
	f.space()
	return true
}

// take passes a text on that takes the first n bytes of the line.
func (f *flow) take(n int, text string) bool {
	f.rest = f.rest[n:]
	if !f.count() {
		return false
	}
	f.sink.Text(f.line, text)
	return true
}

// doubleQuoted reads a text in double quotes with the simplest escapes.
func (f *flow) doubleQuoted() bool {
	escaped := false
	for i := 1; i < len(f.rest); i++ {
		switch f.rest[i] {
		case '"':
			text := f.rest[1:i]
			if escaped {
				text = simpleEscapes.Replace(text)
			}
			return f.take(i+1, text) && f.afterQuote()
		case '\\':
			i++
			if i == len(f.rest) || f.rest[i] != '"' && f.rest[i] != '\\' && f.rest[i] != 'n' {
				return false
			}
			escaped = true
		}
	}
	return false
}

var simpleEscapes = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n")

func (f *flow) singleQuoted() bool {
	for i := 1; i < len(f.rest); i++ {
		if f.rest[i] != '\'' {
			continue
		}
		if i+1 < len(f.rest) && f.rest[i+1] == '\'' {
			i++
			continue
		}
		return f.take(i+1, strings.ReplaceAll(f.rest[1:i], "''", "'")) && f.afterQuote()
	}
	return false
}

// afterQuote admits what may follow a quoted text at once: not a colon, which
// would make a name of it.
func (f *flow) afterQuote() bool {
	after := strings.TrimLeft(f.rest, " ")
	return after == "" || after[0] != ':'
}

// scalar reads a plain scalar.
func (f *flow) scalar(inside bool) bool {
	if !beginsPlain(f.rest) {
		return false
	}
	end := 0
scan:
	for ; end < len(f.rest); end++ {
		switch c := f.rest[end]; c {
		case ':':
			if inside || end+1 == len(f.rest) || f.rest[end+1] == ' ' {
				return false
			}
		case '#':
			if f.rest[end-1] == ' ' {
				break scan
			}
		case ',', ']', '}':
			if inside {
				break scan
			}
		case '[', '{', '?':
			if inside {
				return false
			}
		}
	}
	text := strings.TrimRight(f.rest[:end], " ")
	value, isText, ok := resolvePlain(text)
	switch {
	case !ok:
		return false
	case isText:
		return f.take(len(text), text)
	case !f.count():
		return false
	}
	f.rest = f.rest[len(text):]
	f.sink.Scalar(f.line, value)
	return true
}

// beginsPlain reports whether a plain scalar may begin like s. YAML allows
// more.
func beginsPlain(s string) bool {
	c := s[0]
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c >= 0x80:
		return true
	case c == '-':
		return len(s) > 1 && s[1] >= '0' && s[1] <= '9'
	}
	return strings.IndexByte("_./($+=<~", c) >= 0
}
