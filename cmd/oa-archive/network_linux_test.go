package main

import (
	"strings"
	"testing"
)

// TestReadingMakesNoNetworkCall: who verifies an archive tells nobody. Reading a
// local archive, its signers' keys and a policy opens no socket of any kind.
func TestReadingMakesNoNetworkCall(t *testing.T) {
	s := newFaultStage(t)
	s.fresh(t)
	code, said, _ := traced(t, s.dir, "trace=network", strings.Fields(createArgs)...)
	if code != 0 {
		t.Fatalf("create: %s", said)
	}
	for _, line := range []string{
		"verify out/a.oa-archive --allow-unsigned",
		"inspect out/a.oa-archive",
		"ls out/a.oa-archive",
		"plan out/a.oa-archive --into sqlite:out/a.db --create-tenant",
		"plan out/a.oa-archive --into dir:tenant",
		"import out/a.oa-archive --into sqlite:out/a.db --create-tenant --allow-unsigned",
		"diff out/a.oa-archive dir:tenant",
		"extract out/a.oa-archive -C out/unpacked --allow-unsigned",
	} {
		code, said, trace := traced(t, s.dir, "trace=network,openat", strings.Fields(line)...)
		if code != 0 {
			t.Errorf("%s: %s", line, said)
		}
		for call := range strings.Lines(trace) {
			for _, name := range []string{"socket(", "socketpair(", "connect(", "sendto(", "sendmsg(", "bind("} {
				if strings.Contains(call, name) {
					t.Errorf("%s calls the network: %s", line, call)
				}
			}
		}
		if !strings.Contains(trace, "a.oa-archive") {
			t.Errorf("%s: the trace does not show the archive:\n%.500s", line, trace)
		}
	}
}
