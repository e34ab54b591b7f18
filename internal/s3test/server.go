package s3test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// A Server is a running server. It is safe for concurrent use.
type Server struct {
	Endpoint string // http://127.0.0.1:PORT
	dir      string
	program  string
	commands io.WriteCloser
	ended    chan struct{} // closed when the shell has ended
}

// A User has access to a server.
type User struct{ Access, Secret string }

// Root may do everything.
var Root = User{"root-user", "root-secret-of-a-test"}

// supervise is what the shell runs: the server, until the pipe from the test
// ends.
const supervise = `
dir=$1; shift
"$@" >"$dir/log" 2>&1 & pid=$!
read -r end
kill -KILL $pid; wait $pid
rm -rf "$dir"
`

// patience bounds the start of the server.
const patience = time.Minute

var shared = sync.OnceValues(start)

func start() (*Server, error) {
	program, err := find("versitygw")
	if err != nil {
		return nil, err
	}
	for range 5 { // somebody else may take the port meanwhile
		var s *Server
		if s, err = startOn(program); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func startOn(program string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "s3test")
	if err != nil {
		return nil, fmt.Errorf("s3test: %w", err)
	}
	s := &Server{Endpoint: "http://127.0.0.1:" + port, dir: dir, program: program, ended: make(chan struct{})}
	for _, name := range []string{"objects", "versions", "users"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return nil, err
		}
	}
	shell := exec.Command("/bin/sh", "-c", supervise, "s3test", dir, program,
		"--access", Root.Access, "--secret", Root.Secret, "--port", "127.0.0.1:"+port, "--quiet", "--keep-alive", "--iam-cache-disable",
		"--iam-dir", filepath.Join(dir, "users"), "posix", "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "objects"))
	shell.Dir = dir
	if s.commands, err = shell.StdinPipe(); err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = shell.Wait() // the server's own end says nothing
		close(s.ended)
	}()
	if err := s.wait(port); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		s.commands.Close()
		return nil, fmt.Errorf("s3test: start %s: %w\n%s", program, err, log)
	}
	return s, nil
}

// wait returns when the server takes connections.
func (s *Server) wait(port string) error {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.ended:
			return errors.New("the server has ended")
		default:
		}
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			return c.Close()
		}
	}
	return fmt.Errorf("the server does not take connections after %v", patience)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// find returns the path of a program that `make tools` installs.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		if path := filepath.Join(dir, ".tools", name); isFile(path) {
			return path, nil
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("s3test: %s is missing: run `make tools`, which installs it", name)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// AddUser makes a user who may do nothing until a bucket's policy says so.
func (s *Server) addUser(ctx context.Context, u User) error {
	out, err := exec.CommandContext(ctx, s.program, "admin", "--access", Root.Access, "--secret", Root.Secret, "--endpoint-url", s.Endpoint,
		"create-user", "--access", u.Access, "--secret", u.Secret, "--role", "user").CombinedOutput()
	if err != nil {
		return fmt.Errorf("s3test: make a user: %w\n%s", err, out)
	}
	return nil
}
