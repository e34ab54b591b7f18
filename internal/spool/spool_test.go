package spool

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

func content(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

func TestSpool(t *testing.T) {
	for _, c := range []struct {
		name         string
		memory       int64
		size, pieces int
		inFile       bool
	}{
		{"in memory", 1 << 20, 100_000, 777, false},
		{"just in memory", 4096, 4096, 1024, false},
		{"in a file", 4096, 100_000, 777, true},
		{"in a file at once", 10, 600_000, 600_000, true},
		{"default", 0, DefaultMemory + 1, 1 << 20, true},
		{"nothing", 0, 0, 1, false},
	} {
		dir := t.TempDir()
		s := &Spool{Dir: dir, Memory: c.memory}
		want := content(c.size)
		for rest := want; len(rest) > 0; {
			n := min(len(rest), c.pieces)
			if got, err := s.Write(rest[:n]); got != n || err != nil {
				t.Fatalf("%s: Write = %d, %v", c.name, got, err)
			}
			rest = rest[n:]
		}
		if s.Size() != int64(c.size) || (s.file != nil) != c.inFile {
			t.Errorf("%s: size %d, file %v", c.name, s.Size(), s.file != nil)
		}
		if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) > 0 {
			t.Errorf("%s: the temporary file has a name: %q", c.name, names)
		}
		if c.size > 200_000 {
			// TestReader takes its time with long readers.
		} else if err := iotest.TestReader(io.NewSectionReader(s, 0, s.Size()), want); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for range 50 {
			from := rand.IntN(c.size + 1)
			to := from + rand.IntN(c.size-from+1)
			got := make([]byte, to-from)
			if n, err := s.ReadAt(got, int64(from)); n != len(got) && c.size > 0 || err != nil && err != io.EOF || !bytes.Equal(got, want[from:to]) {
				t.Fatalf("%s: ReadAt(%d:%d) = %d, %v", c.name, from, to, n, err)
			}
		}
		var out bytes.Buffer
		if n, err := s.WriteTo(&out); n != int64(c.size) || err != nil || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: WriteTo = %d, %v", c.name, n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Write([]byte("x")); err == nil {
			t.Errorf("%s: writes after Close", c.name)
		}
		if _, err := s.ReadAt(make([]byte, 1), 0); err == nil || err == io.EOF {
			t.Errorf("%s: reads after Close: %v", c.name, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: second Close: %v", c.name, err)
		}
	}
}

func TestNothingIsInPlaintext(t *testing.T) {
	s := &Spool{Dir: t.TempDir(), Memory: 1}
	defer s.Close()
	secret := bytes.Repeat([]byte("personal content "), 1000)
	s.Write(secret)
	onDisk := make([]byte, len(secret))
	if _, err := s.file.ReadAt(onDisk, 0); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(onDisk, []byte("personal")) || bytes.Contains(onDisk, make([]byte, 32)) {
		t.Error("the file holds the content, or zeros")
	}
	if info, err := s.file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestNoPlaceForTheFile(t *testing.T) {
	s := &Spool{Dir: filepath.Join(t.TempDir(), "absent"), Memory: 1}
	if _, err := s.Write([]byte("abc")); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("Write: %v", err)
	}
	if _, err := s.Write(nil); err == nil {
		t.Error("the error does not stick")
	}
}

func unwrapAll(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		if _, isPath := err.(*os.PathError); isPath {
			return err
		}
		err = u.Unwrap()
	}
}
