package cli

import (
	"context"
	"errors"
	"io/fs"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/residency"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
)

// classes recognise the libraries' errors, the more special ones first.
var classes = []func(error) (failure, bool){
	sealFailure,
	restoreFailure,
	signatureFailure,
	damageFailure,
	storeFailure,
}

// Hints that several failures share.
const (
	hintDamaged  = "fetch the archive again, or list everything that is wrong with `oa-archive verify FILE`"
	hintNewPlan  = "make a new plan with `oa-archive plan` and look at it again"
	hintTrust    = "name the signers you trust with --trust FILE or OA_ARCHIVE_TRUST (`oa-archive keygen` prints such lines)"
	hintUnsigned = "nothing vouches for its content; pass --allow-unsigned to accept that"
)

func restoreFailure(err error) (failure, bool) {
	var (
		blocked  *restore.BlockedError
		stale    *restore.StaleError
		other    *restore.OtherTenantError
		part     *restore.RecoveredError
		selector *restore.SelectorError
		options  *restore.OptionsError
		mapping  *restore.MappingError
		commit   *restore.CommitError
		later    *restore.UndoBlockedError
		insured  *restore.InsuranceError
	)
	switch {
	case errors.As(err, &blocked):
		return failure{exit: exitBlocked, code: "blocked", hint: "answer with --on-conflict, --policy, --asset or --map-…, or leave them out with --select"}, true
	case errors.As(err, &insured) && !errors.Is(err, context.Canceled):
		return failure{exit: exitFailed, code: "insurance", hint: "write it elsewhere with --insurance FOLDER, or do without it, and without undo, with --no-insurance"}, true
	case errors.As(err, &later):
		return failure{exit: exitBlocked, code: "blocked", hint: "--discard-later-edits undoes it all the same; what is lost stays in the undo's own insurance"}, true
	case errors.Is(err, restore.ErrNoImport):
		return failure{exit: exitFailed, code: "no-such-import", hint: "`oa-archive imports --into STORE` lists them"}, true
	case errors.Is(err, restore.ErrNotInsured):
		return failure{exit: exitFailed, code: "not-insured", hint: "nothing tells what it replaced; restore from an archive that was made before it"}, true
	case errors.Is(err, restore.ErrOtherInsurance), errors.Is(err, restore.ErrNoInsurance):
		return failure{exit: exitFailed, code: "other-insurance", hint: "`oa-archive imports --into STORE` says where the right one was written"}, true
	case errors.As(err, &other):
		return failure{exit: exitBlocked, code: "other-tenant", hint: "pass --other-tenant if the move is meant"}, true
	case errors.As(err, &part):
		return failure{exit: exitBlocked, code: "recovered", hint: "`oa-archive inspect FILE` lists what is missing; pass --allow-recovered to import what there is"}, true
	case errors.As(err, &stale):
		return failure{exit: exitStale, code: "stale", hint: hintNewPlan}, true
	case errors.Is(err, restore.ErrArchiveChanged):
		return failure{exit: exitStale, code: "other-archive", hint: "give the archive that the plan was made for, or make a new plan"}, true
	case errors.Is(err, restore.ErrPlanAltered):
		return failure{exit: exitStale, code: "plan-altered", hint: hintNewPlan}, true
	case errors.As(err, &selector):
		return failure{exit: exitUsage, code: "selector", hint: "`oa-archive inspect FILE` shows names and ids"}, true
	case errors.As(err, &options), errors.As(err, &mapping):
		return failure{exit: exitUsage, code: "usage", hint: "see `oa-archive plan --help`"}, true
	case errors.As(err, &commit):
		return failure{exit: exitFailed, code: "commit-unknown", hint: "run the same import again: it finds out whether this one took effect"}, true
	}
	return failure{}, false
}

func signatureFailure(err error) (failure, bool) {
	var signature *archive.SignatureError
	isSignature := errors.As(err, &signature)
	switch {
	case errors.Is(err, archive.ErrUnsigned):
		return failure{exit: exitSignature, code: "unsigned", hint: hintUnsigned}, true
	case errors.Is(err, archive.ErrTooOld):
		return failure{exit: exitSignature, code: "too-old", hint: "give a newer archive, or an earlier --not-older-than"}, true
	case errors.Is(err, archive.ErrUntrusted):
		return failure{exit: exitSignature, code: "untrusted", hint: untrustedHint(err)}, true
	case errors.Is(err, archive.ErrNoTrust):
		return failure{exit: exitSignature, code: "unknown-signer", hint: hintTrust}, true
	case isSignature:
		return failure{exit: exitSignature, code: "signature", hint: hintDamaged}, true
	}
	return failure{}, false
}

// untrustedHint says what helps against the reason of a verdict.
func untrustedHint(reason error) string {
	switch {
	case errors.Is(reason, sign.ErrRevoked):
		return "the key was withdrawn: take an archive that another key signed"
	case errors.Is(reason, sign.ErrExpired), errors.Is(reason, sign.ErrNotYetValid):
		return "if the key is good, correct its valid-after and valid-before in the file of allowed signers"
	case errors.Is(reason, sign.ErrNamespaceNotAllowed):
		return `the file of allowed signers must allow the key for namespaces="oa-archive.v1:*"`
	}
	return "if you know whose key it is, add its line to the file of allowed signers"
}

func damageFailure(err error) (failure, bool) {
	var format *archive.FormatError
	switch {
	case errors.Is(err, archive.ErrNotArchive):
		return failure{exit: exitDamaged, code: "not-archive", hint: "check that the file is the one you mean and arrived whole"}, true
	case errors.Is(err, manifest.ErrNewerFormat), errors.Is(err, manifest.ErrUnknownCritical), errors.Is(err, manifest.ErrIncremental):
		return failure{exit: exitDamaged, code: "newer-format", hint: "read it with a newer oa-archive"}, true
	case errors.Is(err, archive.ErrNothingSalvaged):
		return failure{exit: exitDamaged, code: "nothing-saved", hint: "take another copy of the archive"}, true
	case errors.Is(err, archive.ErrAmbiguous):
		return failure{exit: exitUsage, code: "several-archives", hint: "say which with --damaged-id ID, or whose key is trusted with --trust FILE"}, true
	case errors.Is(err, archive.ErrNoTenantID):
		return failure{exit: exitUsage, code: "no-tenant-id", hint: "pass --tenant ID"}, true
	case errors.Is(err, archive.ErrIntact):
		return failure{exit: exitFailed, code: "intact", hint: "use it as it is"}, true
	case errors.As(err, &format):
		return failure{exit: exitDamaged, code: "damaged", hint: hintDamaged}, true
	case errors.Is(err, archive.ErrNoEntry):
		return failure{exit: exitFailed, code: "no-such-entry", hint: "`oa-archive ls FILE` lists the entries"}, true
	}
	return failure{}, false
}

func storeFailure(err error) (failure, bool) {
	var invalid *export.InvalidError
	var secret *export.SecretError
	var refused *residency.RefusedError
	switch {
	case errors.As(err, &refused):
		return failure{exit: exitResidency, code: "residency", hint: "send it where the policy lets it go, or ask who keeps the policy"}, true
	case errors.As(err, &secret):
		return failure{exit: exitFailed, code: "secrets", hint: "take them out, replace them in the archive with --redact-secrets, or name exceptions with --allow-secret"}, true
	case errors.As(err, &invalid):
		return failure{exit: exitFailed, code: "invalid-documents", hint: "correct them, or archive them as they are with --allow-invalid"}, true
	case errors.Is(err, tenant.ErrLocked):
		return failure{exit: exitFailed, code: "locked", hint: "wait until the other import has ended, then try again"}, true
	case errors.Is(err, tenant.ErrChanged):
		return failure{exit: exitFailed, code: "source-changed", hint: "try again when nobody writes to the store"}, true
	case errors.Is(err, tenant.ErrNoTenant):
		return failure{exit: exitFailed, code: "no-such-tenant", hint: "--tenant ID names one of the store's tenants; --create-tenant makes a blank one for an import"}, true
	case errors.Is(err, fs.ErrExist):
		return failure{exit: exitFailed, code: "exists", hint: "choose another name, or replace it with --force"}, true
	case errors.Is(err, fs.ErrNotExist):
		return failure{exit: exitFailed, code: "not-found", hint: "check the path"}, true
	}
	return failure{}, false
}
