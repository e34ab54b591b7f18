// Package restore brings assets of an archive into a tenant.
//
// It works in two steps. [MakePlan] compares the archive with the target and
// decides for each asset what is to become of it; it changes nothing.
// [Apply] does what the plan says, all of it or nothing. A [Plan] is a
// document: it can be stored, read by people and programs, and applied later,
// provided that neither the archive nor the target has changed since.
//
// # Conflicts
//
// An asset whose id the target has already is overwritten, forked (imported
// beside the original under a new id), or skipped; by default the plan asks,
// that is, it is blocked until [Options] answers. See [Decision].
//
// # Insurance and undo
//
// With ApplyOptions.Insurance, what an import replaces and deletes is written
// to a signed archive before anything is changed. [MakeUndoPlan] reads that
// archive and plans the way back, and [Undo] takes it. The target's journal
// names the archive by its digest, so that no other can stand in for it.
//
// [Options].Exact restores whole workspaces to the archive's state, with what
// has to be deleted for that as steps of the plan.
//
// # Proof
//
// The target is compared with what the plan promised twice: all of it under
// the lock, before the commit, and again afterwards. [Result] is a document that
// says so, and that can be signed ([SignResult]).
//
// # What a plan guarantees
//
// No document that it writes refers to something that is not there afterwards.
// A public link, an embed or a copied alert never arrives live: Plan.Asleep
// lists what is switched off. Nobody may see or do more than the target allows
// today unless Options.AllowAccess names that very change: see Plan.Access.
// Nobody sees more because a rule of row security lost its subject: such a model
// is blocked. Everything that is changed on the way is listed with its step.
//
// # Who may import
//
// Each step says in Step.Needs what one must be allowed to do for it. A service
// that runs imports for others supplies an [Authorizer]; without one everything
// is allowed, since whoever can open the store owns it.
//
// The same archive, target and options give the same plan, byte for byte; the
// same import twice is a no-op.
//
// Memory grows with the number of assets, not with their size: documents are
// read when they are needed, one at a time, and rows and files are streamed.
package restore
