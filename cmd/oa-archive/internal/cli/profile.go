package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// profileVariable names the folder that profiles of a run are written to. It is
// for those who work on this program; see CONTRIBUTING.md.
const profileVariable = "OA_PROFILE"

// profiled runs the command and writes profiles of it where the environment asks
// for them, also of a run that fails or is interrupted.
func (a *app) profiled(run func() int) int {
	stop, err := startProfile(a.getenv(profileVariable))
	if err != nil {
		a.printError(err)
		return exitCode(err)
	}
	code := run()
	if err := stop(); err != nil {
		a.printError(err)
		if code == exitOK {
			code = exitCode(err)
		}
	}
	return code
}

// startProfile records where the processor's time goes until stop is called, which
// writes cpu-PID.pprof, and allocs-PID.pprof with all that was allocated, into
// folder. An empty folder records nothing.
func startProfile(folder string) (stop func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	cpu, err := createProfile(folder, "cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", profileVariable, err), cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(cpu.Close(), writeAllocations(folder))
	}, nil
}

// writeAllocations writes what was allocated and what of that is in use.
func writeAllocations(folder string) error {
	f, err := createProfile(folder, "allocs")
	if err != nil {
		return err
	}
	runtime.GC() // the profile is as of the last collection
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

// createProfile makes a file of its own for each process of a pipeline.
func createProfile(folder, kind string) (*os.File, error) {
	path := filepath.Join(folder, fmt.Sprintf("%s-%d.pprof", kind, os.Getpid()))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profileVariable, err)
	}
	return f, nil
}
