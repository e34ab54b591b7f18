// Package strictjson reads JSON in the one way that leaves no room for
// opinions: what two JSON parsers could understand differently is refused.
//
// [Check] demands, beyond RFC 8259: UTF-8 without a byte order mark; no two
// members of an object with names that are equal or differ only in case
// (Unicode simple folding, so "size", "Size" and "ſize" clash); no lone
// surrogates; one value and nothing after it; bounded depth; and numbers that
// survive int64 or float64 without losing anything.
//
// [Members], [Elements] and the functions beside them walk a document that
// Check has accepted, without building a tree.
package strictjson
