// Package sign makes and checks the detached signatures of an archive and
// decides whom to trust.
//
// A signature is an armored SSHSIG (OpenSSH's PROTOCOL.sshsig) made with an
// Ed25519 key over a SHA-256 digest that the caller has computed already:
//
//	-----BEGIN SSH SIGNATURE-----
//	base64, 70 characters a line, of
//	    byte[6] "SSHSIG"
//	    uint32  1
//	    string  public key: string "ssh-ed25519", string 32 bytes
//	    string  namespace
//	    string  "" (reserved)
//	    string  "sha256"
//	    string  signature: string "ssh-ed25519", string 64 bytes
//	-----END SSH SIGNATURE-----
//
// What the key signs is
//
//	byte[6] "SSHSIG"
//	string  namespace
//	string  "" (reserved)
//	string  "sha256"
//	string  SHA-256 of the content
//
// so stock OpenSSH checks the same file over the same content:
//
//	ssh-keygen -Y verify -n NAMESPACE -f allowed_signers -I PRINCIPAL -s FILE.sig < FILE
//
// and makes the very same bytes, since Ed25519 is deterministic:
//
//	ssh-keygen -Y sign -n NAMESPACE -O hashalg=sha256 -f KEY FILE
//
// # Strictness
//
// [ParseSignature] encodes what it has parsed again and demands equal bytes, so
// each signature has one spelling. It refuses other hash algorithms, other
// kinds of keys, certificates, and public keys of low order, under which
// signatures exist that nobody made. ssh-keygen accepts some of these; it never
// refuses what this package writes.
//
// # Trust
//
// That a signature verifies says that the holder of a key made it, not who that
// is. A [Policy] joins the key to a principal with a file in OpenSSH's
// allowed_signers format and an optional list of revoked keys, and answers with
// one of three levels: unknown (nobody said whom to trust), untrusted, trusted.
//
// The file is read as ssh-keygen(1) describes it under ALLOWED SIGNERS, with
// these differences, all of them on purpose:
//
//   - Times without a final Z are UTC, not local time: the same file means the
//     same everywhere.
//   - A file with one malformed line is refused as a whole. ssh-keygen notices
//     only the lines it gets to.
//   - Dates that no calendar has (20260231), empty options (two commas in a row),
//     and quotes inside the principals field are refused.
//   - cert-authority is refused: certificates never sign archives.
//   - Keys of other types are skipped and remembered ([AllowedSigners.Skipped]).
//
// # Dependencies
//
// The package needs the standard library, golang.org/x/crypto/ssh for private
// key files only, and github.com/oasisprotocol/curve25519-voi to verify, by the
// rules of [crypto/ed25519]. It builds for js/wasm. Keys held by an ssh-agent
// are in package sshagent beneath this one, and any Ed25519 [crypto.Signer],
// such as that of a key management service, fits [NewSigner].
package sign
