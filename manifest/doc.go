// Package manifest is what an archive says about itself: who it is from, when
// and how it was made, what it holds and what it leaves out. The rules are
// those of docs/spec/manifest.md (M-n) and docs/spec/versioning.md (V-n).
//
// A manifest is a JSON document, the last entry of an archive but for its own
// signature. It lists every other entry with its size, digest and place, so a
// signature over the manifest closes the whole set. [Parse] reads it strictly:
// a document that two readers could understand differently is refused.
// [Manifest.Marshal] always writes the same bytes for the same values.
//
// Members that this version does not know survive a round trip byte for byte,
// unless the manifest lists them in "critical": then the reader refuses.
package manifest
