package parquetio

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Column is one column of a dataset.
type Column struct {
	Name     string // not empty, UTF-8 without NUL, at most MaxName bytes
	Type     Type
	Nullable bool
}

// String returns the text of the column as it stands in that of a [Schema].
func (c Column) String() string {
	text := quoteName(c.Name) + " " + c.Type.String()
	if !c.Nullable {
		text += " not null"
	}
	return text
}

// A Schema lists the columns of a dataset in order.
type Schema []Column

// Bounds on what is written, so that every file of ours can be read with the
// default [Limits].
const (
	MaxName    = 1024 // bytes of a column's name
	MaxColumns = 4096 // columns of a schema
)

// Check returns an error unless s has at least one column, no more than
// [MaxColumns], names that differ from each other, and types that
// [Type.Check] accepts.
func (s Schema) Check() error {
	if err := s.check(); err != nil {
		return fmt.Errorf("parquetio: %w", err)
	}
	return nil
}

func (s Schema) check() error {
	if len(s) == 0 || len(s) > MaxColumns {
		return fmt.Errorf("%d columns: must be 1 to %d", len(s), MaxColumns)
	}
	seen := make(map[string]bool, len(s))
	for i, c := range s {
		if c.Name == "" || len(c.Name) > MaxName || !utf8.ValidString(c.Name) || strings.ContainsRune(c.Name, 0) {
			return fmt.Errorf("column %d: name %.80q is not 1 to %d bytes of UTF-8 without NUL", i+1, c.Name, MaxName)
		}
		if seen[c.Name] {
			return fmt.Errorf("two columns are named %q", c.Name)
		}
		seen[c.Name] = true
		if err := c.Type.check(); err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
	}
	return nil
}

// Equal reports whether s and t have the same columns in the same order.
func (s Schema) Equal(t Schema) bool {
	return slices.EqualFunc(s, t, func(a, b Column) bool {
		return a.Name == b.Name && a.Nullable == b.Nullable && a.Type.Equal(b.Type)
	})
}

// Index returns the position of the column called name, or -1.
func (s Schema) Index(name string) int {
	return slices.IndexFunc(s, func(c Column) bool { return c.Name == name })
}

// String returns the text of the schema, which [ParseSchema] reads: columns
// separated by a comma and a space, each with name, type, and "not null" where
// it is not nullable. A name that is not a letter or underscore followed by
// letters, digits and underscores (of ASCII) stands as a JSON string.
//
//	id int64 not null, "unit price" decimal(12,2), tags list<string>
//
// The text of a schema never changes, so it can be compared and hashed.
func (s Schema) String() string {
	texts := make([]string, len(s))
	for i, c := range s {
		texts[i] = c.String()
	}
	return strings.Join(texts, ", ")
}

// ParseSchema reads the text that [Schema.String] writes, and checks the schema.
func ParseSchema(text string) (Schema, error) {
	var s Schema
	for rest := strings.TrimSpace(text); ; {
		name, after, ok := cutName(rest)
		if !ok {
			return nil, fmt.Errorf("parquetio: schema: no column name at %.40q", rest)
		}
		declaration, next, more := cutColumn(after)
		c := Column{Name: name, Nullable: true}
		declaration, required := strings.CutSuffix(strings.TrimSpace(declaration), " not null")
		c.Nullable = !required
		var err error
		if c.Type, err = checkedType(declaration); err != nil {
			return nil, fmt.Errorf("parquetio: column %q: %w", name, err)
		}
		s = append(s, c)
		if !more {
			return s, s.Check()
		}
		rest = strings.TrimSpace(next)
	}
}

// cutColumn cuts text at the first comma outside parentheses.
func cutColumn(text string) (before, after string, found bool) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return text[:i], text[i+1:], true
			}
		}
	}
	return text, "", false
}

func cutName(text string) (name, after string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		d := json.NewDecoder(strings.NewReader(text))
		if err := d.Decode(&name); err != nil {
			return "", "", false
		}
		after = text[d.InputOffset():]
		return name, after, strings.HasPrefix(after, " ")
	}
	name, after, ok = strings.Cut(text, " ")
	return name, after, ok && plainName(name)
}

func quoteName(name string) string {
	if plainName(name) {
		return name
	}
	return string(appendJSONString(nil, name))
}

func plainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
