// Package seal encrypts finished archives to recipients and opens them again,
// in the age format (age-encryption.org/v1), through filippo.io/age. The stock
// age tool opens what this package writes, and the other way round.
//
// Encryption is a wrapper around a whole archive, outside of its format:
//
//	header   who can open it: one stanza for each recipient; a MAC
//	nonce    16 bytes
//	chunks   64 KiB of the archive each, encrypted and authenticated;
//	         the last one is marked as such
//
// It hides content, not the length of the archive and, with some kinds of
// recipients, not who they are (see docs/keys.md). It says nothing about who
// wrote the archive, since everybody who knows a recipient can encrypt to it:
// that is what the signatures inside are for. Sign, then encrypt.
//
// [NewWriter] encrypts a stream. [Open] gives random access to an encrypted
// file, in few reads, and [NewReader] reads one from a pipe. Both authenticate
// each chunk before they hand out a byte of it. Open has authenticated the last
// chunk, and so the length, when it returns; a pipe that was cut off ends in an
// error instead of io.EOF.
//
// Recipients and identities are those of package age, so that a program can
// bring its own. [ParseRecipient], [ParseRecipients] and [ParseIdentities] read
// the same keys and files as the age tool. [Passphrase] asks for a passphrase
// once a file turns out to need one. A [KeyService] stands for keys that never
// leave a key management service.
//
// The memory that is needed does not depend on the size of a file: about 5 MiB
// for each open file and reader, and 128 MiB or 256 MiB for a moment to turn a
// passphrase into a key.
package seal
