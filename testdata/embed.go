// Package testdata embeds the archives that the tests of all packages use.
//
// archives/ holds golden archives: each was written once by the release named
// in its README, and every later release must read it the same way. vectors/
// holds archives that are right, or wrong in exactly one way, each beside a
// text that says what a reader must make of it; internal/vectorgen makes them.
// Their signing keys are derived from constants: trust none of them.
package testdata

import "embed"

// FS holds archives/ and vectors/.
//
//go:embed archives vectors
var FS embed.FS
