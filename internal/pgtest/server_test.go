package pgtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startEnv makes this test binary start a server, say where, and wait.
const startEnv = "PGTEST_TEST_START"

func TestMain(m *testing.M) {
	if os.Getenv(startEnv) != "" {
		s, err := start(quick)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(s.dir)
		select {}
	}
	os.Exit(m.Run())
}

func TestServer(t *testing.T) {
	d := New(t)
	if got := d.Value(t, "SELECT current_database() || ' ' || current_setting('fsync') || current_setting('listen_addresses')"); got != d.Name+" off" {
		t.Errorf("database, fsync and addresses: %s", got)
	}
	if other := New(t); other.Name == d.Name || other.Server != d.Server {
		t.Errorf("two databases: %+v and %+v", d, other)
	}
	role := d.Role(t, "CREATE")
	if got := d.Value(t, "SELECT rolsuper FROM pg_roles WHERE rolname = '"+role+"'"); got != "false" {
		t.Errorf("the role is a superuser: %s", got)
	}
	if info, err := os.Stat(d.Server.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the server's folder: %v, %v", info.Mode(), err)
	}
}

func TestServerOfItsOwnCrashes(t *testing.T) {
	s := Start(t, "work_mem=5MB")
	d := s.New(t)
	const settings = "SELECT current_setting('fsync') || ' ' || current_setting('work_mem')"
	for range 2 {
		before := d.Value(t, "SELECT pg_postmaster_start_time()::text")
		s.Crash(t)
		if got := d.Value(t, settings); got != "on 5MB" {
			t.Errorf("fsync and work_mem: %s", got)
		}
		if after := d.Value(t, "SELECT pg_postmaster_start_time()::text"); after == before {
			t.Error("the server was not started again")
		}
	}
}

// TestKilledTestLeavesNothing kills a process that uses a server.
func TestKilledTestLeavesNothing(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), startEnv+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dir := strings.TrimSpace(line)
	if err != nil {
		t.Fatalf("the child did not start a server: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(text), "\n")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	gone := func(path string) bool { _, err := os.Stat(path); return os.IsNotExist(err) }
	for until := time.Now().Add(patience); !gone(dir) || !gone("/proc/"+pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("server %s or its folder %s are still there", pid, dir)
		}
	}
}

func TestBinaries(t *testing.T) {
	dir := t.TempDir()
	for _, version := range []string{"9", "14", "15"} {
		bin := filepath.Join(dir, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		if version == "15" {
			continue // a client's, without a server
		}
		if err := os.WriteFile(filepath.Join(bin, "initdb"), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PGTEST_BIN", "")
	t.Setenv("PATH", "")
	if got, err := binaries(filepath.Join(dir, "*", "bin")); err != nil || got != filepath.Join(dir, "14", "bin") {
		t.Errorf("binaries: %s, %v", got, err)
	}
	nowhere := filepath.Join(dir, "nowhere", "*")
	if _, err := binaries(nowhere); err == nil || !strings.Contains(err.Error(), "install the Debian package postgresql") {
		t.Errorf("without a server: %v", err)
	}
	t.Setenv("PATH", filepath.Join(dir, "9", "bin"))
	if got, err := binaries(nowhere); err != nil || got != filepath.Join(dir, "9", "bin") {
		t.Errorf("binaries in the search path: %s, %v", got, err)
	}
	t.Setenv("PGTEST_BIN", "/chosen")
	if got, err := binaries(nowhere); err != nil || got != "/chosen" {
		t.Errorf("binaries of the environment: %s, %v", got, err)
	}
}
