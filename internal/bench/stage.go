package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A stage is the folder in which commands run: bin has the programs, corpus the
// corpora, and the rest is what the commands make.
type stage struct {
	dir      string
	scale    scale
	env      []string
	settings map[string]string // variables in commands that this stage has set
	server   *server           // nil until a job needs it
	log      io.Writer         // says what is going on
}

// newStage makes a stage below the folder for temporary files. Corpora are kept in
// keep, where that is not empty, and made there when they are missing.
func newStage(ctx context.Context, sc scale, keep string, log io.Writer) (s *stage, err error) {
	dir, err := os.MkdirTemp("", "oa-bench-")
	if err != nil {
		return nil, err
	}
	s = &stage{dir: dir, scale: sc, log: log, env: environment(dir), settings: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	// PostgreSQL runs as another user when this is root.
	if err := os.Chmod(dir, 0o711); err != nil {
		return s, err
	}
	corpus := filepath.Join(dir, "corpus")
	if keep == "" {
		err = os.Mkdir(corpus, 0o755)
	} else if keep, err = filepath.Abs(filepath.Join(keep, sc.Name)); err == nil {
		err = errors.Join(os.MkdirAll(keep, 0o755), os.Symlink(keep, corpus))
	}
	if err != nil {
		return s, err
	}
	return s, s.build(ctx)
}

// Close stops the server and removes the folder, but not corpora that are kept
// elsewhere.
func (s *stage) Close() error {
	var err error
	if s.server != nil {
		err = s.server.stop()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// build puts the programs into bin: the command, the generator, and this one.
func (s *stage) build(ctx context.Context) error {
	bin := filepath.Join(s.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Symlink(self, filepath.Join(bin, "bench")); err != nil {
		return err
	}
	for _, program := range []string{"./cmd/oa-archive", "./examples/tenant-generator"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-tags", "arrow_json_stdlib", "-o", bin, program)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if err := execute(cmd, "go build "+program); err != nil {
			return err
		}
	}
	return nil
}

// root is the folder of the module, where the harness is run.
var root = "."

// set gives commands a variable.
func (s *stage) set(name, value string) {
	s.settings[name] = value
	s.env = append(s.env, name+"="+value)
}

// shell runs a command that is not measured.
func (s *stage) shell(ctx context.Context, text string) error {
	return execute(shell(ctx, s.dir, s.env, text), text)
}

// output runs a command and returns what it prints.
func (s *stage) output(ctx context.Context, text string) (string, error) {
	cmd := shell(ctx, s.dir, s.env, text)
	var out strings.Builder
	cmd.Stdout = &out
	err := execute(cmd, text)
	return strings.TrimSpace(out.String()), err
}

// need runs commands unless path is there, and removes what they have left
// when one fails.
func (s *stage) need(ctx context.Context, path string, commands ...string) error {
	full := filepath.Join(s.dir, path)
	if _, err := os.Stat(full); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fmt.Fprintf(s.log, "bench: make %s\n", path)
	for _, command := range commands {
		if err := s.shell(ctx, command); err != nil {
			return errors.Join(err, os.RemoveAll(full))
		}
	}
	return nil
}
