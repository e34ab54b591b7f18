package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
)

// agree demands that all ways of reading accept b, or that all refuse it, and
// returns the report of Verify.
func agree(t testing.TB, b []byte, opts archive.Options) *archive.Report {
	t.Helper()
	opts.Workers = 1
	random, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := archive.VerifyStream(context.Background(), bytes.NewReader(b), opts)
	if err != nil {
		t.Fatal(err)
	}
	readErr := readAll(b, opts)
	if random.OK() != stream.OK() || random.OK() != (readErr == nil) {
		t.Fatalf("Verify finds %v,\nVerifyStream %v,\nReader %v", random.Findings, stream.Findings, readErr)
	}
	if random.OK() && openAll(b, opts) != nil {
		t.Fatalf("Verify accepts, Open refuses: %v", openAll(b, opts))
	}
	return random
}

// mutate changes b in one of the ways in which files and people do.
func mutate(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	i, j := r.IntN(len(b)), r.IntN(len(b))
	i, j = min(i, j), max(i, j)
	switch r.IntN(7) {
	case 0:
		b[i] = byte(r.Uint32())
	case 1:
		return slices.Delete(b, i, min(j, i+1+r.IntN(600)))
	case 2:
		return slices.Insert(b, i, b[j:min(len(b), j+r.IntN(600))]...)
	case 3:
		copy(b[i:], b[j:min(len(b), j+512)])
	case 4:
		clear(b[i:min(len(b), i+1+r.IntN(600))])
	case 5:
		for range 4 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
	case 6: // exchange two blocks
		i, j = i/512*512, j/512*512
		n := min(512, len(b)-j)
		block := bytes.Clone(b[i : i+n])
		copy(b[i:], b[j:j+n])
		copy(b[j:], block)
	}
	return b
}

// rounds is fewer with -short, for the race detector.
func rounds(n int) int {
	if testing.Short() {
		return max(1, n/10)
	}
	return n
}

// TestMutantsOfTheFile changes the bytes of the file.
func TestMutantsOfTheFile(t *testing.T) {
	good := vectorgen.Base().Build()
	r := rand.New(rand.NewPCG(1, 2))
	for range rounds(600) {
		if b := mutate(r, good); agree(t, b, archive.Options{}).OK() && !bytes.Equal(b, good) {
			t.Fatal("a changed file is accepted")
		}
	}
}

// TestMutantsOfTheTar changes the tar inside, with frames, sums and table made
// for the change, as an attacker without a key can.
func TestMutantsOfTheTar(t *testing.T) {
	for name, start := range map[string]func() vectorgen.Case{"small": vectorgen.Base, "large": vectorgen.Large} {
		n := rounds(600)
		if name == "large" {
			n = rounds(6)
		}
		good := start().Build()
		r := rand.New(rand.NewPCG(3, 4))
		for range n {
			c := start()
			c.Tar = func(tar []byte) []byte {
				m := mutate(r, tar)
				return append(m, make([]byte, max(0, len(tar)-len(m)))...)[:len(tar)]
			}
			if b := c.Build(); agree(t, b, archive.Options{}).OK() && !bytes.Equal(b, good) {
				t.Fatal("a changed tar is accepted")
			}
		}
	}
}

// TestMutantsOfVectors changes archives that are wrong already.
func TestMutantsOfVectors(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for name, v := range vectors(t) {
		good := v.Build()
		if len(good) == 0 || len(good) > 20_000 {
			continue
		}
		for range rounds(8) {
			b := mutate(r, good)
			if r := agree(t, b, archive.Options{AllowUnsigned: v.AllowUnsigned}); r.OK() && v.Code == "" && !bytes.Equal(b, good) {
				t.Errorf("%s: a changed file is accepted", name)
			}
		}
	}
}

// TestFindingsDoNotDependOnWorkers compares whole reports.
func TestFindingsDoNotDependOnWorkers(t *testing.T) {
	c := vectorgen.Large()
	c.Tar = func(tar []byte) []byte {
		for i := 3000; i < len(tar); i += 1_000_003 {
			tar[i] ^= 1
		}
		return tar
	}
	b := c.Build()
	b[len(b)/2] ^= 1
	var want string
	for _, workers := range []int{1, 2, 5} {
		r, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), archive.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(r.Findings, r.Incomplete, r.Bytes)
		if want == "" {
			want = got
		}
		if got != want || r.OK() {
			t.Errorf("%d workers: %s\nwant %s", workers, got, want)
		}
	}
}

// TestDamageIsListedEntryByEntry damages one frame of many: everything else is
// still checked, and named.
func TestDamageIsListedEntryByEntry(t *testing.T) {
	c := vectorgen.Large()
	var frames [][]byte
	c.Frames = func(f [][]byte) [][]byte { frames = f; return f }
	c.Members = func(m []vectorgen.Member) []vectorgen.Member { m[1].Content[0] ^= 1; return m }
	b := c.Build()
	at := len(frames[0]) + len(frames[1]) + len(frames[2]) + len(frames[3])/2 // in the second chunk
	b[at] ^= 0xff
	r := agree(t, b, archive.Options{})
	var got []string
	for _, f := range r.Findings {
		got = append(got, fmt.Sprintf("%s %s %s", f.Code, f.Region, f.Path[max(0, len(f.Path)-13):]))
	}
	want := []string{"frame-damaged file ", "content-changed tar metadata.json", "unreadable-entry tar /rows.parquet"}
	if !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q:\n%v", got, want, r.Findings)
	}
	if r.Incomplete || r.Manifest == nil || r.Entries != 2 {
		t.Errorf("report %+v", r)
	}
}

func TestFindingsAreCapped(t *testing.T) {
	c := vectorgen.Base()
	c.Members = func(m []vectorgen.Member) []vectorgen.Member {
		for i := range m[1:] {
			m[1+i].Padding[0] = 1
		}
		return m
	}
	b := c.Build()
	r, err := archive.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), archive.Options{Limits: archive.Limits{Findings: 3}})
	if err != nil || len(r.Findings) != 3 || r.Dropped == 0 {
		t.Errorf("%d findings, %d dropped, %v", len(r.Findings), r.Dropped, err)
	}
}

// FuzzVerify holds that all ways of reading agree on any bytes.
func FuzzVerify(f *testing.F) {
	for _, v := range vectorgen.Vectors() {
		// The others hold megabytes of zeros, and would slow everything down.
		if b := v.Build(); len(b) < 4000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		agree(t, b, archive.Options{AllowUnsigned: true, Limits: archive.Limits{Entries: 100, Manifest: 1 << 20, Tar: 1 << 20}})
	})
}

// FuzzTar is FuzzVerify on the tar inside correct frames. Bytes of the input
// replace those of a right tar: two for the place, one for the value.
func FuzzTar(f *testing.F) {
	f.Add([]byte{0, 100, '7'})
	f.Add([]byte{2, 0, 0, 2, 1, 0})
	f.Fuzz(func(t *testing.T, edits []byte) {
		c := vectorgen.Base()
		same := true
		c.Tar = func(tar []byte) []byte {
			right := bytes.Clone(tar)
			for e := range slices.Chunk(edits, 3) {
				if i := int(e[0])<<8 | int(e[min(1, len(e)-1)]); len(e) == 3 && i < len(tar) {
					tar[i] = e[2]
				}
			}
			same = bytes.Equal(tar, right)
			return tar
		}
		if r := agree(t, c.Build(), archive.Options{}); r.OK() != same {
			t.Fatalf("changed %v, but the findings are %v", !same, r.Findings)
		}
	})
}
