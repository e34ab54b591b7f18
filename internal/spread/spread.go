// Package spread spreads work over the processor's cores.
package spread

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls do for every i from 0 to n-1, on as many goroutines as the
// process may run at once, and returns when all calls have returned. A call
// must not panic, and must touch only what belongs to its i: then the outcome
// does not depend on the number of goroutines.
func Each(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	running.Wait()
}
