// Package oaarchive is the root of the oa-archive module: portable archives
// of the tenants of an analytics service. It holds no code; start with one of
//
//   - [github.com/oneanalytics/oa-archive/export]: a tenant into an archive
//   - [github.com/oneanalytics/oa-archive/archive]: verify and read archives
//   - [github.com/oneanalytics/oa-archive/restore]: an archive back into a tenant
//   - [github.com/oneanalytics/oa-archive/tenant]: the interfaces that a service implements
//
// The format is specified in docs/spec.
package oaarchive
