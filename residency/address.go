package residency

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// An Address is a pattern over destinations.
type Address struct {
	text   string
	scheme string   // "" stands for local paths of every scheme
	host   string   // glob
	port   string   // "" stands for any
	path   []string // globs; the segment ** stands for any number of segments
	params url.Values
}

// String returns the address as it was written.
func (a Address) String() string { return a.text }

// local are the schemes whose destinations are paths of this machine.
var local = map[string]bool{"file": true, "dir": true, "sqlite": true}

// ParseAddress reads a pattern over destinations:
//
//   - standard output
//     /srv/eu/**            a local path: archives, folders and SQLite files alike
//     dir:/srv/eu/**        only those of one scheme: file, dir, sqlite
//     s3://bucket/prefix/** an object store, likewise gs://, azblob:// and others
//     postgres://host/*     a database; host:port names one port
//
// * stands for any characters of one segment (in hosts: of one label), ? for one,
// and the segment ** for any number of segments. Parameters, where a pattern has
// some, must be the destination's too.
func ParseAddress(text string) (Address, error) {
	a := Address{text: text}
	switch {
	case text == "-":
		a.scheme = stdoutScheme
		return a, nil
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return a, errors.New("an address has no control characters")
	case isAbsolute(text):
		return a, a.setPath(text)
	}
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || !isScheme(scheme) {
		return a, errors.New("want an absolute path, dir:/path, sqlite:/path, a URL such as s3://bucket/**, or -")
	}
	a.scheme = canonicalScheme(scheme)
	if local[scheme] {
		rest = strings.TrimPrefix(rest, "//")
		if !isAbsolute(rest) {
			return a, fmt.Errorf("%s: wants an absolute path after it", scheme)
		}
		return a, a.setPath(rest)
	}
	return a, a.setURL(rest)
}

// setURL reads what follows the scheme's colon.
func (a *Address) setURL(rest string) error {
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return fmt.Errorf("want %s://HOST/PATH", a.scheme)
	}
	rest, query, _ := strings.Cut(rest, "?")
	var err error
	if a.params, err = url.ParseQuery(query); err != nil {
		return errors.New("the parameters after ? are not of the form name=value&name=value")
	}
	host, path, _ := strings.Cut(rest, "/")
	switch {
	case host == "":
		return errors.New("the host or bucket is missing")
	case strings.ContainsAny(host, "@%#"):
		return errors.New("a host or bucket has neither a user nor escapes")
	case strings.Contains(host, "**"):
		return errors.New("** stands for segments of paths, not in hosts")
	}
	a.host, a.port = splitPort(host)
	if a.scheme == postgresScheme {
		a.host = strings.ToLower(a.host)
	}
	return a.setPath("/" + path)
}

func (a *Address) setPath(path string) error {
	a.path = segments(path)
	for _, s := range a.path {
		switch {
		case s == "" || s == "." || s == "..":
			return fmt.Errorf("the path has the segment %q, which programs read differently", s)
		case s != "**" && strings.Contains(s, "**"):
			return errors.New("** stands alone between slashes")
		}
	}
	return nil
}

// segments splits a path at its slashes, the first and the last left out.
func segments(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// Has reports whether the destination has the address: as the pattern says, and
// without parameters that lead elsewhere.
func (a Address) Has(d Destination) bool { return a.Resembles(d) && a.hasParams(d) }

// Resembles is [Address.Has] whatever parameters the destination has. What is
// to be denied is denied however it is spelled.
func (a Address) Resembles(d Destination) bool {
	if a.scheme != d.scheme && !(a.scheme == "" && local[d.scheme]) {
		return false
	}
	if a.scheme != "" && !local[a.scheme] && (!matchHost(a.host, d.host) || a.port != "" && a.port != d.port) {
		return false
	}
	return matchPath(a.path, d.path)
}

// hasParams: what decides where a destination is, beside host and path, must
// be in the pattern too. An unknown parameter is taken for one that decides.
func (a Address) hasParams(d Destination) bool {
	for name, values := range a.params {
		if len(values) != len(d.params[name]) {
			return false
		}
		for i := range values {
			if values[i] != d.params[name][i] {
				return false
			}
		}
	}
	for name := range d.params {
		if _, stated := a.params[name]; !stated && !indifferent[name] {
			return false
		}
	}
	return true
}

// indifferent are parameters of object stores that change how an object gets
// to its place, and not which place that is.
var indifferent = map[string]bool{
	"region": true, "ssetype": true, "kmskeyid": true, "use_path_style": true, "s3ForcePathStyle": true, "hostname_immutable": true,
	"dualstack": true, "fips": true, "accelerate": true, "request_checksum_calculation": true, "response_checksum_validation": true,
}

func isScheme(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '+' && r != '-' && r != '.' && (r < '0' || r > '9')) {
			return false
		}
	}
	return len(s) > 1 // one letter is a drive
}

func canonicalScheme(s string) string {
	if s == "postgresql" {
		return postgresScheme
	}
	return s
}

// isAbsolute tells absolute paths, also those of Windows with slashes.
func isAbsolute(path string) bool {
	drive := len(path) >= 3 && path[1] == ':' && path[2] == '/' && (path[0]|0x20 >= 'a' && path[0]|0x20 <= 'z')
	return strings.HasPrefix(path, "/") || drive
}

// splitPort splits host:port; what has no digits after the last colon has no
// port. IPv6 addresses stand in brackets.
func splitPort(host string) (string, string) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || i+1 == len(host) || strings.Trim(host[i+1:], "0123456789") != "" {
		return host, ""
	}
	return host[:i], host[i+1:]
}
