// Package cli is the oa-archive command, one file per verb. A verb parses its
// flags, calls the library, and prints: results to standard output, everything
// else to standard error.
//
// docs/cli.md promises what scripts may rely on: exit codes (exit.go), the
// fields of --json output (the types whose names end in JSON), and the grammar
// of stores and files (store.go, input.go).
package cli
