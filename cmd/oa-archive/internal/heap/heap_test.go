package heap

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// current returns the percentage in force.
func current() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func TestOnlyTheFirstCollectionIsPostponed(t *testing.T) {
	before := debug.SetGCPercent(50)
	defer debug.SetGCPercent(before)
	postpone()
	if got := current(); got != firstPercent {
		t.Errorf("before the first collection the percentage is %d, want %d", got, firstPercent)
	}
	runtime.GC()
	for current() != percent { // the cleanup runs by itself; the test's time limit ends this
		time.Sleep(time.Millisecond)
	}
}

// The rest looks at processes of their own, since it is about how they begin.
func TestMain(m *testing.M) {
	if os.Getenv("HEAP_TEST_PRINTS") != "" {
		os.Stdout.WriteString(map[bool]string{true: "postponed", false: "left alone"}[current() == firstPercent])
		return
	}
	os.Exit(m.Run())
}

func TestSettingsOfTheEnvironmentHold(t *testing.T) {
	for _, test := range []struct{ set, want string }{
		{"GOGC=", "postponed"},
		{"GOGC=100", "left alone"},
		{"GOGC=off", "left alone"},
		{"GOMEMLIMIT=64MiB", "left alone"},
	} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(without(os.Environ(), "GOGC=", "GOMEMLIMIT="), "HEAP_TEST_PRINTS=1", test.set)
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != test.want {
			t.Errorf("%s: %s, %v, want %s", test.set, out, err, test.want)
		}
	}
}

// without returns the variables that begin with none of the names.
func without(environ []string, names ...string) []string {
	var left []string
	for _, v := range environ {
		keep := true
		for _, name := range names {
			keep = keep && !strings.HasPrefix(v, name)
		}
		if keep {
			left = append(left, v)
		}
	}
	return left
}
