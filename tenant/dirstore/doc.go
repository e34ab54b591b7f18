// Package dirstore keeps a tenant as a folder in the archive's own layout,
// with plain files at plain paths that a person can read, edit and put under
// version control.
package dirstore
