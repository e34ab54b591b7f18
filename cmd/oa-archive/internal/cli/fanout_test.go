//go:build !nocloud

package cli

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// limitedWriter takes so many bytes and then fails.
type limitedWriter struct {
	bytes.Buffer
	left int
}

var errFull = errors.New("full")

func (l *limitedWriter) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, errFull
	}
	l.left -= len(p)
	return l.Buffer.Write(p)
}

func TestFanOut(t *testing.T) {
	content := make([]byte, 5<<20+17)
	rand.NewChaCha8([32]byte{1}).Read(content)
	for name, r := range map[string]io.Reader{
		"whole":         bytes.NewReader(content),
		"halves":        iotest.HalfReader(bytes.NewReader(content)),
		"data with EOF": iotest.DataErrReader(bytes.NewReader(content)),
	} {
		var a, b, c bytes.Buffer
		total := 0
		if err := fanOut(r, func(n int) { total += n }, &a, &b, &c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, got := range []*bytes.Buffer{&a, &b, &c} {
			if !bytes.Equal(got.Bytes(), content) || total != len(content) {
				t.Errorf("%s: %d bytes of %d, counted %d", name, got.Len(), len(content), total)
			}
		}
	}
	if err := fanOut(strings.NewReader(""), func(int) { t.Error("progress with nothing") }, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestFanOutEndsWithTheFirstError(t *testing.T) {
	content := make([]byte, 20<<20)
	rand.NewChaCha8([32]byte{2}).Read(content)
	for limit := 0; limit < 6<<20; limit += 1<<20 + 1 {
		good, bad := &bytes.Buffer{}, &limitedWriter{left: limit}
		if err := fanOut(bytes.NewReader(content), func(int) {}, good, bad); !errors.Is(err, errFull) {
			t.Errorf("%d: %v", limit, err)
		}
		if !bytes.HasPrefix(content, good.Bytes()) || !bytes.HasPrefix(content, bad.Bytes()) {
			t.Errorf("%d: not the beginning", limit)
		}
		if ahead := good.Len() - bad.Len(); ahead > fanPieces*fanPiece {
			t.Errorf("%d: one writer ran %d bytes ahead of the other", limit, ahead)
		}
		broken := io.MultiReader(bytes.NewReader(content[:limit]), iotest.ErrReader(errFull))
		if err := fanOut(broken, func(int) {}, io.Discard); !errors.Is(err, errFull) {
			t.Errorf("reader, %d: %v", limit, err)
		}
	}
}
