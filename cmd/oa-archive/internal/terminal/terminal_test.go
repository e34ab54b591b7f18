package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func TestDetectAwayFromATerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		columns string
		width   int
	}{{"", 0}, {"100", 100}, {"7", minWidth}, {"wide", 0}, {"-3", 0}} {
		term := Detect(f, f, f, func(name string) string {
			if name == "COLUMNS" {
				return c.columns
			}
			return ""
		})
		if term.Width != c.width || term.Color || term.InIsTerminal || term.OutIsTerminal || term.ErrIsTerminal {
			t.Errorf("COLUMNS=%q: %+v", c.columns, term)
		}
		if _, err := term.Ask(t.Context(), "?"); !errors.Is(err, ErrNoTerminal) {
			t.Errorf("Ask: %v", err)
		}
		if _, err := term.AskSecret(t.Context(), "?"); !errors.Is(err, ErrNoTerminal) {
			t.Errorf("AskSecret: %v", err)
		}
		if p := term.NewProgress(false); p != nil {
			t.Error("progress is drawn without a terminal")
		}
	}
	var none *Progress
	none.Report("x", 1, 2)
	none.Stop()
}

func TestReadLine(t *testing.T) {
	for in, want := range map[string]string{"yes\nno\n": "yes", "yes\r\n": "yes", "yes": "yes", "\n": ""} {
		if got, err := readLine(strings.NewReader(in)); err != nil || got != want {
			t.Errorf("readLine(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", strings.Repeat("x", maxLine+2)} {
		if got, err := readLine(strings.NewReader(in)); err == nil {
			t.Errorf("readLine of %d bytes = %q", len(in), got)
		}
	}
}

func TestProgressShowsBytesAndGoesAway(t *testing.T) {
	var screen lockedBuffer
	term := &Terminal{Err: &screen, ErrIsTerminal: true, ErrWidth: 80}
	if term.NewProgress(true) != nil {
		t.Error("--quiet has no effect")
	}
	p := term.NewProgress(false)
	p.delay = 0
	p.Report("verify", 1<<20, 8<<20)
	p.Report("verify", 4<<20, 8<<20)
	p.Report("read", 1<<20, 0)
	p.Stop()
	p.Report("late", 1, 2)
	p.Stop()
	for _, want := range []string{"verify", "4.0 MiB / 8.0 MiB", "iB/s"} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("the bar lacks %q: %q", want, screen.String())
		}
	}
	if strings.Contains(screen.String(), "late") {
		t.Error("something is drawn after Stop")
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestInputReadsEverythingAndStops(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 1<<16)
	term := &Terminal{In: iotest.HalfReader(strings.NewReader(content))}
	got, err := io.ReadAll(term.Input(t.Context()))
	if err != nil || string(got) != content {
		t.Errorf("read %d bytes of %d: %v", len(got), len(content), err)
	}

	broken := errors.New("broken")
	term.In = io.MultiReader(strings.NewReader("x"), iotest.ErrReader(broken))
	if got, err := io.ReadAll(term.Input(t.Context())); !errors.Is(err, broken) || string(got) != "x" {
		t.Errorf("read %q, %v", got, err)
	}

	silent, _ := io.Pipe()
	term.In = silent
	ctx, cancel := context.WithCancelCause(t.Context())
	go cancel(broken)
	if _, err := term.Input(ctx).Read(make([]byte, 1)); !errors.Is(err, broken) {
		t.Errorf("a reader that waits ends with %v", err)
	}
}
