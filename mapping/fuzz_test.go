package mapping_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/schema"
)

// FuzzParse holds that whatever is read is sound, can be written and read
// again, and agrees with the schema.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		sample, "", "format: \"1.0\"", "format: \"1.0\"\nusers: {entries: {a: {to: b}}}", "format: \"1.0\"\nusers:\n  entries:\n    ? a\n    : to: |\n        x\n",
		"format: \"1.0\"\nusers: ~\nworkspaces: {match: [name], otherwise: create}", "format: '1.0'\nusers: {match: ~, entries: {\"\\0\": ~}}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, err := mapping.Parse(doc)
		if err != nil {
			if e := (*mapping.Error)(nil); !errors.As(err, &e) || m != nil {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		if err := m.Check(); err != nil {
			t.Fatalf("read, but not sound: %v", err)
		}
		if err := schema.Validate(schema.KindMapping, doc); err != nil && len(doc) < 1<<20 {
			t.Fatalf("read, but not by the schema: %v", err)
		}
		again, err := mapping.Parse(mapping.Marshal(m, nil))
		if err != nil || !reflect.DeepEqual(compact(m), compact(again)) {
			t.Fatalf("%+v became %+v, %v", m, again, err)
		}
	})
}

// compact drops what a file need not repeat: sections without content.
func compact(m *mapping.Map) mapping.Map {
	c := *m
	for _, k := range mapping.Kinds() {
		if s := c.Section(k); len(s.Entries) == 0 {
			s.Entries = nil
		}
	}
	return c
}
