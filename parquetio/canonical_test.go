package parquetio_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"

	"github.com/oneanalytics/oa-archive/parquetio"
)

// numbers returns a file of n rows.
func numbers(t testing.TB, n int, opts parquetio.WriterOptions) []byte {
	t.Helper()
	schema, err := parquetio.ParseSchema("id int64 not null, text string")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := parquetio.NewWriter(&b, schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		// Digits that do not compress away.
		text := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		if err := w.AppendRow([]any{i, string(bytes.Map(func(r rune) rune { return r & 0x7f }, text[:]))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCanonical(t *testing.T) {
	for _, n := range []int{0, 1, 60000} {
		want := numbers(t, n, parquetio.WriterOptions{})
		for compression, claims := range map[parquetio.Compression]bool{parquetio.Zstd: true, parquetio.Uncompressed: n == 0} {
			file := numbers(t, n, parquetio.WriterOptions{Compression: compression})
			f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if f.ClaimsCanonical() != claims {
				t.Errorf("%d rows, compression %d: the claim is %t", n, compression, !claims)
			}
			size, digest, err := parquetio.Canonical(context.Background(), f)
			if err != nil || size != int64(len(want)) || digest != sha256.Sum256(want) {
				t.Errorf("%d rows, compression %d: %d bytes, %v; want %d", n, compression, size, err, len(want))
			}
		}
	}
}

// TestCanonicalOfAPart must not take the file for what it would be with some of
// its columns or row groups.
func TestCanonicalOfAPart(t *testing.T) {
	file := numbers(t, 60000, parquetio.WriterOptions{})
	for _, opts := range []parquetio.Options{{Columns: []string{"id"}}, {RowGroups: []int{}}} {
		f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), opts)
		if err != nil {
			t.Fatal(err)
		}
		if size, _, err := parquetio.Canonical(context.Background(), f); f.ClaimsCanonical() || err != nil || size == int64(len(file)) {
			t.Errorf("%+v: %d bytes, %v", opts, size, err)
		}
	}
}

func TestCanonicalEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, n := range []int{10, 60000} {
		file := numbers(t, n, parquetio.WriterOptions{})
		f, err := parquetio.Open(bytes.NewReader(file), int64(len(file)), parquetio.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := parquetio.Canonical(ctx, f); err != context.Canceled {
			t.Errorf("%d rows: %v", n, err)
		}
	}
}
