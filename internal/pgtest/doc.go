// Package pgtest gives tests a real PostgreSQL server.
//
// The server is started once for a test binary, when the first test asks for
// a [Database]. It runs from Debian's binaries, as an unprivileged user, in a
// temporary folder, and listens on a socket in there and nowhere else. It is
// stopped and its folder removed when the test binary ends, however it ends:
// a shell that starts the server waits for the end of a pipe from the test.
//
// The environment variable PGTEST_BIN names the folder of the binaries of one
// PostgreSQL version; otherwise the newest that is installed is taken.
package pgtest
