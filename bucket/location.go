package bucket

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Location names one object: SCHEME://BUCKET/KEY?SETTINGS. Its zero value
// names none; [Parse] makes them.
type Location struct {
	Scheme string // s3, gs or azblob
	Bucket string // the bucket's or container's name
	Key    string // of the object in it, never empty

	settings url.Values
}

// schemes are those of all providers, whether this build has them or not.
var schemes = map[string]string{"s3": "nos3", "gs": "nogcs", "azblob": "noazure"}

// maxKey is the longest key in bytes, that of all three providers.
const maxKey = 1024

// Is reports whether s is written like a location, whatever else is wrong with
// it: it begins with one of the schemes and "://".
func Is(s string) bool {
	scheme, _, found := strings.Cut(s, "://")
	return found && schemes[strings.ToLower(scheme)] != ""
}

// Parse reads a location. It refuses what could name another object than it
// seems to (empty path elements, "." and "..", control characters), and what
// holds credentials, without repeating them.
func Parse(s string) (Location, error) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found || schemes[scheme] == "" {
		return Location{}, errors.New("bucket: want s3://BUCKET/KEY, gs://BUCKET/KEY or azblob://CONTAINER/KEY")
	}
	refuse := func(format string, args ...any) (Location, error) {
		return Location{}, fmt.Errorf("bucket: %s location: %w", scheme, fmt.Errorf(format, args...))
	}
	rest, query, _ := strings.Cut(rest, "?")
	if strings.Contains(rest, "#") || strings.Contains(query, "#") {
		return refuse("# is not allowed: write %%23 in a key")
	}
	name, path, _ := strings.Cut(rest, "/")
	if strings.Contains(name, "@") {
		return refuse("credentials do not belong in a location: put them into the environment")
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }) {
		return refuse("%+q is not the name of a bucket", name)
	}
	key, err := url.PathUnescape(path)
	if err != nil {
		return refuse("the key is not percent-encoded correctly")
	}
	if err := checkKey(key); err != nil {
		return refuse("%w", err)
	}
	settings, err := url.ParseQuery(query)
	if err != nil {
		return refuse("the settings after ? cannot be read")
	}
	if err := checkSettings(settings); err != nil {
		return refuse("%w", err)
	}
	return Location{Scheme: scheme, Bucket: name, Key: key, settings: settings}, nil
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-_", r)
}

func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("the key is missing: name the object in the bucket, as in …/backups/acme.oa-archive")
	case len(key) > maxKey:
		return fmt.Errorf("the key has %d bytes, at most %d are possible", len(key), maxKey)
	case !utf8.ValidString(key):
		return errors.New("the key is not UTF-8")
	case strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the key holds control characters")
	case strings.HasSuffix(key, "/"):
		return errors.New("the key ends with a slash: name the object itself")
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." {
			return fmt.Errorf("the key holds %+q between slashes", part)
		}
	}
	return nil
}

// secretSetting matches names of settings that would hold a credential.
var secretSetting = regexp.MustCompile(`(?i)secret|token|passw|credential|signature|^sig$|access_?key|account_?key|private_?key`)

func checkSettings(settings url.Values) error {
	for name, values := range settings {
		if secretSetting.MatchString(name) {
			return errors.New("credentials do not belong in a location: put them into the environment")
		}
		if len(values) != 1 {
			return fmt.Errorf("%+q is set %d times", name, len(values))
		}
		if u, err := url.Parse(values[0]); err == nil && u.User != nil {
			return errors.New("credentials do not belong in a location: put them into the environment")
		}
	}
	return nil
}

// String writes the location so that Parse reads it back.
func (l Location) String() string {
	s := l.Short()
	if len(l.settings) > 0 {
		s += "?" + l.settings.Encode()
	}
	return s
}

// Short writes the location without its settings.
func (l Location) Short() string {
	escaped := (&url.URL{Path: l.Key}).EscapedPath()
	return l.Scheme + "://" + l.Bucket + "/" + escaped
}

// take removes a setting and returns it.
func take(settings url.Values, name string) string {
	v := settings.Get(name)
	settings.Del(name)
	return v
}

// queries matches what may hold a signature or a token in an error's text.
var queries = regexp.MustCompile(`\?[^\s"'<>]*|//[^/\s"'@]*@`)

// redact takes queries and user names out of URLs in the text of a library's
// error: pre-signed addresses and shared access signatures stand there.
func redact(text string) string {
	return queries.ReplaceAllStringFunc(text, func(s string) string {
		if s[0] == '?' {
			return "?…"
		}
		return "//…@"
	})
}
