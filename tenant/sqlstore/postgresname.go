package sqlstore

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// defaultSchema is where the tables are unless the connection string names
// another schema.
const defaultSchema = "oa_archive"

// schemaParameter is what names the schema in a connection string. It is not
// sent to the server.
const schemaParameter = "schema"

// maxIdentifier is the length in bytes from which PostgreSQL cuts identifiers.
const maxIdentifier = 63

// parsePostgres reads a connection string. Errors do not repeat it, nor any
// part of it that could be a password.
func parsePostgres(dsn string) (cfg *pgx.ConnConfig, schema string, err error) {
	cfg, err = pgx.ParseConfig(dsn)
	if err != nil || ambiguous(dsn) {
		return nil, "", fmt.Errorf("sqlstore: the connection string cannot be read: want postgres://USER@HOST:PORT/DATABASE?PARAMETERS, with %%XX for special characters in names and passwords, and only parameters that libpq knows")
	}
	schema, given := cfg.RuntimeParams[schemaParameter]
	delete(cfg.RuntimeParams, schemaParameter)
	if !given {
		schema = defaultSchema
	}
	switch {
	case schema == "" || len(schema) > maxIdentifier:
		return nil, "", fmt.Errorf("sqlstore: schema %+.70q: want a name of 1 to %d bytes", schema, maxIdentifier)
	case !utf8.ValidString(schema) || strings.ContainsRune(schema, 0):
		return nil, "", fmt.Errorf("sqlstore: schema %+q is not UTF-8, or holds NUL", schema)
	case strings.HasPrefix(schema, "pg_") || schema == "information_schema" || schema == "$user": // the last is special in search paths
		return nil, "", fmt.Errorf("sqlstore: schema %s belongs to PostgreSQL", schema)
	}
	return cfg, schema, nil
}

// ambiguous reports whether a connection string of the form of a URL seems to
// hold a password that was not escaped, which would be taken for a host or
// database, and shown.
func ambiguous(dsn string) bool {
	_, rest, isURL := strings.Cut(dsn, "://")
	if !isURL {
		return false
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	return strings.Count(rest[:end], "@") > 1 || strings.Contains(rest[end:], "@")
}

// RedactPostgres returns a connection string without its passwords, so that it
// may be shown. It returns "postgres://…" for a string that it cannot read.
func RedactPostgres(dsn string) string {
	cfg, schema, err := parsePostgres(dsn)
	if err != nil {
		return "postgres://…"
	}
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" || u.Fragment != "" || u.RawFragment != "" ||
		u.User.Username() != "" && u.User.Username() != cfg.User || u.Hostname() != "" && u.Hostname() != cfg.Host {
		// Another form, or one that the two parsers read differently.
		return postgresName(cfg, schema)
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "pass") {
			query.Del(name)
		}
	}
	u.RawQuery = readable(query)
	return u.String()
}

// postgresName names a database by what was understood of the connection string.
func postgresName(cfg *pgx.ConnConfig, schema string) string {
	u := url.URL{Scheme: "postgres", User: url.User(cfg.User), Path: "/" + cfg.Database}
	query := url.Values{}
	switch {
	case strings.HasPrefix(cfg.Host, "/"):
		query.Set("host", cfg.Host)
	case cfg.Port == 0 || cfg.Port == 5432:
		u.Host = cfg.Host
	default:
		u.Host = net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
	}
	if schema != defaultSchema {
		query.Set(schemaParameter, schema)
	}
	u.RawQuery = readable(query)
	return u.String()
}

// readable encodes parameters, but leaves slashes as they are.
func readable(query url.Values) string {
	return strings.ReplaceAll(query.Encode(), "%2F", "/")
}
