package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
)

// An Error says which rule a manifest breaks, and where.
type Error struct {
	Rule   string // number in docs/spec, such as "M-3"
	Member string // such as "tenant.id" or "entries[12]"; empty for the document
	Path   string // of the entry that it is about, if any
	Err    error
}

// Error names the member, the entry (quoted) and the rule.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("manifest: ")
	if e.Member != "" {
		b.WriteString(e.Member + ": ")
	}
	if e.Path != "" {
		fmt.Fprintf(&b, "entry %+q: ", e.Path)
	}
	fmt.Fprintf(&b, "%v (%s)", e.Err, e.Rule)
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func refuse(rule, member, format string, args ...any) *Error {
	return &Error{Rule: rule, Member: member, Err: fmt.Errorf(format, args...)}
}

// ErrLimit is wrapped when a manifest is larger than [Limits] allow.
var ErrLimit = errors.New("over the limit")

// Parse reads a manifest. It checks, in this order: the size; the version, so
// that a manifest of a later version is refused as such ([*VersionError])
// whatever else it holds; that it is strict JSON; the critical extensions
// ([ErrUnknownCritical]) and the kind ([ErrIncremental]); then every member,
// and at last [Manifest.Check]. Errors other than of the version are [*Error].
//
// Parse does not verify signatures: hand it verified bytes, or treat the
// result as a claim. It keeps no reference to data.
func Parse(data []byte, limits Limits) (*Manifest, error) {
	limits = limits.withDefaults()
	if int64(len(data)) > limits.Size {
		return nil, refuse("M-1", "", "%w: %d bytes, and the limit is %d", ErrLimit, len(data), limits.Size)
	}
	format, minReader, gateErr := gate(data)
	var newer *VersionError
	if errors.As(gateErr, &newer) {
		return nil, newer
	}
	if err := strictjson.Check(data, strictjson.Limits{}); err != nil {
		return nil, &Error{Rule: "M-1", Err: err}
	}
	if !strictjson.IsObject(data) {
		return nil, refuse("M-1", "", "not a JSON object")
	}
	if gateErr != nil {
		return nil, gateErr
	}
	if err := gateMeaning(data); err != nil {
		return nil, err
	}
	m := &Manifest{Format: format, MinReader: minReader}
	if err := m.decode(data, limits); err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// gate reads the two members that every version of the format begins with.
func gate(data []byte) (format, minReader Version, err error) {
	const rule = "the first members must be format and min_reader, in this order"
	rest, text, ok := leadingMember(skipByte(data, '{'), "format")
	if !ok {
		return format, minReader, refuse("V-1", "format", rule)
	}
	if format, err = ParseVersion(text); err != nil {
		return format, minReader, refuse("V-1", "format", "%w", err)
	}
	_, text, ok = leadingMember(skipByte(rest, ','), "min_reader")
	if ok {
		minReader, err = ParseVersion(text)
	}
	// What follows in a later version is not ours to judge.
	if err := CheckVersion(format, minReader); err != nil {
		return format, minReader, err
	}
	switch {
	case !ok:
		return format, minReader, refuse("V-1", "min_reader", rule)
	case err != nil:
		return format, minReader, refuse("V-1", "min_reader", "%w", err)
	}
	return format, minReader, nil
}

// leadingMember reads `"name":"text"` off data; it looks at nothing else, and
// data may be anything.
func leadingMember(data []byte, name string) (rest []byte, text string, ok bool) {
	const space = " \t\r\n"
	s := string(data[:min(len(data), 256)])
	length := len(s)
	s, ok = strings.CutPrefix(strings.TrimLeft(s, space), `"`+name+`"`)
	if !ok {
		return nil, "", false
	}
	if s, ok = strings.CutPrefix(strings.TrimLeft(s, space), ":"); !ok {
		return nil, "", false
	}
	if s, ok = strings.CutPrefix(strings.TrimLeft(s, space), `"`); !ok {
		return nil, "", false
	}
	text, s, ok = strings.Cut(s, `"`)
	return data[length-len(s):], text, ok && !strings.Contains(text, `\`)
}

func skipByte(data []byte, c byte) []byte {
	for i, b := range data {
		switch b {
		case ' ', '\t', '\r', '\n':
		case c:
			return data[i+1:]
		default:
			return data
		}
	}
	return nil
}

// gateMeaning refuses what would change the meaning of other members.
func gateMeaning(data []byte) error {
	for name, value := range strictjson.Members(data) {
		switch string(name) {
		case "critical":
			for element := range strictjson.Elements(value) {
				extension, ok := strictjson.Text(element)
				if !ok || CheckToken(extension) != nil {
					return refuse("M-16", "critical", "%+.80q is not the name of an extension", element)
				}
				return refuse("V-4", "critical", "%w: %q: use a version that knows it", ErrUnknownCritical, extension)
			}
		case "kind":
			if kind, _ := strictjson.Text(value); kind == KindIncremental {
				return refuse("M-6", "kind", "%w", ErrIncremental)
			}
		}
	}
	return nil
}

// A field is one known member of an object.
type field struct {
	name     string
	required bool
	rule     string
	set      func(value []byte) error
}

// decodeObject reads the known members of an object and returns the others.
func decodeObject(object []byte, where string, fields []field) (Members, error) {
	if !strictjson.IsObject(object) {
		return nil, refuse("M-2", where, "not an object")
	}
	var extra Members
	seen := make([]bool, len(fields))
next:
	for name, value := range strictjson.Members(object) {
		for i, f := range fields {
			if f.name == string(name) {
				seen[i] = true
				if err := f.set(value); err != nil {
					return nil, &Error{Rule: f.rule, Member: join(where, f.name), Err: err}
				}
				continue next
			}
		}
		if err := checkUnknown(name, fields); err != nil {
			return nil, refuse("M-2", where, "%w", err)
		}
		extra = append(extra, Member{Name: string(name), Value: clone(value)})
	}
	for i, f := range fields {
		if f.required && !seen[i] {
			return nil, refuse("M-2", join(where, f.name), "is missing")
		}
	}
	return extra, nil
}

// checkUnknown refuses a name that a lax decoder takes for a known one.
func checkUnknown(name []byte, fields []field) error {
	folded := strictjson.Fold(string(name))
	for _, f := range fields {
		if folded == f.name {
			return fmt.Errorf("the member %+.80q differs from %q only in case", name, f.name)
		}
	}
	return nil
}

func join(where, name string) string {
	if where == "" || name == "" || name[0] == '[' {
		return where + name
	}
	return where + "." + name
}

func clone(value []byte) json.RawMessage { return append(json.RawMessage(nil), value...) }

func text(dst *string) func([]byte) error {
	return func(value []byte) error {
		s, ok := strictjson.Text(value)
		if !ok {
			return errors.New("not a string")
		}
		*dst = s
		return nil
	}
}

func optionalText(dst *string) func([]byte) error {
	return func(value []byte) error {
		if err := text(dst)(value); err != nil {
			return err
		}
		if *dst == "" {
			return errors.New("is empty: leave the member out")
		}
		return nil
	}
}

func count(dst *int64) func([]byte) error {
	return func(value []byte) error { return decodeCount(dst, value) }
}

func decodeCount(dst *int64, value []byte) error {
	n, ok := strictjson.Int(value)
	if !ok || n < 0 {
		return fmt.Errorf("%.40s is not a whole number from 0", value)
	}
	*dst = n
	return nil
}

func raw(dst *json.RawMessage) func([]byte) error {
	return func(value []byte) error {
		*dst = clone(value)
		return nil
	}
}

const timeForm = "2006-01-02T15:04:05Z"

// ParseTime reads a time as archives state it: RFC 3339 in UTC with whole
// seconds and the letter Z, between [MinCreated] and [MaxCreated].
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeForm, s)
	if err != nil || t.Format(timeForm) != s {
		return time.Time{}, fmt.Errorf("%+.40q is not a time of the form %s", s, timeForm)
	}
	return t, checkTime(t)
}

// FormatTime writes the text that [ParseTime] reads.
func FormatTime(t time.Time) string { return t.UTC().Format(timeForm) }
