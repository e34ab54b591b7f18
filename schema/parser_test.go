package schema

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// described is all that a document says.
type described struct {
	fault string
	refs  []Reference
	defs  []Definition
	name  string
}

func describeDocument(d *Document) described {
	var all described
	if err := d.Validate(); err != nil {
		all.fault = err.Error()
	}
	all.refs, _ = d.References()
	all.defs, _ = d.Definitions()
	all.name = d.Name()
	return all
}

// reportNamed is a report that another with other texts in its place must not
// change.
func reportNamed(name string, pages int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":"%s","name":%q,"pages":[`, wsID, name)
	for i := range pages {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%s-%d","n":[1,2.5,null,true,"é\n"],"bad/~":{}}`, name, i)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// TestParserAfterRelease parses documents in each other's memory, from several
// goroutines, and compares what they say, also after their release, with what
// each says alone.
func TestParserAfterRelease(t *testing.T) {
	var p Parser
	docs := make([][]byte, 40)
	want := make([]described, len(docs))
	for i := range docs {
		docs[i] = reportNamed(fmt.Sprintf("report %d", i), i*i%97)
		want[i] = describeDocument(Parse(KindReport, docs[i]))
	}
	if len(want[5].defs) == 0 || want[5].name != "report 5" {
		t.Fatalf("the documents say too little: %+v", want[5])
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			got := make([]described, len(docs))
			for i, doc := range docs {
				d := p.Parse(KindReport, doc)
				got[i] = describeDocument(d)
				d.Release()
			}
			for i := range got {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Errorf("document %d says\n%+v, alone\n%+v", i, got[i], want[i])
				}
			}
		})
	}
	running.Wait()
}

func TestReleasedDocument(t *testing.T) {
	for _, doc := range []string{`{"id":"x"}`, `{`} {
		d := Parse(KindReport, []byte(doc))
		d.Release()
		d.Release()
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), "released") {
			t.Errorf("Validate says %v", err)
		}
		if refs, err := d.References(); err == nil || refs != nil {
			t.Errorf("References are %v, %v", refs, err)
		}
		if list, err := d.AppendReferences(make([]Reference, 1)); err == nil || len(list) != 1 {
			t.Errorf("AppendReferences are %v, %v", list, err)
		}
		if defs, err := d.Definitions(); err == nil || defs != nil {
			t.Errorf("Definitions are %v, %v", defs, err)
		}
		if d.Name() != "" || d.Owner() != "" || d.RowRules() != nil {
			t.Error("a released document has a name, an owner or rules")
		}
	}
}

func TestAppendReferences(t *testing.T) {
	doc := []byte(`{"id":"` + wsID + `","owner":"usr_1","datasets":[{"id":"` + wsID + `","version":1}]}`)
	want, err := References(KindReport, doc)
	if err != nil || len(want) == 0 {
		t.Fatalf("%v, %v", want, err)
	}
	list, err := Parse(KindReport, doc).AppendReferences([]Reference{{ID: "before"}})
	if err != nil || list[0].ID != "before" || !reflect.DeepEqual(list[1:], want) {
		t.Errorf("%+v, %v; want %+v after one", list, err, want)
	}
}

// TestParserLetsGo parses a large document and expects nothing of it in memory
// but what a parser may keep.
func TestParserLetsGo(t *testing.T) {
	var p Parser
	doc := reportNamed("large", 50_000)
	inUse := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	p.Parse(KindReport, reportNamed("small", 1)).Release()
	before := inUse()
	d := p.Parse(KindReport, doc)
	held := inUse() - before
	d.Release()
	kept := inUse() - before
	if most := int64(8 << 20); held < 2*most || kept > most {
		t.Errorf("a document of %d bytes takes %d bytes, and leaves %d", len(doc), held, kept)
	}
	runtime.KeepAlive(&p)
}
