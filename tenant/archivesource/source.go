// Package archivesource shows an archive as a [tenant.Source], so that
// whatever reads a tenant reads an archive too.
package archivesource
