// Package bucket reads and writes archives as objects of Amazon S3 and what
// speaks its protocol (s3://), of Google Cloud Storage (gs://) and of Azure
// Blob Storage (azblob://).
//
// [Open] gives random access to an object as an [io.ReaderAt], for
// archive.Open; the version that it has found is pinned, so that no read ever
// mixes two. [Create] streams an object of any size to the store without a
// local copy; the object appears whole when [Writer.Commit] returns, or not at
// all, and replaces nothing unless asked to.
//
// # Locations
//
// A location is SCHEME://BUCKET/KEY?SETTING=VALUE. The key is taken as it
// stands after percent-decoding. Settings, all optional, say how to reach the
// store; docs/stores.md lists them. Credentials never stand in a location: they
// come from where each provider's tools take them, such as the environment,
// and are never printed. [Parse] refuses a location that holds some.
//
// # Links that fail
//
// Requests that fail for reasons of the link or of the server's load are
// repeated after growing pauses, a read from the byte where it broke off. A
// request that moves no byte for [Options.Stall] counts as failed. When
// [Options.Attempts] in a row came no further, the operation fails. A context
// ends everything at once.
//
// # Weight
//
// The tags nos3, nogcs and noazure leave the provider out of a build. Nothing
// else of this module imports this package, except the command, which is built
// without it with the tag nocloud.
package bucket
