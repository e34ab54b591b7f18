// Package archive reads and writes .oa-archive files: a tar in independent
// zstd frames with a seek table, a manifest and signatures, as specified in
// docs/spec.
//
// [Writer] writes a stream. [Open] gives random access to a file or an object
// in a store; [NewReader] reads a pipe; [Verify] and [VerifyStream] check
// everything and report every finding. All of them accept and refuse exactly
// the same archives.
//
// The package knows nothing of tenants, of the documents in entries, or of
// where files lie: those meet it as [io.Reader], [io.Writer] and [io.ReaderAt].
package archive
