// Package page writes a plan, and what became of it, as one HTML page for
// reviewers: what would happen or did happen to which asset and why, what is
// blocked, what depends on what, what the target lacks, and how to go on.
//
// The page is one file that needs nothing else. It loads nothing, and its own
// content security policy (W3C CSP Level 3) forbids it to: only its one style
// sheet and its one script may run, each named by its SHA-256. Without the
// script everything can be read; the script filters, sorts, and lights up paths
// of the graph.
//
// All names come from an archive or a store and may be hostile. They are
// escaped for HTML; what could hide or reorder text is spelled out and marked;
// long ones are cut, with a note of how much is missing.
//
// The same plan, result and options give the same bytes. The size of the page is
// bounded whatever the plan's size: see [Options]. Memory grows with the number of
// steps, like the plan itself, not with the page.
package page
