package sign

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// lineOptions are the options of a line in an allowed_signers file.
type lineOptions struct {
	restricted bool // namespaces was given, so namespaces decides
	namespaces patternList
	notBefore  int64 // valid-after, Unix seconds, 0 if not given; itself valid
	notAfter   int64 // valid-before, likewise: the name misleads, it is itself valid
}

// cutOptions reads the options field off the front of s.
func cutOptions(s string) (lineOptions, string, error) {
	var o lineOptions
	s = strings.TrimLeft(s, fieldSpace)
	for {
		name, value, rest, err := cutOption(s)
		if err != nil {
			return lineOptions{}, "", err
		}
		if err := o.set(name, value); err != nil {
			return lineOptions{}, "", err
		}
		if rest == "" || strings.IndexAny(rest, fieldSpace) == 0 {
			s = strings.TrimLeft(rest, fieldSpace)
			break
		}
		if rest[0] != ',' {
			return lineOptions{}, "", fmt.Errorf("option %s: text after the closing quote", name)
		}
		s = rest[1:]
	}
	if o.notBefore != 0 && o.notAfter != 0 && o.notAfter <= o.notBefore {
		return lineOptions{}, "", errors.New("valid-before is not later than valid-after")
	}
	if s == "" {
		return lineOptions{}, "", errors.New("the key is missing after the options")
	}
	return o, s, nil
}

// cutOption splits one option, name="value" with \" for a quote, off the front of
// s. The name is in lower case, since OpenSSH ignores its case.
func cutOption(s string) (name, value, rest string, err error) {
	end := strings.IndexAny(s, `=,"`+fieldSpace)
	if end < 0 {
		end = len(s)
	}
	name, rest = strings.ToLower(s[:end]), s[end:]
	switch name {
	case "namespaces", "valid-after", "valid-before":
	case "cert-authority":
		return "", "", "", errors.New("cert-authority: certificates never sign archives; list the signers' own keys")
	case "":
		return "", "", "", errors.New("an empty option, or a quote where an option should begin")
	default:
		return "", "", "", fmt.Errorf("unknown option or key type %.64q", s[:end])
	}
	rest, ok := strings.CutPrefix(rest, `="`)
	if !ok {
		return "", "", "", fmt.Errorf(`option %s: want %s="…"`, name, name)
	}
	var unquoted strings.Builder
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '"':
			return name, unquoted.String(), rest[i+1:], nil
		case rest[i] == '\\' && strings.HasPrefix(rest[i+1:], `"`):
			i++
		}
		unquoted.WriteByte(rest[i])
	}
	return "", "", "", fmt.Errorf("option %s: the quote is not closed", name)
}

// set stores the value of an option, which may stand once.
func (o *lineOptions) set(name, value string) error {
	if err := checkPrintable(value); err != nil {
		return fmt.Errorf("option %s: %w", name, err)
	}
	var err error
	var again bool
	switch name {
	case "namespaces":
		again, o.restricted = o.restricted, true
		o.namespaces, err = parsePatternList(value)
	case "valid-after":
		again = o.notBefore != 0
		o.notBefore, err = parseTime(value)
	case "valid-before":
		again = o.notAfter != 0
		o.notAfter, err = parseTime(value)
	}
	if err != nil {
		return fmt.Errorf("option %s: %w", name, err)
	}
	if again {
		return fmt.Errorf("option %s stands twice", name)
	}
	return nil
}

// parseTime reads YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with an optional Z or
// UTC at the end, always as UTC, and returns Unix seconds > 0. OpenSSH takes the
// times before 1970-01-01T00:00:01Z for unset or for the distant future.
func parseTime(s string) (int64, error) {
	digits, layout := s, ""
	for _, zone := range []string{"Z", "UTC"} {
		if n := len(s) - len(zone); n >= 0 && strings.EqualFold(s[n:], zone) {
			digits = s[:n]
		}
	}
	switch len(digits) {
	case len("YYYYMMDD"):
		layout = "20060102"
	case len("YYYYMMDDHHMM"):
		layout = "200601021504"
	case len("YYYYMMDDHHMMSS"):
		layout = "20060102150405"
	}
	t, err := time.Parse(layout, digits)
	if err != nil || layout == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("%.64q is not a time: want YYYYMMDD or YYYYMMDDHHMM[SS], with or without Z (UTC)", s)
	}
	if t.Unix() <= 0 {
		return 0, fmt.Errorf("%q is not after 1970-01-01", s)
	}
	return t.Unix(), nil
}

// check reports why the options preclude a signature for namespace at now, in
// Unix seconds; nil if they do not. As in OpenSSH the namespace goes first.
func (o *lineOptions) check(namespace string, now int64) error {
	switch {
	case o.restricted && !o.namespaces.match(namespace):
		return ErrNamespaceNotAllowed
	case o.notBefore != 0 && now < o.notBefore:
		return fmt.Errorf("%w: valid from %s", ErrNotYetValid, formatTime(o.notBefore))
	case o.notAfter != 0 && now > o.notAfter:
		return fmt.Errorf("%w: valid until %s", ErrExpired, formatTime(o.notAfter))
	}
	return nil
}

func formatTime(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
