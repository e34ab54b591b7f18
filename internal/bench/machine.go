package main

import (
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// thisMachine describes where the harness runs. What the system does not say stays
// empty.
func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	m.Processor = field("/proc/cpuinfo", "model name")
	if kib, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		m.Memory = kib << 10
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel, _, _ = strings.Cut(firstLine(text), "-") // what follows names who built it
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(text), " ")
		m.Load, _ = strconv.ParseFloat(first, 64)
	}
	return m
}

// field returns the first value of a name in a file of lines "name: value".
func field(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// rounded leaves out digits that mean nothing, so that the result file is readable.
func (r run) rounded() run {
	round := func(v float64) float64 { return math.Round(v*1e4) / 1e4 }
	r.Wall, r.CPU, r.Server = round(r.Wall), round(r.CPU), round(r.Server)
	return r
}
