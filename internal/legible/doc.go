// Package legible makes text of unknown origin safe for eyes: names from
// archives and stores may hold control characters, terminal sequences,
// bidirectional overrides and letters without a glyph, all of which can make a
// line show something else than it says.
package legible
