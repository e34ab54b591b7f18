package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/terminal"
)

// The exit codes that docs/cli.md promises. A signal gives 128 and its number.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitDamaged   = 3
	exitSignature = 4
	exitBlocked   = 5
	exitStale     = 6
	exitResidency = 7
)

// failure is an error whose class and hint the CLI itself decided.
type failure struct {
	exit int
	code string // stable, in kebab case, for --json
	err  error
	hint string // what to do, for people
}

func (e *failure) Error() string { return e.err.Error() }
func (e *failure) Unwrap() error { return e.err }

// usageError is a command line that cannot be carried out as it stands.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(hint, format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), hint: hint}
}

// args turns cobra's check of the positional arguments into a usage error.
func args(check cobra.PositionalArgs, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if check(cmd, given) == nil {
			return nil
		}
		return usagef(fmt.Sprintf("run `%s --help` for examples", cmd.CommandPath()), "%s: want %s, got %s",
			cmd.Name(), want, render.Plural(int64(len(given)), "argument"))
	}
}

// exitCode returns the code for an error that ended the command.
func exitCode(err error) int { return classify(err).exit }

// classify says what kind of failure err is and what to do about it.
func classify(err error) failure {
	if f := (*failure)(nil); errors.As(err, &f) {
		return failure{exit: f.exit, code: f.code, err: err, hint: f.hint}
	}
	if u := (*usageError)(nil); errors.As(err, &u) {
		return failure{exit: exitUsage, code: "usage", err: err, hint: u.hint}
	}
	if s := (*signalError)(nil); errors.As(err, &s) {
		return failure{exit: 128 + int(s.signal), code: "interrupted", err: err}
	}
	if errors.Is(err, terminal.ErrInterrupted) {
		return failure{exit: 128 + int(syscall.SIGINT), code: "interrupted", err: err}
	}
	for _, c := range classes {
		if f, ok := c(err); ok {
			f.err = err
			return f
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return failure{exit: exitFailed, code: "interrupted", err: err}
	}
	return failure{exit: exitFailed, code: "failed", err: err}
}

// errorJSON is the "error" member of a JSON document. Absent means success.
type errorJSON struct {
	Code    string   `json:"code"`
	Exit    int      `json:"exit"`
	Message string   `json:"message"`
	Hint    string   `json:"hint,omitempty"`
	Details []string `json:"details,omitempty"`
	// Findings names the damage or the signature that the error is about.
	// verify lists all of them beside the error instead.
	Findings []render.Finding `json:"findings,omitempty"`
}

func newErrorJSON(err error) *errorJSON {
	if err == nil {
		return nil
	}
	f := classify(err)
	lines := strings.Split(message(err), "\n")
	e := &errorJSON{Code: f.code, Exit: f.exit, Message: lines[0], Hint: f.hint}
	for _, line := range lines[1:] {
		e.Details = append(e.Details, strings.TrimSpace(line))
	}
	if finding, ok := findingOf(err); ok {
		e.Findings = render.NewFindings([]archive.Finding{finding})
	}
	return e
}

// findingOf returns the finding that an error of package archive is.
func findingOf(err error) (archive.Finding, bool) {
	var format *archive.FormatError
	var signature *archive.SignatureError
	switch {
	case errors.As(err, &format):
		return archive.Finding{Code: format.Code, Path: format.Path, Offset: format.Offset, Region: format.Region, Rule: format.Rule, Err: format}, true
	case errors.As(err, &signature):
		return archive.Finding{Code: signature.Code, Path: signature.Path, Offset: signature.Offset, Region: archive.InTar, Rule: signature.Rule, Err: signature}, true
	}
	return archive.Finding{}, false
}

// printError ends a run that failed: one message on standard error and, with
// --json, a document on standard output unless the verb printed its own.
func (a *app) printError(err error) {
	f := classify(err)
	text := programName + ": " + indentRest(message(err))
	if f.hint != "" {
		text += "\n  " + f.hint
	}
	fmt.Fprintln(a.term.Err, render.EscapeLines(text))
	if a.json && !a.answered {
		_ = a.printJSON(struct {
			Error *errorJSON `json:"error"`
		}{newErrorJSON(err)})
	}
}

// message is an error's text without the name of the package that it begins
// with, which tells users nothing.
func message(err error) string {
	text := err.Error()
	for _, pkg := range []string{"archive", "bucket", "dirstore", "diff", "export", "manifest", "parquetio", "residency", "restore", "schema", "seal", "sign", "sqlstore"} {
		if rest, ok := strings.CutPrefix(text, pkg+": "); ok {
			return rest
		}
	}
	return text
}

// at says which file or store an error is about. It returns nil for nil.
func at(name string, err error) error {
	if err == nil {
		return nil
	}
	return &placedError{name, err}
}

type placedError struct {
	name string
	err  error
}

func (e *placedError) Error() string { return e.name + ": " + message(e.err) }
func (e *placedError) Unwrap() error { return e.err }

// indentRest indents all lines but the first, so that text quoted in an error
// cannot pass for a message of the command.
func indentRest(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, line := range lines[1:] {
		lines[i+1] = "  " + strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}
