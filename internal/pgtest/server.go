package pgtest

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds the start of a server.
const patience = time.Minute

// A Server is a running PostgreSQL. It is safe for concurrent use.
type Server struct {
	dir      string
	commands io.WriteCloser
	ended    chan struct{} // closed when the shell has ended
}

// supervise is what the shell runs: the server, until the pipe from the test
// ends. A line that comes through the pipe crashes the server and starts it
// again.
const supervise = `
bin=$1 dir=$2; shift 2
start() { "$bin/postgres" -D "$dir/data" -k "$dir" "$@" >>"$dir/log" 2>&1 & pid=$!; }
start "$@"
while read -r crash; do
	kill -QUIT $pid; wait $pid; start "$@"
done
kill -INT $pid; wait $pid
rm -rf "$dir"
`

// quick are the settings of a server that may lose everything in a crash of
// the machine, as tests do not care.
var quick = []string{"fsync=off", "full_page_writes=off"}

var shared = sync.OnceValues(func() (*Server, error) { return start(quick) })

// Start returns a server of the test's own, stopped at the end of the test. It
// keeps PostgreSQL's settings, fsync among them, but for those given as
// "name=value".
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s, err := start(settings)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.stop(); err != nil {
			tb.Errorf("pgtest: stop the server: %v", err)
		}
	})
	return s
}

// Crash kills the server as a failure would and waits until it runs again.
func (s *Server) Crash(tb testing.TB) {
	tb.Helper()
	// So that wait does not see the server that is about to die.
	if err := os.Remove(filepath.Join(s.dir, "data", "postmaster.pid")); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.WriteString(s.commands, "crash\n"); err != nil {
		tb.Fatal(err)
	}
	if err := s.wait(); err != nil {
		tb.Fatal(err)
	}
}

// URL returns the connection string of a database as a role that may do
// everything, or as another one. Connections need no password.
func (s *Server) URL(database, role string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: "host=" + s.dir}
	return u.String()
}

// superuser is the role that initdb makes.
const superuser = "postgres"

func start(settings []string) (*Server, error) {
	bin, err := binaries(debian)
	if err != nil {
		return nil, err
	}
	// Names of sockets are short, so this is not in a folder of the test's.
	dir, err := os.MkdirTemp("/tmp", "pgtest")
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	s := &Server{dir: dir, ended: make(chan struct{})}
	if err := s.run(bin, settings); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, errors.Join(fmt.Errorf("pgtest: start PostgreSQL of %s: %w\n%s", bin, err, log), s.stop(), os.RemoveAll(dir))
	}
	return s, nil
}

// run initialises the data folder and starts the server in it.
func (s *Server) run(bin string, settings []string) error {
	if err := giveAway(s.dir); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(s.dir, "data"), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	if err := demote(initdb); err != nil {
		return err
	}
	initdb.Dir = s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	args := []string{"-c", supervise, "pgtest", bin, s.dir, "-c", "listen_addresses=", "-c", "max_connections=200"}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	shell := exec.Command("/bin/sh", args...)
	if err := demote(shell); err != nil {
		return err
	}
	shell.Dir = s.dir
	var err error
	if s.commands, err = shell.StdinPipe(); err != nil {
		return err
	}
	if err := shell.Start(); err != nil {
		return err
	}
	go func() {
		_ = shell.Wait() // the server's own end says nothing
		close(s.ended)
	}()
	return s.wait()
}

// wait returns when the server takes connections: the eighth line of the file
// postmaster.pid says so.
func (s *Server) wait() error {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.ended:
			return errors.New("the server has ended")
		default:
		}
		text, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
		if lines := strings.Split(string(text), "\n"); err == nil && len(lines) >= 8 && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
	}
	return fmt.Errorf("the server does not take connections after %v", patience)
}

// stop stops the server and waits for its end. The shell removes its folder.
func (s *Server) stop() error {
	if s.commands == nil {
		return nil
	}
	if err := s.commands.Close(); err != nil {
		return err
	}
	<-s.ended
	if _, err := os.Stat(s.dir); err == nil {
		return fmt.Errorf("%s is still there", s.dir)
	}
	return nil
}

// debian is where Debian keeps the binaries of each version.
const debian = "/usr/lib/postgresql/*/bin"

// binaries returns the folder of PostgreSQL's binaries: of the newest version
// among the folders that pattern matches, or that in the search path.
func binaries(pattern string) (string, error) {
	if dir := os.Getenv("PGTEST_BIN"); dir != "" {
		return dir, nil
	}
	dirs, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	best, newest := "", 0
	for _, dir := range dirs {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if _, missing := os.Stat(filepath.Join(dir, "initdb")); err == nil && missing == nil && version > newest {
			best, newest = dir, version
		}
	}
	if best != "" {
		return best, nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("pgtest: the tests need a PostgreSQL server: install the Debian package postgresql")
	}
	return filepath.Dir(path), nil
}

// Tool returns the path of one of PostgreSQL's programs, as "psql".
func Tool(tb testing.TB, name string) string {
	tb.Helper()
	dir, err := binaries(debian)
	if err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(dir, name)
}
