package bucket_test

import (
	"testing"

	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/internal/s3test"
)

// TestReadingOnFetchesOnce reads an object that is larger than what is kept,
// from its beginning to its end, by one reader and by two at different places:
// hardly a byte is asked for twice, also when the pieces are small.
func TestReadingOnFetchesOnce(t *testing.T) {
	s3test.Root.Become(t)
	b := s3test.New(t)
	const size = 96 << 20
	at := parse(t, b.URL("large"))
	mustStore(t, at, content(size), bucket.WriterOptions{})
	for _, c := range []struct {
		name    string
		piece   int64
		readers int64
		tail    int64
	}{
		{"one", 1 << 20, 1, -1},
		{"one, with the end", 1 << 20, 1, 0},
		{"one of small pieces", 10_000, 1, -1},
		{"two", 1 << 20, 2, -1},
	} {
		o := open(t, at, bucket.Options{Tail: c.tail})
		buf := make([]byte, c.piece)
		for off := int64(0); off < size/c.readers; off += c.piece {
			for r := range c.readers {
				from := r*size/c.readers + off
				n := min(c.piece, (r+1)*size/c.readers-from)
				if _, err := o.ReadAt(buf[:n], from); err != nil {
					t.Fatal(err)
				}
			}
		}
		// The first of two is read ahead for to where the second began.
		if got := o.Traffic().Bytes; got > size+size/20+(c.readers-1)*16<<20 {
			t.Errorf("%s: %d MiB were fetched of %d", c.name, got>>20, size>>20)
		}
	}
}
