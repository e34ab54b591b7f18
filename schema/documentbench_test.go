package schema

import (
	"maps"
	"slices"
	"testing"
)

// kindsOfDocuments are documents of the sample tenant, the largest of each kind.
func kindsOfDocuments(b *testing.B) map[Kind][]byte {
	largest := map[Kind][]byte{}
	for name, doc := range sampleEntries(b) {
		if kind, ok := KindOf(name.Kind); ok && len(doc) > len(largest[kind]) {
			largest[kind] = doc
		}
	}
	return largest
}

// benchmarkDocuments calls use for a document of each kind, freshly parsed.
func benchmarkDocuments(b *testing.B, use func(*Document) error) {
	docs := kindsOfDocuments(b)
	for _, kind := range slices.Sorted(maps.Keys(docs)) {
		b.Run(string(kind), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(docs[kind])))
			for b.Loop() {
				if err := use(Parse(kind, docs[kind])); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDocumentParse(b *testing.B) {
	benchmarkDocuments(b, func(d *Document) error { return d.fault })
}

func BenchmarkDocumentValidate(b *testing.B) { benchmarkDocuments(b, (*Document).Validate) }

func BenchmarkDocumentReferences(b *testing.B) {
	benchmarkDocuments(b, func(d *Document) error {
		_, err := d.References()
		return err
	})
}
