package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// profileVariable names the folder into which a run writes its profiles, for
// `go tool pprof`. It is for whoever works on the command: it is a variable, so
// that it measures any verb without standing among what users read.
const profileVariable = "OA_PROFILE"

// profile begins to measure where the process spends its time, and returns the
// function that ends it and writes cpu.pprof and memory.pprof.
func profile(folder string) (end func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	cpu, err := os.Create(filepath.Join(folder, "cpu.pprof"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profileVariable, err)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", profileVariable, err), cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		memory, err := os.Create(filepath.Join(folder, "memory.pprof"))
		if err == nil {
			runtime.GC() // so that what is alive is counted as of now
			err = errors.Join(pprof.Lookup("allocs").WriteTo(memory, 0), memory.Close())
		}
		if err = errors.Join(err, cpu.Close()); err != nil {
			return fmt.Errorf("%s: %w", profileVariable, err)
		}
		return nil
	}, nil
}
