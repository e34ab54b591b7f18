package strictjson

import (
	"fmt"
	"testing"
)

// benchDocument is like a report of 8 KiB.
func benchDocument() []byte {
	text := []byte(`{"id":"2a5e562b-ab37-4b9b-9de3-1be4335c8e83","name":"Umsätze \"Nord\"","visuals":[`)
	for i := 0; len(text) < 8<<10; i++ {
		text = fmt.Appendf(text, `{"id":"v%d","type":"bar","position":{"x":%d,"y":0.5},"query":{"measures":["revenue","orders"],"filter":null}},`, i, i*4)
	}
	return append(text, "{}]}"...)
}

func BenchmarkCheck(b *testing.B) {
	text := benchDocument()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(text, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWalk visits every member and element, and reads the texts.
func BenchmarkWalk(b *testing.B) {
	text := benchDocument()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if n := walkAll(text); n < 500 {
			b.Fatal(n)
		}
	}
}

func walkAll(value []byte) int {
	n := 1
	switch {
	case IsObject(value):
		for name, member := range Members(value) {
			Text(name)
			n += walkAll(member)
		}
	case IsArray(value):
		for element := range Elements(value) {
			n += walkAll(element)
		}
	default:
		Text(value)
	}
	return n
}
