// Package export writes a tenant as an archive.
//
// [Export] takes the entries of a [tenant.Source] in their canonical order and
// streams them into an [archive.Writer]. Documents are validated as they pass;
// rows and uploaded files are streamed, and held against the digest that the
// source claims for them. What the archive does not hold is written down in
// the coverage section of its manifest.
//
// Memory holds the documents of one workspace's reference check at a time, and
// never rows or files.
package export
