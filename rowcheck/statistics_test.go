package rowcheck

import (
	"bytes"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/manifest"
)

func TestStatistics(t *testing.T) {
	file := two(t)
	want := &manifest.RowStatistics{Count: 2, Schema: "id int64 not null, region string", Nulls: []int64{0, 1}}
	got, err := Statistics(bytes.NewReader(file), int64(len(file)))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	var stated *manifest.RowStatistics
	_, err = Check(t.Context(), export.Rows{Content: bytes.NewReader(file), Size: int64(len(file)), State: func(s *manifest.RowStatistics) { stated = s }})
	if err != nil || !reflect.DeepEqual(stated, want) {
		t.Errorf("Check states %+v, %v", stated, err)
	}
	stated = nil
	if _, err = Check(t.Context(), export.Rows{Content: strings.NewReader("no rows"), Size: 7, State: func(s *manifest.RowStatistics) { stated = s }}); err != nil || stated != nil {
		t.Errorf("garbage: Check states %+v, %v", stated, err)
	}
}

func TestFooterCompares(t *testing.T) {
	file := two(t)
	for _, c := range []struct {
		name    string
		stated  manifest.RowStatistics
		content []byte
		says    string
	}{
		{"all", manifest.RowStatistics{Count: 2, Schema: "id int64 not null, region string", Nulls: []int64{0, 1}}, file, ""},
		{"the count alone", manifest.RowStatistics{Count: 2}, file, ""},
		{"another count", manifest.RowStatistics{Count: 3}, file, "the manifest counts 3 rows, the file has 2"},
		{"other columns", manifest.RowStatistics{Count: 2, Schema: "id int64"}, file, "other columns"},
		{"other nulls", manifest.RowStatistics{Count: 2, Schema: "id int64 not null, region string", Nulls: []int64{0, 0}}, file, "other numbers of nulls"},
		{"garbage", manifest.RowStatistics{Count: 2}, []byte("garbage"), "they cannot be read"},
		{"nothing", manifest.RowStatistics{Count: 2}, nil, "they cannot be read"},
	} {
		f := &Footer{}
		for rest := c.content; len(rest) > 0; {
			n := min(len(rest), 7)
			f.Write(rest[:n])
			rest = rest[n:]
		}
		err := f.Found().Compare(&c.stated)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

// TestFooterKeepsTheEnd holds what a Footer keeps against the whole, for files
// on both sides of its limit and any cutting.
func TestFooterKeepsTheEnd(t *testing.T) {
	defer func(n int) { footerSpace = n }(footerSpace)
	footerSpace = 64
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		whole := make([]byte, random.IntN(300))
		for i := range whole {
			whole[i] = byte(random.Uint32())
		}
		f := &Footer{}
		for rest := whole; len(rest) > 0; {
			n := 1 + random.IntN(len(rest))
			f.Write(rest[:n])
			rest = rest[n:]
		}
		kept := max(0, len(whole)-footerSpace)
		got, err := io.ReadAll(io.NewSectionReader(f, int64(kept), int64(len(whole)-kept)))
		if err != nil || !bytes.Equal(got, whole[kept:]) || f.size != int64(len(whole)) {
			t.Fatalf("%d bytes: %x, %v; want %x", len(whole), got, err, whole[kept:])
		}
		head := make([]byte, min(4, len(whole)))
		if _, err := f.ReadAt(head, 0); err != nil || !bytes.Equal(head, whole[:len(head)]) {
			t.Fatalf("head %x, %v", head, err)
		}
		if kept > 4 {
			if _, err := f.ReadAt(make([]byte, 8), 0); err != errPassed {
				t.Fatalf("before what was kept: %v", err)
			}
		}
	}
}
