package rowcheck

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/oneanalytics/oa-archive/manifest"
)

func TestRead(t *testing.T) {
	file := two(t)
	want := &manifest.RowStatistics{Count: 2, Schema: "id int64 not null, region string", Nulls: []int64{0, 1}}
	for name, r := range map[string]io.Reader{"random access": bytes.NewReader(file), "stream": struct{ io.Reader }{bytes.NewReader(file)}} {
		got, err := Read(r, int64(len(file)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := Read(strings.NewReader("no rows"), -1); got != nil || err != nil {
		t.Errorf("garbage: %+v, %v", got, err)
	}
	broken := errors.New("disk broke")
	if _, err := Read(iotest.ErrReader(broken), 100); !errors.Is(err, broken) {
		t.Errorf("a broken reader: %v", err)
	}
	if c := Columns(want); len(c) != 2 || c[1].Name != "region" {
		t.Errorf("columns %v", c)
	}
	if c := Columns(&manifest.RowStatistics{Count: 1}); c != nil {
		t.Errorf("columns %v of none", c)
	}
}
