package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A server is a PostgreSQL of the stage's own, with PostgreSQL's own settings
// but for connections: it has a socket in its folder, and no port.
type server struct {
	dir, bin string
	asRoot   bool
}

// startServer starts the server unless it runs, and lets psql and commands find
// it: PGHOST, PGUSER, and DB before and after a database's name.
func (s *stage) startServer(ctx context.Context) error {
	if s.server != nil {
		return nil
	}
	bin, err := postgresFolder()
	if err != nil {
		return err
	}
	v := &server{dir: filepath.Join(s.dir, "pg"), bin: bin, asRoot: os.Geteuid() == 0}
	if err := os.Mkdir(v.dir, 0o700); err != nil {
		return err
	}
	if v.asRoot {
		if err := s.shell(ctx, "chown nobody:nogroup pg"); err != nil {
			return err
		}
	}
	s.env = append(s.env, "PATH="+filepath.Join(s.dir, "bin")+":"+bin+":"+os.Getenv("PATH"))
	s.server = v
	for _, command := range [][]string{
		{"initdb", "-D", v.dir + "/db", "-U", "oa", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"},
		{"pg_ctl", "-D", v.dir + "/db", "-w", "-s", "-l", v.dir + "/log", "-o", "-c listen_addresses='' -k " + v.dir, "start"},
	} {
		if err := v.run(ctx, command...); err != nil {
			return err
		}
	}
	s.set("PGHOST", v.dir)
	s.set("PGUSER", "oa")
	s.settings["PGHOST"] = "the folder of the server's socket"
	return nil
}

// run runs one of the server's programs as the user that it belongs to.
func (v *server) run(ctx context.Context, args ...string) error {
	args[0] = filepath.Join(v.bin, args[0])
	if v.asRoot {
		args = append([]string{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = v.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	ownSession(cmd) // it is stopped when the work is
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	cmd.Stdout = null // a pipe would stay open as long as the server runs
	cmd.Stderr = null
	if err := cmd.Run(); err != nil {
		log, _ := os.ReadFile(filepath.Join(v.dir, "log"))
		return fmt.Errorf("bench: %s: %w\n%s", strings.Join(args, " "), err, log)
	}
	return nil
}

func (v *server) stop() error {
	return v.run(context.Background(), "pg_ctl", "-D", v.dir+"/db", "-m", "immediate", "-s", "stop")
}

// computed returns the processor time, in seconds, of the server's processes that
// have ended. A connection's process ends a moment after the connection.
func (v *server) computed() (float64, error) {
	time.Sleep(300 * time.Millisecond)
	pid, err := os.ReadFile(filepath.Join(v.dir, "db", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	stat, err := os.ReadFile("/proc/" + firstLine(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	// Fields are counted after the name, which may hold spaces; see proc(5).
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 15 {
		return 0, errors.New("bench: /proc does not say what the server has computed")
	}
	ticks := 0.0
	for _, field := range fields[13:15] { // cutime, cstime
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ, the same on every Linux
	return ticks / perSecond, nil
}

// postgresFolder returns where PostgreSQL's programs are.
func postgresFolder() (string, error) {
	if dir := os.Getenv("PGTEST_BIN"); dir != "" {
		return dir, nil
	}
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	best, newest := "", 0
	for _, path := range dirs {
		dir := filepath.Dir(path)
		if version, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && version > newest {
			best, newest = dir, version
		}
	}
	if best != "" {
		return best, nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("bench: PostgreSQL is missing: install the Debian package postgresql")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return filepath.Dir(path), nil
}
