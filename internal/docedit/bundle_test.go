package docedit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// bundleFiles returns the YAML files of a real asset bundle, which lies beside
// the repository. Without it the test has nothing to do, which on CI is a
// failure.
func bundleFiles(t *testing.T) []string {
	t.Helper()
	data := os.Getenv("OA_SHARED_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "shared", "data")
	}
	var files []string
	for _, depth := range []string{"*", "*/*", "*/*/*"} {
		found, err := filepath.Glob(filepath.Join(data, "superset-examples", "bundle", filepath.FromSlash(depth)+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 && os.Getenv("CI") == "true" {
		t.Fatalf("no example bundle in %s: set OA_SHARED_DATA to the folder of shared test data", data)
	}
	return files
}

func TestRewriteIDsOfBundle(t *testing.T) {
	contents := make(map[string]string)
	ids := make(map[string]string)
	for _, file := range bundleFiles(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		contents[file] = string(content)
		for i := 0; i+36 <= len(content); i++ {
			id := strings.ToLower(string(content[i : i+36]))
			if idPattern.MatchString(id) && ids[id] == "" {
				ids[id] = fmt.Sprintf("%08x%s", len(ids), idB[8:])
			}
		}
	}
	replaced := 0
	for file, doc := range contents {
		out, n, err := RewriteIDs(YAML, []byte(doc), ids)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		replaced += n
		if len(out) != len(doc) {
			t.Errorf("%s: the length changed from %d to %d", file, len(doc), len(out))
			continue
		}
		checkDiff(t, file, doc, string(out))
		var tree any
		if err := yaml.Load(out, &tree); err != nil {
			t.Fatal(err)
		}
		checkAbsent(t, file, tree, ids)
		if back, _, err := RewriteIDs(YAML, out, inverse(ids)); err != nil || string(back) != doc {
			t.Errorf("%s: rewriting back gives another document (%v)", file, err)
		}
	}
	t.Logf("%d files, %d identifiers, replaced %d times", len(contents), len(ids), replaced)
	if len(contents) > 0 && replaced < len(contents) {
		t.Errorf("replaced only %d identifiers in %d files", replaced, len(contents))
	}
}

// checkDiff demands that before and after differ only within identifiers, and
// in every one of them.
func checkDiff(t *testing.T, file, before, after string) {
	t.Helper()
	for i := 0; i < len(before); i++ {
		if i+36 <= len(before) && idPattern.MatchString(before[i:i+36]) {
			if before[i:i+36] == after[i:i+36] {
				t.Errorf("%s: %s stayed", file, before[i:i+36])
			}
			i += 35
		} else if before[i] != after[i] {
			t.Fatalf("%s: byte %d changed", file, i)
		}
	}
}

// checkAbsent demands that no string of tree holds a key of ids.
func checkAbsent(t *testing.T, file string, tree any, ids map[string]string) {
	t.Helper()
	switch v := tree.(type) {
	case string:
		for id := range ids {
			if strings.Contains(strings.ToLower(v), id) {
				t.Errorf("%s: %q still holds %s", file, v, id)
			}
		}
	case []any:
		for _, e := range v {
			checkAbsent(t, file, e, ids)
		}
	case map[string]any:
		for k, e := range v {
			checkAbsent(t, file, k, ids)
			checkAbsent(t, file, e, ids)
		}
	case map[any]any:
		for k, e := range v {
			checkAbsent(t, file, k, ids)
			checkAbsent(t, file, e, ids)
		}
	}
}
