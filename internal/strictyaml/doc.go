// Package strictyaml reads one YAML document in the way that leaves no room
// for two opinions about what it says.
//
// The language is YAML 1.2.2 with its core schema, less what lets one text
// mean different things to different readers, or a short text become a large
// one:
//
//   - one document, in UTF-8 without a byte order mark; line breaks are LF or
//     CR LF, and the characters that YAML 1.1 also breaks lines at (NEL, LS,
//     PS) are refused unless escaped;
//   - no directives, tags, anchors, aliases or merge keys;
//   - keys are strings, and no mapping has the same key twice after quotes and
//     escapes are resolved;
//   - no tab before a member of a block collection;
//   - numbers that neither int64 nor float64 can hold exactly as written are
//     refused, as are the infinities and "not a number", which JSON lacks;
//   - size, nesting, and the number of nodes and keys are bounded by [Limits].
//
// Plain scalars mean what the core schema (section 10.3.2) says, whatever
// other readers do with them: yes, no, on, off and 1_000 are strings, 010 is
// ten, 0o10 is eight, 2026-11-21 is a string.
package strictyaml
