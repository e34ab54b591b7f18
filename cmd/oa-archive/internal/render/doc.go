// Package render draws the command's text output: lines of styled spans,
// tables that fit a terminal, and the pages for archives, plans and
// differences. Every piece of text passes through [Escape] on its way out, so
// that no name inside an archive or a store can reach the terminal raw.
package render
