package restore

import (
	"encoding/json"
	"testing"
)

// FuzzRecords reads metadata of any shape, as a hostile archive or target has it.
func FuzzRecords(f *testing.F) {
	f.Add([]byte(`{"workspace":{"id":"a","name":"A"},"users":[{"id":"u","name":"U"}],"grants":[{"id":"g"}],"datasets":[]}`))
	f.Add([]byte(`{"workspace":null,"users":null}`))
	f.Add([]byte(`{"workspace":[],"members":[null,1,"x",[],{}]}`))
	f.Add([]byte(`{"workspace":{"Name":7}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		recs, err := parseRecords(doc)
		if err != nil {
			return
		}
		for list, records := range recs.lists {
			for i, r := range records {
				if r.index != i || !json.Valid(r.raw) {
					t.Errorf("record %d of %s: %+v", i, list, r)
				}
			}
		}
	})
}
