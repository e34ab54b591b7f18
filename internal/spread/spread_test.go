package spread

import (
	"runtime"
	"testing"
)

func TestEachTakesEveryTurnOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(cores)
		for _, n := range []int{0, 1, 2, 7, 1000} {
			turns := make([]int, n)
			Each(n, func(i int) { turns[i]++ })
			for i, times := range turns {
				if times != 1 {
					t.Errorf("%d cores: turn %d of %d was taken %d times", cores, i, n, times)
				}
			}
		}
	}
}
