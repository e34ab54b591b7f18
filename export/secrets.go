package export

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/docedit"
	"github.com/oneanalytics/oa-archive/internal/secretscan"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/schema"
)

// AllowedSecret is an exception to the search for credentials. It holds where
// all of its fields that are not empty apply; one at least must not be.
type AllowedSecret struct {
	Rule    string // id of the rule, as in a problem's Rule after "secret-"
	Pointer string // JSON pointer, in which * stands for one token and ** for any number
	SHA256  string // of the value, 64 lower-case hexadecimal digits
}

// A SecretError lists what looks like credentials in the tenant's documents.
// Neither it nor its text holds any part of them.
type SecretError struct {
	Problems []schema.Problem // at most [MaxProblems]; Rule begins with "secret-"
	More     int              // how many further ones were found
}

// Error lists the first findings, one a line.
func (e *SecretError) Error() string {
	const shown = 20
	var b strings.Builder
	fmt.Fprintf(&b, "export: %d values in the tenant's documents look like credentials, which no archive may hold", len(e.Problems)+e.More)
	for i, p := range e.Problems {
		if i == shown {
			fmt.Fprintf(&b, "\n  … and %d more", len(e.Problems)+e.More-shown)
			break
		}
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

func (o Options) secretOptions() secretscan.Options {
	var opts secretscan.Options
	for _, a := range o.AllowSecrets {
		opts.Allow = append(opts.Allow, secretscan.Allow{Rule: a.Rule, Pointer: a.Pointer, SHA256: a.SHA256})
	}
	return opts
}

// checkAllowedSecrets refuses exceptions that make no sense, before anything
// is read.
func (o Options) checkAllowedSecrets() error {
	if _, err := secretscan.Scan(docedit.JSON, []byte("{}"), o.secretOptions()); err != nil {
		return fmt.Errorf("export: AllowSecrets: %w", err)
	}
	return nil
}

func formatOf(kind layout.Kind) docedit.Format {
	if kind == layout.Model {
		return docedit.YAML
	}
	return docedit.JSON
}

// guard returns what may be written of a document that was looked at: the
// document, or a copy without credentials if that was asked for. Credentials
// that cannot be replaced refuse the export.
func (x *exporter) guard(e *ahead) []byte {
	if e.unread != nil {
		if !x.refused() { // else its faults are known already
			x.problem(schema.Problem{
				Path: e.path, Rule: "secret-scan", Warning: e.Name.Kind == layout.Extension,
				Text: fmt.Sprintf("it cannot be searched for credentials: %v", e.unread),
			})
		}
		return e.clean
	}
	if len(e.found) > 0 && x.opts.RedactSecrets {
		if clean, err := secretscan.Redact(formatOf(e.Name.Kind), e.clean, e.found); err == nil {
			x.redacted += int64(len(e.found))
			return clean
		}
	}
	for _, f := range e.found {
		x.secret(e.path, f, f.Line)
	}
	return e.clean
}

// guardEvent looks for credentials in a line of the audit trail. They cannot
// be replaced, because that would break the chain of hashes.
func (x *exporter) guardEvent(path string, line []byte, number int64) {
	found, err := secretscan.Scan(docedit.JSON, line, x.secretOptions)
	if err != nil {
		return // a line that cannot be read is a problem of its own
	}
	for _, f := range found {
		x.secret(path, f, int(number))
	}
}

func (x *exporter) secret(path string, f secretscan.Finding, line int) {
	if len(x.secrets.Problems) == MaxProblems {
		x.secrets.More++
		return
	}
	text := fmt.Sprintf("the %s looks like a credential (%s)", f.In, f.Preview)
	x.secrets.Problems = append(x.secrets.Problems, schema.Problem{Path: path, Pointer: f.Pointer, Line: line, Rule: "secret-" + f.Rule, Text: text})
}

// redactions says in the coverage section what was replaced.
func (x *exporter) redactions() []manifest.Omission {
	if x.redacted == 0 {
		return nil
	}
	return []manifest.Omission{{Kind: "redacted_secrets", Count: x.redacted, Reason: "these values looked like credentials and were replaced in the archive's documents"}}
}
