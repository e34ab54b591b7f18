// Package diff compares two states of a tenant, asset by asset: two archives,
// an archive and a store, or two stores. Whatever is a [tenant.Source] can be
// compared.
package diff
