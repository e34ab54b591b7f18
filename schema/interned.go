package schema

import (
	"strings"
	"sync"
)

// Bounds of the texts that are shared.
const (
	sharedTexts = 4096
	sharedText  = 96 // bytes of one
)

// interned holds one copy of each text that documents have in common: ids of
// what they refer to, and places that are the same in many of them. It is for
// one goroutine at a time.
type interned map[string]string

var internedPool = sync.Pool{New: func() any { return interned{} }}

// shared calls use with the texts that other documents left.
func shared(use func(interned)) {
	t := internedPool.Get().(interned)
	defer internedPool.Put(t)
	use(t)
}

// keep returns s without the rest of the document in memory behind it.
func (t interned) keep(s string) string {
	if one, ok := t[s]; ok {
		return one
	}
	return t.add(strings.Clone(s))
}

// text returns b as a text.
func (t interned) text(b []byte) string {
	if one, ok := t[string(b)]; ok {
		return one
	}
	return t.add(string(b))
}

func (t interned) add(s string) string {
	if len(s) > sharedText {
		return s
	}
	if len(t) >= sharedTexts {
		clear(t)
	}
	t[s] = s
	return s
}
