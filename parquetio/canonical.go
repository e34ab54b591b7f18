package parquetio

import (
	"context"
	"crypto/sha256"
	"hash"

	"github.com/apache/arrow-go/v18/parquet/compress"
)

// trustedSize is the length in bytes from which [Canonical] believes a file
// that claims to be canonical. Writing a smaller one again costs next to nothing.
const trustedSize = 1 << 20

// ClaimsCanonical reports whether the file says of itself that it is what a
// [Writer] of this release with the zero [WriterOptions] makes of its rows: it
// names [CreatedBy] as its writer, its pages are compressed with zstd, and no
// row group has more than [GroupRows] rows. All columns must be read, and all
// row groups. It is a claim: whoever relies on it has to notice when the rows,
// written again, give other bytes.
func (f *File) ClaimsCanonical() bool {
	if f.CreatedBy() != CreatedBy || len(f.picked) != len(f.all) || f.opts.RowGroups != nil {
		return false
	}
	for g := range f.meta.NumRowGroups() {
		group := f.meta.RowGroup(g)
		if group.NumRows() > GroupRows {
			return false
		}
		for column := range group.NumColumns() {
			if c, err := group.ColumnChunk(column); err != nil || c.Compression() != compress.Codecs.Zstd {
				return false
			}
		}
	}
	return true
}

// Canonical returns the length in bytes and the SHA-256 of the file that [Copy]
// makes of the rows of f, which must have been opened with all columns, without
// storing it. A file of 1 MiB and more that claims to be canonical already
// (see [File.ClaimsCanonical]) is believed, and only hashed. Errors are those of
// [File.Batches] and of the Writer.
func Canonical(ctx context.Context, f *File) (size int64, digest [sha256.Size]byte, err error) {
	sum := NewDigester()
	if f.size >= trustedSize && f.ClaimsCanonical() {
		err = f.hash(ctx, sum)
	} else {
		var w *Writer
		if w, err = NewWriter(sum, f.Schema(), WriterOptions{}); err == nil {
			err = Copy(ctx, w, f)
		}
		if err == nil {
			err = w.Close()
		}
	}
	return sum.Size(), sum.Sum(), err
}

// hash reads the whole file.
func (f *File) hash(ctx context.Context, sum *Digester) error {
	buf := make([]byte, 1<<20)
	src := &source{r: f.r}
	for at := int64(0); at < f.size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		piece := buf[:min(int64(len(buf)), f.size-at)]
		if err := src.readFull(piece, at); err != nil {
			return err
		}
		_, _ = sum.Write(piece)
		at += int64(len(piece))
	}
	return nil
}

// A Digester is a sink that keeps the length and the SHA-256 of what is written
// to it. Make one with [NewDigester]; it is not safe for concurrent use.
type Digester struct {
	sum  hash.Hash
	size int64
}

// NewDigester returns a Digester to which nothing has been written.
func NewDigester() *Digester { return &Digester{sum: sha256.New()} }

// Write takes p; it does not fail.
func (d *Digester) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return d.sum.Write(p)
}

// Size returns how many bytes were written.
func (d *Digester) Size() int64 { return d.size }

// Sum returns the SHA-256 of what was written.
func (d *Digester) Sum() (digest [sha256.Size]byte) {
	d.sum.Sum(digest[:0])
	return digest
}
