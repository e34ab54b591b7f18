// Package tenanttest is the suite that shows an implementation of
// [tenant.Source] and [tenant.Target] to be right: the order of entries, the
// truth of sizes and digests, the isolation of snapshots, and transactions
// that happen whole or not at all.
//
// An implementation runs it from a test of its own:
//
//	func TestTenant(t *testing.T) {
//		tenanttest.Run(t, func(t testing.TB, info tenant.Info) tenanttest.Subject {
//			return openBlank(t, info)
//		})
//	}
//
// One that can only be read, such as a service that exports its tenants, runs
// [RunSource].
//
// Every subtest is named after the promise that it checks. What only an
// implementation can test (a crash in the middle of a commit, a damaged
// store) is left to it.
package tenanttest
