package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeOutput holds that the README shows what the program prints.
func TestReadmeOutput(t *testing.T) {
	out := migrate(t, "-tenant", "acme", "-name", "Acme Analytics", "-unsigned", "-o", filepath.Join(t.TempDir(), "archive"), realBundle(t))
	if !strings.Contains(readme(t), "\n"+out+"```") {
		t.Errorf("the README shows other output than\n%s", out)
	}
}

// TestReadmeCode holds that the Go code in the README stands in the program,
// and that the files it names are there.
func TestReadmeCode(t *testing.T) {
	text := readme(t)
	sources := ""
	for _, pattern := range []string{"*.go", "superset/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			code, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources += file + "\n" + string(code)
		}
	}
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(text, -1) {
		if !strings.Contains(sources, strings.TrimSpace(block[1])) {
			t.Errorf("no file of the program has the code\n%s", block[1])
		}
	}
	for _, file := range regexp.MustCompile(`[a-z_]+\.go\b`).FindAllString(text, -1) {
		if !strings.Contains(sources, file+"\n") {
			t.Errorf("the README names %s, which is not there", file)
		}
	}
}
