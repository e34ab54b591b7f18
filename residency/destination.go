package residency

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Schemes that have a meaning here.
const (
	stdoutScheme   = "-"
	postgresScheme = "postgres"
)

// A Destination is where data is to go, in the one spelling that addresses are
// matched against.
type Destination struct {
	scheme     string
	host, port string
	path       []string
	params     url.Values
}

// ParseDestination reads a FILE or a STORE as the command line takes it: a
// path, "-", dir:FOLDER, sqlite:FILE, or a URL. Paths become absolute, and
// symbolic links on their way are followed as the system follows them. A URL
// whose meaning programs could disagree about is an error: dot segments, empty
// segments, fragments, or a PostgreSQL URL with parameters that name another
// host ([PostgresURL] writes those that are accepted).
func ParseDestination(s string) (Destination, error) {
	if s == "-" {
		return Destination{scheme: stdoutScheme}, nil
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if strings.HasPrefix(rest, "//") {
		scheme = strings.ToLower(scheme) // RFC 3986, section 3.1
	}
	switch {
	case ok && (scheme == "dir" || scheme == "sqlite"):
		return localDestination(scheme, rest)
	case !ok || !isScheme(scheme) || scheme != postgresScheme && scheme != "postgresql" && !strings.HasPrefix(rest, "//"):
		return localDestination("file", s)
	}
	u, err := url.Parse(s)
	if err != nil { // whose text would repeat a password
		return Destination{}, errors.New("this is not a URL")
	}
	if scheme == "file" {
		if u.Host != "" && u.Host != "localhost" {
			return Destination{}, errors.New("a file:// URL names no host")
		}
		return localDestination("file", u.Path)
	}
	return remoteDestination(canonicalScheme(scheme), u)
}

func localDestination(scheme, path string) (Destination, error) {
	if path == "" {
		return Destination{}, errors.New("the path is missing")
	}
	resolved, err := resolve(path)
	if err != nil {
		return Destination{}, fmt.Errorf("resolve the path: %w", err)
	}
	return Destination{scheme: scheme, path: segments(resolved)}, nil
}

func remoteDestination(scheme string, u *url.URL) (Destination, error) {
	d := Destination{scheme: scheme}
	var err error
	if d.params, err = url.ParseQuery(u.RawQuery); err != nil {
		return d, errors.New("its parameters cannot be read")
	}
	switch {
	case u.Host == "" || u.Opaque != "":
		return d, errors.New("it names no host or bucket")
	case u.Fragment != "" || strings.HasSuffix(u.String(), "#"):
		return d, errors.New("it has a fragment (#), which programs read differently")
	case u.User != nil && scheme != postgresScheme:
		return d, errors.New("it names a user before the host or bucket")
	}
	d.host, d.port = splitPort(u.Host)
	if scheme == postgresScheme {
		d.host = strings.ToLower(d.host)
		if err := d.dropPostgresParams(); err != nil {
			return d, err
		}
	}
	d.path = segments(u.Path)
	for _, s := range d.path {
		if s == "" || s == "." || s == ".." || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
			return d, fmt.Errorf("its path has the segment %q, which programs read differently", s)
		}
	}
	return d, nil
}

// dropPostgresParams leaves out parameters, none of which say where the
// database is but those that it refuses.
func (d *Destination) dropPostgresParams() error {
	for _, name := range []string{"host", "hostaddr", "port", "service", "servicefile", "dbname", "database", "target_session_attrs"} {
		if d.params.Has(name) {
			return fmt.Errorf("its parameter %s leads elsewhere than the URL says", name)
		}
	}
	if strings.Contains(d.host, ",") {
		return errors.New("it names several hosts")
	}
	d.params = nil
	return nil
}

// PostgresURL returns the destination of a database for [Policy.Check], once
// a connection string, service files and the environment have been read. A host
// that begins with a slash, or is empty, is a socket of this machine.
func PostgresURL(host string, port uint16, database string) string {
	if host == "" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		host = "localhost"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return (&url.URL{Scheme: postgresScheme, Host: fmt.Sprintf("%s:%d", host, port), Path: "/" + database}).String()
}

// String writes the destination without user and password.
func (d Destination) String() string {
	switch {
	case d.scheme == stdoutScheme:
		return "standard output"
	case local[d.scheme]:
		path := "/" + strings.Join(d.path, "/")
		if len(d.path) > 0 && len(d.path[0]) == 2 && d.path[0][1] == ':' { // a drive
			path = path[1:]
		}
		if d.scheme == "file" {
			return path
		}
		return d.scheme + ":" + path
	}
	s := d.scheme + "://" + d.host
	if d.port != "" {
		s += ":" + d.port
	}
	s += "/" + strings.Join(d.path, "/")
	if query := d.params.Encode(); query != "" {
		s += "?" + query
	}
	return s
}

// shown is a destination that cannot be read, without what may be a password.
func shown(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return s
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = "…" + rest[i:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return scheme + "://" + rest
}
