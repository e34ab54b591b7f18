// Package secretscan finds what looks like a credential in documents, so that
// it does not travel in an archive that many may read for years.
//
// # What is looked at
//
// Every string of a JSON or YAML document: values, the names of members, and in
// YAML comments. Rules come in two sorts.
//
//   - Tokens have a form of their own (a prefix, an alphabet, a length), such
//     as the keys of cloud providers, private keys and webhook addresses. They
//     are found wherever they stand, inside longer texts too.
//   - Members whose name says that they hold a credential, such as password or
//     client_secret, are found by the name, if the value is not plainly
//     something else: see below. "password = …" inside a text counts as well,
//     and so does {"name": "DB_PASSWORD", "value": …}.
//
// [Rules] lists the rules. A string without any name or prefix is never
// reported, however random it looks: identifiers and digests look alike.
//
// # What is not reported
//
// References to secrets and placeholders (${VAR}, {{ … }}, vault:…, arn:…,
// ****, changeme, <your token>), hashes of passwords in the PHC format or of
// crypt, UUIDs, digests that say what they are (sha256:…), public keys and
// certificates, the examples of providers' manuals (…EXAMPLE), and names: words
// and identifiers such as customers.token_id. A member's name must end in the
// word that makes it a credential: secret_slot, password_hash and token_count
// do not. [Options] allow the rest.
//
// A default such as changeme is no secret, so it is not reported, although it
// is a fault of its own.
//
// # Findings
//
// A [Finding] says where and by which rule, never what: neither the value nor a
// part of it stands in a finding, so that reports and logs of a refused export
// are harmless. [Redact] replaces what was found.
//
// Time is linear in the document: texts are looked through once for all rules'
// keywords, and an expression runs only where one stands, anchored there.
//
// All functions are safe for concurrent use.
package secretscan
