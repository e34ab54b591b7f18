// Package frame is the outer layer of an archive (docs/spec/container.md, C-9
// to C-18): independent zstd frames in one canonical form, the rule that says
// where the tar is cut into frames, the fixity frame and the seek table.
package frame
