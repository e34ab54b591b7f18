package cli

import "runtime/debug"

// softMemory is how much memory the process may take before the garbage
// collector works harder for what it gives back. It is no ceiling: what is
// needed is taken.
const softMemory = 192 << 20 // bytes

// limitMemory sets softMemory, unless the environment sets a limit.
func limitMemory(getenv func(string) string) {
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
}
