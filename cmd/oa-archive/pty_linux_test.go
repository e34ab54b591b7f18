package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

// openPTY returns both ends of a new pseudo-terminal of the given width.
func openPTY(t *testing.T, columns uint16) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatalf("the tests need pseudo-terminals (devpts mounted at /dev/pts): %v", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err,
		unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: columns}))
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// A terminalRun is the command on a terminal of its own.
type terminalRun struct {
	t    *testing.T
	dir  string
	env  []string
	cols uint16
}

// run executes the command with all three streams on one terminal and returns
// what appeared there. Each answer is typed once its question has appeared.
func (r *terminalRun) run(wantExit int, dialogue []string, args ...string) string {
	r.t.Helper()
	return r.runProgram(wantExit, dialogue, binary(r.t), args...)
}

func (r *terminalRun) runProgram(wantExit int, dialogue []string, program string, args ...string) string {
	r.t.Helper()
	master, slave := openPTY(r.t, r.cols)
	cmd := exec.CommandContext(context.Background(), program, args...)
	cmd.Dir, cmd.Env = r.dir, append(os.Environ(), r.env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	slave.Close()
	var screen bytes.Buffer
	chunk := make([]byte, 4096)
	for {
		n, err := master.Read(chunk)
		screen.Write(chunk[:n])
		if len(dialogue) >= 2 && strings.Contains(screen.String(), dialogue[0]) {
			if _, err := io.WriteString(master, dialogue[1]); err != nil {
				r.t.Fatal(err)
			}
			dialogue = dialogue[2:]
		}
		if err != nil { // EIO once the other end is closed
			break
		}
	}
	err := cmd.Wait()
	exit := 0
	if ee := (*exec.ExitError)(nil); errors.As(err, &ee) {
		exit = ee.ExitCode()
	} else if err != nil {
		r.t.Fatal(err)
	}
	text := strings.ReplaceAll(screen.String(), "\r\n", "\n")
	if exit != wantExit {
		r.t.Fatalf("%s %s: exit code %d, want %d\n%s", filepath.Base(program), strings.Join(args, " "), exit, wantExit, text)
	}
	if len(dialogue) > 0 {
		r.t.Fatalf("%s %s: never asked %q\n%s", filepath.Base(program), strings.Join(args, " "), dialogue[0], text)
	}
	return text
}

// binary returns the path of the command: the test's own program under the name
// by which TestMain knows what to be.
func binary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "oa-archive")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func onTerminal(t *testing.T, columns uint16) *terminalRun {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "tenant"), os.DirFS(filepath.Join("..", "..", "testdata", "tenant"))); err != nil {
		t.Fatal(err)
	}
	return &terminalRun{t: t, dir: dir, cols: columns, env: []string{
		"XDG_CONFIG_HOME=" + filepath.Join(dir, ".config"), "XDG_STATE_HOME=" + filepath.Join(dir, ".state"), "OA_ARCHIVE_INSURANCE=", "NO_COLOR=", "TERM=xterm-256color", "COLUMNS=",
		"OA_ARCHIVE_KEY=", "OA_ARCHIVE_TRUST=", "OA_ARCHIVE_REVOKED=", "OA_ARCHIVE_KEY_PASSPHRASE_FILE=", "SOURCE_DATE_EPOCH=",
	}}
}

func TestOnATerminal(t *testing.T) {
	r := onTerminal(t, 80)

	// Passphrases are asked for without echo, twice for a new key.
	screen := r.run(0, []string{"New passphrase", "horse\n", "same again", "horse\n"}, "keygen", "-o", "k", "--principal", "p@x")
	if strings.Contains(screen, "horse") {
		t.Errorf("the passphrase was echoed:\n%s", screen)
	}
	r.run(1, []string{"New passphrase", "horse\n", "same again", "mule\n"}, "keygen", "-o", "k2", "--principal", "p@x")
	if _, err := os.Stat(filepath.Join(r.dir, "k2")); err == nil {
		t.Error("a key was written although the passphrases differ")
	}
	screen = r.run(0, []string{"Passphrase for", "horse\n"}, "create", "--from", "dir:tenant", "-o", "a.oa-archive", "--sign-with", "k")
	if strings.Contains(screen, "horse") {
		t.Errorf("the passphrase was echoed:\n%s", screen)
	}

	screen = r.run(130, []string{"Passphrase for", "hor\x03"}, "create", "--from", "dir:tenant", "-o", "b.oa-archive", "--sign-with", "k")
	if _, err := os.Stat(filepath.Join(r.dir, "b.oa-archive")); err == nil || strings.Contains(screen, "hor") {
		t.Errorf("an interrupted question: %v\n%s", err, screen)
	}

	// Colour and width come from the terminal.
	for _, columns := range []uint16{80, 120} {
		r.cols = columns
		screen = r.run(0, nil, "inspect", "a.oa-archive")
		if !strings.Contains(screen, "\x1b[") {
			t.Error("inspect uses no colour on a terminal")
		}
		for line := range strings.SplitSeq(withoutColour(screen), "\n") {
			if render.Width(line) > int(columns) && !strings.HasPrefix(line, "  oa-archive ") {
				t.Errorf("%d columns: this line takes %d: %q", columns, render.Width(line), line)
			}
		}
		if !strings.Contains(screen, "just now") {
			t.Error("inspect does not say how old the archive is")
		}
	}
	if screen = r.run(0, nil, "inspect", "a.oa-archive", "--no-color"); strings.Contains(screen, "\x1b[") {
		t.Error("--no-color has no effect")
	}
	r.env = append(r.env, "NO_COLOR=1")
	if screen = r.run(0, nil, "inspect", "a.oa-archive"); strings.Contains(screen, "\x1b[") {
		t.Error("NO_COLOR has no effect")
	}

	// Neither archives nor binary content belong on a terminal.
	r.run(2, nil, "create", "--from", "dir:tenant", "-o", "-", "--unsigned")
	r.run(2, nil, "verify", "-")
	screen = r.run(1, nil, "cat", "a.oa-archive", "8887b566")
	if !strings.Contains(screen, "is not text") || strings.Contains(screen, "PNG") {
		t.Errorf("binary content on a terminal:\n%q", screen)
	}
}

func TestConfirmationOnATerminal(t *testing.T) {
	r := onTerminal(t, 100)
	r.run(0, nil, "create", "--from", "dir:tenant", "-o", "a.oa-archive", "--unsigned")
	report := glob(t, r.dir, "tenant/workspaces/*/reports/cb5bc283*.json")
	before, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(before, []byte("Umsatz & Marge"), []byte("Edited"), 1)
	if err := os.WriteFile(report, edited, 0o644); err != nil {
		t.Fatal(err)
	}
	command := []string{"import", "a.oa-archive", "--allow-unsigned", "--into", "dir:tenant", "--select", "cb5bc283", "--on-conflict", "overwrite", "--policy", "dataset=skip", "--policy", "workspace=skip"}
	screen := r.run(5, []string{"Type the tenant's name", "yes\n"}, command...)
	if !strings.Contains(screen, "~ overwrite") || !strings.Contains(screen, "nothing was changed") {
		t.Errorf("the question does not say what it is about:\n%s", screen)
	}
	if now, err := os.ReadFile(report); err != nil || !bytes.Equal(now, edited) {
		t.Fatalf("a refused import changed the report (%v)", err)
	}
	r.run(130, []string{"Type the tenant's name", "\x03"}, command...)
	screen = r.run(0, []string{"Type the tenant's name", "halvorsen-cycles\n"}, command...)
	if !strings.Contains(screen, "imported") {
		t.Errorf("the result is not told:\n%s", screen)
	}
	if now, err := os.ReadFile(report); err != nil || !bytes.Equal(now, before) {
		t.Fatalf("the import did not bring the report back (%v)", err)
	}
}

// TestUndoAndExactOnATerminal types the tenant's name for an undo, and for an
// exact import that deletes.
func TestUndoAndExactOnATerminal(t *testing.T) {
	r := onTerminal(t, 100)
	r.run(0, nil, "create", "--from", "dir:tenant", "-o", "a.oa-archive", "--unsigned")
	fork := []string{"import", "a.oa-archive", "--allow-unsigned", "--into", "dir:tenant", "--select", "cb5bc283", "--policy", "report=fork", "--on-conflict", "skip"}
	r.run(0, nil, fork...)
	copies := filepath.Join(r.dir, "tenant/workspaces/*/reports/9a5ed5be*.json")
	glob := func() int {
		found, err := filepath.Glob(copies)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if glob() != 1 {
		t.Fatal("the copy is not where this test looks for it")
	}
	exact := []string{"import", "a.oa-archive", "--allow-unsigned", "--into", "dir:tenant", "--exact"}
	screen := r.run(5, []string{"This deletes 1 asset of Halvorsen Cycles", "Halvorsen\n"}, exact...)
	if !strings.Contains(screen, "× delete") || !strings.Contains(screen, "nothing was changed") || glob() != 1 {
		t.Errorf("a refused deletion:\n%s", screen)
	}
	r.run(0, []string{"Type the tenant's name", "Halvorsen Cycles\n"}, exact...)
	if glob() != 0 {
		t.Error("the copy is still there")
	}
	undo := []string{"undo", "last", "--into", "dir:tenant"}
	screen = r.run(5, []string{"Type the tenant's name", "yes\n"}, undo...)
	if !strings.Contains(screen, "~ revert") || glob() != 0 {
		t.Errorf("a refused undo:\n%s", screen)
	}
	r.run(130, []string{"Type the tenant's name", "\x03"}, undo...)
	r.run(0, []string{"Type the tenant's name", "halvorsen-cycles\n"}, undo...)
	if glob() != 1 {
		t.Error("the copy did not come back")
	}
}

func TestHostileNamesOnATerminal(t *testing.T) {
	r := onTerminal(t, 80)
	report := glob(t, r.dir, "tenant/workspaces/*/reports/cb5bc283*.json")
	doc, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	hostile := `evil\u001b]0;owned\u0007\u001b[2J\u202egnp.exe\u200b`
	if err := os.WriteFile(report, bytes.Replace(doc, []byte("Umsatz & Marge"), []byte(hostile), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	r.run(0, nil, "create", "--from", "dir:tenant", "-o", "a.oa-archive", "--unsigned", "--allow-invalid", "--quiet")
	for _, args := range [][]string{
		{"inspect", "a.oa-archive", "--all"}, {"inspect", "a.oa-archive", "--json"}, {"cat", "a.oa-archive", "cb5bc283", "--allow-unsigned"},
		{"plan", "a.oa-archive", "--into", "dir:new", "--create-tenant"}, {"diff", "a.oa-archive", "dir:tenant", "--unchanged"},
	} {
		screen := withoutColour(r.run(0, nil, args...))
		if i := strings.IndexAny(screen, "\x1b\a\u202e\u200b"); i >= 0 {
			t.Errorf("%s: %q reaches the terminal", args[0], screen[i:min(i+20, len(screen))])
		}
		if !strings.Contains(screen, "evil") {
			t.Errorf("%s does not show the report", args[0])
		}
	}
}

// withoutColour removes exactly the sequences that the command itself writes.
func withoutColour(s string) string {
	for _, code := range []string{"0", "1", "2", "31", "32", "33", "36"} {
		s = strings.ReplaceAll(s, "\x1b["+code+"m", "")
	}
	return s
}

func glob(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s matches %d files (%v)", pattern, len(found), err)
	}
	return found[0]
}
