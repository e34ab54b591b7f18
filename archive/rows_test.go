package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/manifest"
)

func TestSetRows(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, options(t))
	if err != nil {
		t.Fatal(err)
	}
	stats := &manifest.RowStatistics{Count: 2, Schema: "id int64 not null, region string", Nulls: []int64{0, -1}}
	if err := w.SetRows(stats); err == nil || !strings.Contains(err.Error(), "no entry is open") {
		t.Errorf("before an entry: %v", err)
	}
	path := wsA + "/datasets/" + id1 + "/rows.parquet"
	out, err := w.Create(Header{Path: path, Size: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetRows(&manifest.RowStatistics{Count: -1}); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("a negative count: %v", err)
	}
	if _, err := io.WriteString(out, "PAR1"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.SetRows(stats), w.Close()); err != nil {
		t.Fatal(err)
	}
	a := openBytes(t, b.Bytes(), Options{})
	if e, _ := a.Entry(path); !reflect.DeepEqual(e.Rows, stats) {
		t.Errorf("the manifest says %+v", e.Rows)
	}
	if r := both(t, b.Bytes(), Options{}); !r.OK() {
		t.Error(r.Findings)
	}
}

// TestContentIsPassedOn holds that both ways of verifying hand out exactly the
// content, and nothing of what nobody wants.
func TestContentIsPassedOn(t *testing.T) {
	files := largeFiles()
	b := build(t, options(t), files, true)
	for name, verify := range map[string]func(Options) (*Report, error){
		"random": func(o Options) (*Report, error) {
			return Verify(context.Background(), bytes.NewReader(b), int64(len(b)), o)
		},
		"stream": func(o Options) (*Report, error) { return VerifyStream(context.Background(), bytes.NewReader(b), o) },
	} {
		got := map[string]*bytes.Buffer{}
		r, err := verify(Options{Content: func(path string, size int64) io.Writer {
			if path == files[0].path {
				return nil
			}
			got[path] = &bytes.Buffer{}
			return got[path]
		}})
		if err != nil || !r.OK() {
			t.Fatalf("%s: %v, %v", name, err, r.Findings)
		}
		if len(got) != len(files)-1 {
			t.Errorf("%s: %d entries", name, len(got))
		}
		for _, f := range files[1:] {
			if !bytes.Equal(got[f.path].Bytes(), f.content) {
				t.Errorf("%s: %s: other content", name, f.path)
			}
		}
		broken := errors.New("nobody reads")
		_, err = verify(Options{Content: func(string, int64) io.Writer { return failing{broken} }})
		if !errors.Is(err, broken) {
			t.Errorf("%s: a failing writer: %v", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, fmt.Errorf("write: %w", f.err) }
