package tenanttest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

// openMemorySource fills a memory store with a fault and opens its snapshots.
func openMemorySource(t testing.TB, fault string) OpenSourceFunc {
	subject := openMemory(fault)(t, Tenant)
	tx, err := subject.Target().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range sample() {
		if err := tx.Put(t.Context(), e.name(), -1, bytes.NewReader(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context(), record()); err != nil {
		t.Fatal(err)
	}
	return func(tb testing.TB) tenant.Source {
		src, err := subject.Snapshot(t.Context())
		if err != nil {
			tb.Fatal(err)
		}
		return src
	}
}

func TestMemoryKeepsEveryPromiseOfSources(t *testing.T) {
	RunSource(t, openMemorySource(t, ""))
}

func TestSourceSuiteNoticesFaults(t *testing.T) {
	for fault, broken := range map[string]string{
		"order by path":              "entries come in canonical order, each once",
		"entry yielded twice":        "entries come in canonical order, each once",
		"digest wrong":               "stated sizes and digests are true, and reading again gives the same",
		"size wrong":                 "stated sizes and digests are true, and reading again gives the same",
		"selection ignored":          "selections yield exactly what they select",
		"unknown workspace is empty": "an unknown workspace is ErrNoEntry",
		"listing ignores context":    "a cancelled context ends reading",
		"closing forgotten":          "a closed source yields nothing more",
	} {
		t.Run(fault, func(t *testing.T) {
			i := slices.IndexFunc(sourcePromises, func(p sourcePromise) bool { return p.name == broken })
			if i < 0 {
				t.Fatalf("no promise is named %q", broken)
			}
			open := openMemorySource(t, fault)
			failures := collect(t, func(tb testing.TB) { sourcePromises[i].run(tb, open) })
			if len(failures) == 0 {
				t.Errorf("the promise %q holds", broken)
			}
		})
	}
}
