// Package s3test gives tests a real server that speaks S3: versitygw, which
// keeps objects as files, with versions and object lock.
//
// The server is started once for a test binary, on a port of the loopback
// interface, when the first test asks for a [Bucket]. It is stopped and its
// folder removed when the test binary ends, however it ends: a shell that
// starts the server waits for the end of a pipe from the test.
//
// Its program is looked for in the folder .tools of this module, where
// `make tools` puts it, and in the search path.
package s3test
