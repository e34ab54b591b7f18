package schema

import (
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

func BenchmarkValidateSampleTenant(b *testing.B) {
	entries := sampleEntries(b)
	names := inCanonicalOrder(entries)
	var bytes int64
	for _, name := range names {
		if _, ok := KindOf(name.Kind); ok {
			bytes += int64(len(entries[name]))
		}
	}
	b.SetBytes(bytes)
	for b.Loop() {
		for _, name := range names {
			if kind, ok := KindOf(name.Kind); ok {
				if err := Validate(kind, entries[name]); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

func BenchmarkCheckWorkspace(b *testing.B) {
	entries := sampleEntries(b)
	for name := range entries {
		if name.Kind != layout.Metadata {
			continue
		}
		b.Run(name.Workspace, func(b *testing.B) {
			for b.Loop() {
				if problems := CheckWorkspace(ofWorkspace(entries, name.Workspace)); problems != nil {
					b.Fatal(problems)
				}
			}
		})
	}
}
