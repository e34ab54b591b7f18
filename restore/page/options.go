package page

import (
	"fmt"
	"time"
)

// Options say what the plan itself does not know, and how much to list. The
// zero value works.
type Options struct {
	// Generator is the program that writes the page, with its version:
	// "oa-archive v1.4.0". Reviewers who keep pages need it.
	Generator string

	// Made is when the page is written. Zero leaves it out, so that the same
	// plan gives the same bytes.
	Made time.Time

	Archive    string  // the archive's file, as it was given
	Tenant     Tenant  // the archive's; the id is the plan's
	Signer     *Signer // nil when nobody looked
	Store      string  // the target, as it was given, without passwords
	TargetName string  // the target tenant's name

	// Next are commands to go on with, ready to paste.
	Next []Command

	// Err is why an import failed. The page then tells of the plan and of the
	// error; there is no result.
	Err  error
	Hint string // what to do about Err

	// MaxRows is how many assets have a row of their own, those first that an
	// import changes most. The rest is counted. Zero means 3000.
	MaxRows int

	// MaxNodes is how many nodes the drawings have together. Of larger plans
	// they show groups: first of what stays as it is, then of everything.
	// Zero means 300.
	MaxNodes int
}

// Tenant names the tenant of an archive for people. All may be empty.
type Tenant struct{ Name, Region, Jurisdiction string }

// Trust says what is known of the signer of an archive.
type Trust string

// The values of [Trust].
const (
	Trusted   Trust = "trusted"
	Untrusted Trust = "untrusted" // signed, but not by somebody who is trusted
	Unknown   Trust = "unknown"   // nobody said whom to trust
	Unsigned  Trust = "unsigned"
)

// Signer says who vouches for the archive.
type Signer struct {
	Trust       Trust
	Principal   string // as in the allowed_signers file
	Fingerprint string // of the key, "SHA256:…"
	Reason      string // why it is not trusted
}

// Command is a line for a shell, with what it does.
type Command struct {
	Does string // "Carry out this plan"
	Line string
}

// Defaults of [Options].
const (
	defaultRows  = 3000
	defaultNodes = 300
)

// checked returns the options with their defaults.
func (o Options) checked() (Options, error) {
	if o.MaxRows < 0 || o.MaxNodes < 0 {
		return o, fmt.Errorf("page: limits below zero: %d rows, %d nodes", o.MaxRows, o.MaxNodes)
	}
	if o.MaxRows == 0 {
		o.MaxRows = defaultRows
	}
	if o.MaxNodes == 0 {
		o.MaxNodes = defaultNodes
	}
	return o, nil
}
