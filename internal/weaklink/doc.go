// Package weaklink is a link that fails, for tests: an HTTP proxy on the
// loopback interface that counts what passes, and answers, drops, delays,
// truncates and cuts as told.
package weaklink
