package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/cli"
	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

var update = flag.Bool("update", false, "rewrite the golden output in testdata/script")

// commands are programs that tests can call by these names.
var commands = map[string]func(){
	"oa-archive":        func() { os.Exit(cli.Main(os.Args[1:])) },
	"age-plugin-oatest": func() { os.Exit(testPlugin()) },
}

func TestMain(m *testing.M) { testscript.Main(m, commands) }

// tools are what the scripts call beside the command itself.
var tools = map[string]string{
	"ssh-keygen": "openssh-client", "ssh-agent": "openssh-client", "ssh-add": "openssh-client",
	"age": "age", "age-keygen": "age",
	"tar": "tar", "zstd": "zstd", "sha256sum": "coreutils", "cat": "coreutils",
}

func TestScripts(t *testing.T) {
	for tool, pkg := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("the tests need %s: install the Debian package %s", tool, pkg)
		}
	}
	var stage stage
	dir := filepath.Join("testdata", "script")
	var files []string
	if testing.Short() { // for the race detector: the verbs that do several things at once
		for _, verb := range []string{"create", "verify", "inspect", "extract", "pipes", "import"} {
			files = append(files, filepath.Join(dir, verb+".txt"))
		}
		dir = ""
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               files,
		Setup:               setup,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"json":     jsonValue,
			"damage":   damage,
			"truncate": truncate,
			"waitfor":  waitFor,
			"edit":     edit,
			"editstep": editStep,
			"parquet":  parquetFile,
			"write":    writeEscaped,
			"roles":    func(*testscript.TestScript, bool, []string) { stage.roles(t) },
			"postgres": func(ts *testscript.TestScript, _ bool, _ []string) { stage.postgres(t, ts) },
		},
	})
}

// A stage is the database of the one script that asks for it.
type stage struct {
	database *pgtest.Database
	exporter string
}

// postgres makes a blank database and sets PG and EXPORTER to connection strings:
// of a role that may make a schema, and of one that roles makes an exporter. They
// hold a password, which the server does not ask for.
func (s *stage) postgres(t *testing.T, ts *testscript.TestScript) {
	s.database = pgtest.New(t)
	owner := s.database.Role(t, "CREATE")
	s.exporter = s.database.Role(t)
	secret := func(url string) string { return strings.Replace(url, "@", ":s3cret@", 1) }
	ts.Setenv("PG", secret(s.database.URLAs(owner)))
	ts.Setenv("PG_SHOWN", s.database.URLAs(owner))
	ts.Setenv("EXPORTER", secret(s.database.URLAs(s.exporter)))
}

func (s *stage) roles(t *testing.T) {
	s.database.Exec(t, sqlstore.PostgresRoles("")+"GRANT oa_exporter TO "+s.exporter)
}

// The scripts' keys are made from fixed seeds, so that fingerprints and
// signatures in golden output are stable. They protect nothing.
var scriptKeys = []struct{ file, principal, passphrase string }{
	{"backup.key", "backup@halvorsen.example", ""},
	{"other.key", "other@elsewhere.example", ""},
	{"locked.key", "locked@halvorsen.example", "correct horse"},
}

// setup gives each script a copy of the sample tenant in ./tenant, keys, a file
// of allowed signers, and an environment without the caller's configuration.
func setup(env *testscript.Env) error {
	if err := os.CopyFS(filepath.Join(env.WorkDir, "tenant"), os.DirFS(filepath.Join("..", "..", "testdata", "tenant"))); err != nil {
		return err
	}
	for i, k := range scriptKeys {
		seed := bytes.NewReader(bytes.Repeat([]byte{byte(i + 1)}, 1024))
		pair, err := sign.GenerateKey(seed, k.principal, []byte(k.passphrase))
		if err != nil {
			return err
		}
		path := filepath.Join(env.WorkDir, k.file)
		if err := errors.Join(
			os.WriteFile(path, pair.PrivatePEM, 0o600),
			os.WriteFile(path+".pub", pair.AuthorizedKey(), 0o644),
		); err != nil {
			return err
		}
		env.Setenv(strings.ToUpper(strings.TrimSuffix(k.file, ".key"))+"_FINGERPRINT", pair.Public.Fingerprint())
		if k.file == "backup.key" {
			if err := os.WriteFile(filepath.Join(env.WorkDir, "allowed_signers"), pair.AllowedSignersLine(k.principal), 0o644); err != nil {
				return err
			}
		}
	}
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
	env.Setenv("SOURCE_DATE_EPOCH", "1795000000")
	env.Setenv("ID", "019ac8e2-9c40-7000-8000-000000000001")
	env.Setenv("SSH_AUTH_SOCK", "")
	return nil
}

// exits CODE COMMAND ARG... runs a command that must end with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if ee := (*exec.ExitError)(nil); errors.As(err, &ee) {
		got = ee.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// json FILE PATH [WANT] looks into a JSON document: PATH is dotted, with
// numbers for list elements and len for a length. ! json FILE PATH demands that
// there is nothing.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || (neg && len(args) != 2) {
		ts.Fatalf("usage: json FILE PATH [WANT]")
	}
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		ts.Fatalf("%s is not JSON: %v", args[0], err)
	}
	if dec.More() {
		ts.Fatalf("%s holds more than one document", args[0])
	}
	got, ok := lookUp(doc, strings.Split(args[1], "."))
	switch {
	case neg && ok:
		ts.Fatalf("%s is there: %v", args[1], got)
	case neg:
	case !ok:
		ts.Fatalf("%s is not there", args[1])
	case len(args) > 2 && fmt.Sprint(got) != strings.Join(args[2:], " "):
		ts.Fatalf("%s is %q, want %q", args[1], fmt.Sprint(got), strings.Join(args[2:], " "))
	}
}

func lookUp(v any, path []string) (any, bool) {
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = at[step]; !ok {
				return nil, false
			}
		case []any:
			if step == "len" {
				v = len(at)
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// damage FILE OFFSET inverts a byte; a negative offset counts from the end.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	content, err := os.ReadFile(path)
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	if at < 0 {
		at += len(content)
	}
	content[at] ^= 0xff
	ts.Check(os.WriteFile(path, content, 0o644))
}

// truncate FILE LENGTH cuts a file; a negative length is what to cut off.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	fi, err := os.Stat(path)
	ts.Check(err)
	length, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	if length < 0 {
		length += fi.Size()
	}
	ts.Check(os.Truncate(path, length))
}

// waitfor FILE waits until a background command has made the file.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for range 2000 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	ts.Fatalf("%s never appeared", args[0])
}

// edit GLOB OLD NEW replaces a text, in which \ escapes work as in Go, in the
// files that the glob matches. It must be there.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: edit GLOB OLD NEW")
	}
	paths, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	replaced := 0
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		ts.Check(err)
		old, new := unescape(ts, args[1]), unescape(ts, args[2])
		n := bytes.Count(content, []byte(old))
		replaced += n
		if n > 0 {
			ts.Check(os.WriteFile(path, bytes.ReplaceAll(content, []byte(old), []byte(new)), 0o644))
		}
	}
	if replaced == 0 {
		ts.Fatalf("%q is in none of %d files", args[1], len(paths))
	}
}

// editstep FILE ID DECISION edits the decision of one step of a saved plan.
func editStep(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: editstep FILE ID DECISION")
	}
	plan := ts.ReadFile(args[0])
	before, rest, ok := strings.Cut(plan, `"id": "`+args[1])
	head, tail, found := strings.Cut(rest, `"decision": "`)
	_, tail, closed := strings.Cut(tail, `"`)
	if !ok || !found || !closed {
		ts.Fatalf("%s has no step %s", args[0], args[1])
	}
	edited := before + `"id": "` + args[1] + head + `"decision": "` + args[2] + `"` + tail
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(edited), 0o644))
}

// write FILE TEXT writes a text with \ escapes.
func writeEscaped(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(unescape(ts, args[1])), 0o644))
}

func unescape(ts *testscript.TestScript, s string) string {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	ts.Check(err)
	return text
}
