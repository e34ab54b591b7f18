package strictyaml

import (
	"fmt"
	"testing"
)

// benchModels are a model of 8 KiB, as people write it in block style and as
// generators write it in flow style.
func benchModels() map[string][]byte {
	block := []byte("dataset: sales\nversion: 3\n# Facts and what they are cut by.\ndimensions:\n")
	flow := append([]byte{}, block...)
	for i := 0; len(block) < 8<<10; i++ {
		block = fmt.Appendf(block, "  - id: dim_%d\n    column: sales.c%d\n    type: string\n    label: \"Größe %d\"\n    hidden: false\n", i, i, i)
		flow = fmt.Appendf(flow, "  - { id: dim_%d, column: sales.c%d, type: string, label: \"Größe %d\", hidden: false }\n", i, i, i)
	}
	return map[string][]byte{"block": block, "flow": flow}
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range benchModels() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(text, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
