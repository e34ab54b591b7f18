// Package audit checks audit trails: audit/events.ndjson, one event a line,
// each chained to the one before it by SHA-256 (docs/documents.md, "Audit
// event"). A [Chain] takes a trail as a stream, whether it is on its way into
// an archive or out of one, and holds one line of it at a time.
//
// The chain shows that a trail was changed after it was written, and where. It
// does not show that events are missing from its end, nor that whoever signed
// the archive did not make up a chain of their own: the signature vouches for
// that.
package audit
