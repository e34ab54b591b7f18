package strictyaml

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// scan refuses what must not reach the parser: documents over their limits,
// characters that parsers disagree about, and directives.
func scan(data []byte, lim Limits) error {
	if len(data) > lim.Size {
		return &Error{Rule: RuleLimit, Text: fmt.Sprintf("the document has %d bytes; the limit is %d", len(data), lim.Size)}
	}
	if n := indicators(data); n > lim.Indicators {
		return &Error{Rule: RuleLimit, Text: fmt.Sprintf("the document has %d line breaks and indicator characters; the limit is %d", n, lim.Indicators)}
	}
	if err := scanCharacters(data); err != nil {
		return err
	}
	return scanDirectives(data)
}

// scanCharacters admits the printable characters of YAML 1.2 (section 5.1)
// but those that YAML 1.1 takes for line breaks.
func scanCharacters(data []byte) error {
	line, start := 1, 0
	refuse := func(i int, rule, format string, args ...any) error {
		return &Error{Line: line, Column: utf8.RuneCount(data[start:i]) + 1, Rule: rule, Text: fmt.Sprintf(format, args...)}
	}
	for i := 0; i < len(data); {
		c := data[i]
		if c >= ' ' && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return refuse(i, RuleEncoding, "the document is not UTF-8")
		case r == '\n':
			line, start = line+1, i+1
		case r == '\r':
			if i+1 == len(data) || data[i+1] != '\n' {
				return refuse(i, RuleLineBreak, "a carriage return stands alone; end lines with LF or CR LF")
			}
		case r == '\t':
		case r == 0x85 || r == 0x2028 || r == 0x2029:
			return refuse(i, RuleLineBreak, "the line separator U+%04X stands unescaped; write it as \\u%04x in double quotes", r, r)
		case r == 0xfeff:
			return refuse(i, RuleEncoding, "a byte order mark stands in the document; remove it")
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff:
			return refuse(i, RuleEncoding, "the control character U+%04X stands in the document; remove it or escape it in double quotes", r)
		}
		i += size
	}
	return nil
}

// scanDirectives refuses %YAML and %TAG, which can only stand before the
// first line of content.
func scanDirectives(data []byte) error {
	line := 0
	for text := range bytes.Lines(data) {
		line++
		trimmed := bytes.TrimSpace(text)
		if len(trimmed) == 0 || trimmed[0] == '#' {
			continue
		}
		if text[0] == '%' {
			return &Error{Line: line, Column: 1, Rule: RuleDirective, Text: "directives are not allowed; remove the line"}
		}
		return nil
	}
	return &Error{Rule: RuleEmpty, Text: "the document is empty"}
}
