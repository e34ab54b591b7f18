package main

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// sharedFlights returns the file of shared data. Where it does not lie beside the
// repository there is nothing to test, which on CI is a failure.
func sharedFlights(t *testing.T) string {
	t.Helper()
	path, err := flights()
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// digests returns the digest of each file of a folder.
func digests(t *testing.T, folder string) map[string][32]byte {
	t.Helper()
	all := map[string][32]byte{}
	err := eachFile(folder, func(name string, content []byte) error {
		all[name] = sha256.Sum256(content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRowsAreTheSameEachTimeAndDifferFromEachOther(t *testing.T) {
	path := sharedFlights(t)
	one, two := t.TempDir(), t.TempDir()
	for _, folder := range []string{one, two} {
		if err := command(t.Context(), []string{"make", "rows", "3", "500", path, folder}, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	first, second := digests(t, one), digests(t, two)
	if len(first) != 7 || len(second) != 7 {
		t.Errorf("%d and %d files", len(first), len(second))
	}
	different := map[[32]byte]bool{}
	for name, digest := range first {
		if second[name] != digest {
			t.Errorf("%s differs", name)
		}
		different[digest] = true
	}
	if len(different) != len(first) {
		t.Errorf("%d files have %d contents", len(first), len(different))
	}
}

func TestPart(t *testing.T) {
	path := sharedFlights(t)
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "part")
	for _, args := range [][]string{
		{"make", "rows", "2", "100", path, from},
		{"make", "part", "2", "3", from, to},
	} {
		if err := command(t.Context(), args, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	rows := map[[32]byte]int{}
	for name, digest := range digests(t, to) {
		if filepath.Base(name) == "rows.parquet" {
			rows[digest]++
		}
	}
	if len(rows) != 2 {
		t.Errorf("%d contents of rows", len(rows))
	}
	for _, n := range rows {
		if n != 3 {
			t.Errorf("%d copies", n)
		}
	}
}

func TestCopyFile(t *testing.T) {
	folder, file := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(filepath.Join(folder, "a"), []byte("xyz"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := makeCopy(folder, file); err != nil {
		t.Fatal(err)
	}
	want := []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x01a\x00\x00\x00\x03xyz\xff\xff")
	if got := readFile(t, file); got != string(want) {
		t.Errorf("%q", got)
	}
}
