package archive

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/manifest"
)

// A ledger collects findings up to a limit. It belongs to one goroutine.
type ledger struct {
	limit    int
	findings []Finding
	dropped  int
}

func newLedger(opts Options) *ledger { return &ledger{limit: opts.Limits.Findings} }

func (l *ledger) add(f Finding) {
	if len(l.findings) >= l.limit {
		l.dropped++
		return
	}
	l.findings = append(l.findings, f)
}

// inFile adds a finding at a byte of the file.
func (l *ledger) inFile(code Code, rule string, offset int64, format string, args ...any) {
	l.add(formatFinding(code, rule, "", offset, InFile, fmt.Errorf(format, args...)))
}

// inTar adds a finding at a byte of the tar.
func (l *ledger) inTar(code Code, rule, path string, offset int64, format string, args ...any) {
	l.add(formatFinding(code, rule, path, offset, InTar, fmt.Errorf(format, args...)))
}

func formatFinding(code Code, rule, path string, offset int64, region Region, err error) Finding {
	return Finding{Code: code, Path: path, Offset: offset, Region: region, Rule: rule,
		Err: &FormatError{Code: code, Path: path, Offset: offset, Region: region, Rule: rule, Err: err}}
}

func signatureFinding(code Code, rule, path, fingerprint string, offset int64, err error) Finding {
	return Finding{Code: code, Path: path, Offset: offset, Region: InTar, Rule: rule,
		Err: &SignatureError{Code: code, Path: path, Fingerprint: fingerprint, Offset: offset, Rule: rule, Err: err}}
}

// sort puts the findings in order of place: in the file, in the tar, and then
// those without a place. The order does not depend on goroutines.
func (l *ledger) sort() {
	rank := func(f Finding) int {
		switch {
		case f.Offset < 0:
			return 2
		case f.Region == InTar:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code))
	})
}

// A span is a part of the tar that could not be read.
type span struct{ from, to int64 }

// manifestFinding turns an error of package manifest into a finding.
func manifestFinding(err error, offset int64) Finding {
	code, rule, path := classifyManifest(err)
	f := formatFinding(code, rule, "manifest.json", offset, InTar, manifestCause{err})
	if path != "" {
		f.Path = path
	}
	return f
}

func classifyManifest(err error) (code Code, rule, path string) {
	code, rule = CodeManifest, ruleManifest
	var e *manifest.Error
	if errors.As(err, &e) {
		rule, path = e.Rule, e.Path
	}
	var newer *manifest.VersionError
	switch {
	case errors.As(err, &newer):
		code, rule = CodeVersion, ruleVersion
		if newer.Format.Major == newer.Reader.Major {
			rule = "V-3"
		}
	case errors.Is(err, manifest.ErrUnknownCritical):
		code = CodeCritical
	case errors.Is(err, manifest.ErrLimit):
		code, rule = CodeLimit, ruleLimits
	case rule == "M-11":
		code = CodeContentHash
	}
	return code, rule, path
}

// manifestCause is an error of package manifest without the rule, which the
// finding states.
type manifestCause struct{ error }

// Error gives the member and the words.
func (c manifestCause) Error() string {
	var e *manifest.Error
	if !errors.As(c.error, &e) {
		return c.error.Error()
	}
	if e.Member == "" {
		return e.Err.Error()
	}
	return e.Member + ": " + e.Err.Error()
}

// Unwrap returns the whole error.
func (c manifestCause) Unwrap() error { return c.error }
