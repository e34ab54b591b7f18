package archive

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"testing"
)

// parallel calls check for 0 ≤ i < n on two goroutines.
func parallel(n int, check func(i int)) {
	var wg sync.WaitGroup
	for k := range 2 {
		wg.Go(func() {
			for i := k; i < n; i += 2 {
				check(i)
			}
		})
	}
	wg.Wait()
}

// refusedBoth demands that both ways of verifying refuse b.
func refusedBoth(t *testing.T, b []byte, what string, i int) {
	opts := Options{Workers: 1}
	random, err := Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil || random.OK() {
		t.Errorf("%s %d: Verify accepts (%v)", what, i, err)
	}
	stream, err := VerifyStream(context.Background(), bytes.NewReader(b), opts)
	if err != nil || stream.OK() {
		t.Errorf("%s %d: VerifyStream accepts (%v)", what, i, err)
	}
	if err == nil && len(random.Findings) > 0 && (random.Findings[0].Rule == "" || random.Findings[0].Code == "") {
		t.Errorf("%s %d: a finding without rule or code: %v", what, i, random.Findings[0])
	}
}

func TestEveryBitCounts(t *testing.T) {
	b := build(t, options(t), smallFiles()[1:2], true)
	step := 1
	if testing.Short() { // for the race detector
		step = 61
	}
	parallel(8*len(b)/step, func(i int) {
		i *= step
		c := bytes.Clone(b)
		c[i/8] ^= 1 << (i % 8)
		refusedBoth(t, c, "flipped bit", i)
	})
}

func TestEveryTruncationCounts(t *testing.T) {
	b := build(t, options(t), smallFiles()[:3], true)
	step := 1
	if testing.Short() {
		step = 31
	}
	parallel(len(b)/step, func(i int) { refusedBoth(t, b[:i*step], "truncated to", i*step) })
}

func TestEveryAppendedByteCounts(t *testing.T) {
	b := build(t, options(t), smallFiles()[:3], true)
	parallel(256, func(i int) { refusedBoth(t, append(bytes.Clone(b), byte(i)), "appended byte", i) })
	refusedBoth(t, append(bytes.Clone(b), b...), "appended archive", 0)
	refusedBoth(t, append(bytes.Clone(b), b[len(b)-9:]...), "appended footer", 0)
}

func TestBitsOfALargeArchive(t *testing.T) {
	b := build(t, options(t), []file{largeFiles()[0], {wsA + "/files/" + id1, noise(5<<20, 1)}, largeFiles()[7]}, true)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 25 {
		c := bytes.Clone(b)
		bit := r.IntN(8 * len(b))
		c[bit/8] ^= 1 << (bit % 8)
		refusedBoth(t, c, "flipped bit", bit)
		refusedBoth(t, b[:r.IntN(len(b))], "truncated", i)
	}
}
