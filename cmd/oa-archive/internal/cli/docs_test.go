//go:build !norows

package cli

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/terminal"
	"github.com/oneanalytics/oa-archive/restore"
)

func manual(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// section returns the part of the manual under a heading.
func section(page, heading string) string {
	for part := range strings.SplitSeq(page, "\n## ") {
		title, _, _ := strings.Cut(part, "\n")
		if strings.Contains(", "+title+",", ", "+heading+",") {
			return part
		}
	}
	return ""
}

func testRoot() *cobra.Command {
	a := &app{term: &terminal.Terminal{}, getenv: func(string) string { return "" }}
	return a.rootCommand()
}

func TestManualNamesEveryFlag(t *testing.T) {
	page := manual(t)
	for _, verb := range testRoot().Commands() {
		part := section(page, verb.Name())
		if part == "" {
			t.Errorf("docs/cli.md has no section on %s", verb.Name())
		}
		switch verb.Name() { // these refer to another section for shared flags
		case "import":
			part += section(page, "plan")
		}
		part += section(page, "Trust") + section(page, "Residency")
		verb.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && !strings.Contains(part, "--"+f.Name) {
				t.Errorf("docs/cli.md does not name --%s of %s", f.Name, verb.Name())
			}
		})
	}
}

func TestEveryVerbExplainsItself(t *testing.T) {
	for _, verb := range testRoot().Commands() {
		if verb.Short == "" || verb.Example == "" {
			t.Errorf("%s lacks a summary or examples", verb.Name())
		}
		verb.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" || len(f.Annotations[groupAnnotation]) != 1 {
				t.Errorf("--%s of %s lacks a description or a group", f.Name, verb.Name())
			}
		})
	}
}

func TestManualNamesEveryJSONField(t *testing.T) {
	page := manual(t)
	for _, c := range []struct {
		verb string
		doc  any
	}{
		{"create", createJSON{}}, {"rekey", rekeyJSON{}}, {"keygen", keygenJSON{}}, {"verify", verifyJSON{}}, {"inspect", inspectJSON{}}, {"ls", lsJSON{}},
		{"cat", catJSON{}}, {"rows", rowsJSON{}}, {"extract", extractJSON{}}, {"recover", recoverJSON{}}, {"diff", diffJSON{}}, {"import", importJSON{}}, {"import", abortJSON{}}, {"undo", undoJSON{}}, {"imports", importsJSON{}}, {"insurance", insuranceJSON{}},
		{"completion", completionJSON{}}, {"version", versionJSON{}}, {"JSON output", errorJSON{}},
	} {
		part := section(page, c.verb) + section(page, "JSON output")
		for _, field := range fields(reflect.TypeOf(c.doc), map[reflect.Type]bool{reflect.TypeFor[restore.Plan](): true, reflect.TypeFor[restore.UndoPlan](): true}) {
			if !strings.Contains(part, "`"+field+"`") {
				t.Errorf("docs/cli.md does not name the field %s of %s", field, c.verb)
			}
		}
	}
}

// fields lists the JSON names of a type's fields, those of its parts included.
func fields(typ reflect.Type, seen map[reflect.Type]bool) []string {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() == reflect.Func { // an iter.Seq
		typ = typ.In(0).In(0)
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || seen[typ] {
		return nil
	}
	seen[typ] = true
	var names []string
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" {
			names = append(names, name)
		}
		names = append(names, fields(f.Type, seen)...)
	}
	return names
}

// TestReadersTakeIdentities: every verb that reads archives opens encrypted ones.
func TestReadersTakeIdentities(t *testing.T) {
	root := testRoot()
	readers := 0
	for _, verb := range root.Commands() {
		name, _, _ := strings.Cut(verb.Use, " ")
		reads := strings.Contains(verb.Use, "FILE") && name != "create" && name != "keygen" || name == "undo" || name == "diff" || name == "copy"
		for _, flag := range []string{"identity", "identity-passphrase-file", "archive-passphrase-file", "kms"} {
			// create has the last two, to encrypt with.
			if has := verb.Flags().Lookup(flag) != nil; has != reads && name != "create" {
				t.Errorf("%s: --%s is %t", verb.Use, flag, has)
			}
		}
		if reads {
			readers++
		}
	}
	if readers < 11 {
		t.Errorf("only %d verbs read archives: the test does not test", readers)
	}
}

func TestManualNamesEveryErrorCode(t *testing.T) {
	page := manual(t)
	for _, code := range errorCodes(t) {
		if !strings.Contains(page, "`"+code+"`") {
			t.Errorf("docs/cli.md does not name the error code %s", code)
		}
	}
}

// errorCodes reads the codes off the source, where each is a literal.
func errorCodes(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_test.go") || !strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		source, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split(string(source), `code: "`) {
			if code, _, ok := strings.Cut(part, `"`); i > 0 && ok {
				codes = append(codes, code)
			}
		}
	}
	if len(codes) < 20 {
		t.Fatalf("only %d codes found in the source", len(codes))
	}
	return codes
}
