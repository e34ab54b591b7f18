package rowcheck

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/parquetio"
)

// Statistics returns what a manifest says of the Parquet file of size bytes in
// r: the number of rows, the columns with their types, and how many nulls each
// has as far as the footer says so. Pages are not read. Where a column's type is
// not supported, or the columns do not fit a manifest, there is the number of
// rows alone. Ranges of values are left out on purpose (docs/decisions/0033).
// Errors are those of [parquetio.Open].
func Statistics(r io.ReaderAt, size int64) (*manifest.RowStatistics, error) {
	f, err := parquetio.Open(r, size, parquetio.Options{Columns: []string{}})
	if err != nil {
		return nil, err
	}
	s := &manifest.RowStatistics{Count: f.Rows()}
	var columns parquetio.Schema
	for _, c := range f.Columns() {
		if c.Err != nil {
			return s, nil
		}
		columns = append(columns, c.Column)
	}
	if f, err = parquetio.Open(r, size, parquetio.Options{}); err != nil {
		if unsupported := (*parquetio.UnsupportedError)(nil); errors.As(err, &unsupported) {
			return s, nil
		}
		return nil, err
	}
	full := &manifest.RowStatistics{Count: s.Count, Schema: columns.String()}
	known := false
	for i := range columns {
		nulls, ok := f.Nulls(i)
		if !ok || nulls < 0 {
			nulls = -1
		}
		known = known || ok
		full.Nulls = append(full.Nulls, nulls)
	}
	if !known {
		full.Nulls = nil
	}
	if full.Check() != nil {
		return s, nil
	}
	return full, nil
}

// A Footer keeps the part of a Parquet file that says what is in it, while the
// file passes as a stream: its first bytes and the last ones, up to the limit
// that package parquetio sets for footers (16 MiB). The zero value is ready to
// use.
type Footer struct {
	head []byte
	last []byte // a ring once it is full
	size int64
}

// footerSpace is what a footer can take with its length and magic.
var footerSpace = int(parquetio.DefaultLimits().Footer) + 8

// Write takes the next piece of the file. It never fails.
func (f *Footer) Write(p []byte) (int, error) {
	n := len(p)
	if len(f.head) < 4 {
		f.head = append(f.head, p[:min(len(p), 4-len(f.head))]...)
	}
	f.size += int64(n)
	if len(p) > footerSpace {
		p = p[len(p)-footerSpace:]
		f.last = slices.Grow(f.last, footerSpace-len(f.last))[:footerSpace]
	}
	if room := footerSpace - len(f.last); room > 0 {
		k := min(room, len(p))
		if len(f.last)+k > cap(f.last) {
			f.last = slices.Grow(f.last, min(max(len(f.last)+k, 64<<10), footerSpace)-len(f.last))
		}
		f.last = append(f.last, p[:k]...)
		p = p[k:]
	}
	for at := int((f.size - int64(len(p))) % int64(footerSpace)); len(p) > 0; at = 0 {
		k := copy(f.last[at:], p)
		p = p[k:]
	}
	return n, nil
}

// errPassed is for what a Footer does not keep.
var errPassed = errors.New("rowcheck: this part of the file has passed")

// ReadAt reads what was kept.
func (f *Footer) ReadAt(p []byte, off int64) (int, error) {
	if off >= 0 && off+int64(len(p)) <= int64(len(f.head)) {
		return copy(p, f.head[off:]), nil
	}
	if off < f.size-int64(len(f.last)) || off < 0 {
		return 0, errPassed
	}
	n := 0
	for n < len(p) && off < f.size {
		at := int(off)
		if len(f.last) == footerSpace {
			at = int(off % int64(footerSpace))
		}
		end := min(len(f.last), at+int(min(f.size-off, int64(len(p)-n))))
		k := copy(p[n:], f.last[at:end])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Found sums up the file that was written to f, in little memory: the manifest,
// which it is compared with, comes after all files.
func (f *Footer) Found() Found {
	s, err := Statistics(f, f.size)
	if err != nil {
		return Found{fault: text(err)}
	}
	found := Found{count: s.Count, columns: s.Schema != ""}
	found.schema, found.nulls = digests(s)
	return found
}

// Found is what a file of rows was found to hold.
type Found struct {
	fault         string // why it cannot be read
	count         int64
	columns       bool // their types are known
	schema, nulls layout.Digest
}

func digests(s *manifest.RowStatistics) (schema, nulls layout.Digest) {
	return layout.DigestOf([]byte(s.Schema)), layout.DigestOf(fmt.Append(nil, s.Nulls))
}

// Compare holds what a manifest states against what was found. It returns nil
// when they agree, and otherwise what differs.
func (f Found) Compare(stated *manifest.RowStatistics) error {
	schema, nulls := digests(stated)
	switch {
	case f.fault != "":
		return fmt.Errorf("the manifest counts %d rows, but they cannot be read: %s", stated.Count, f.fault)
	case stated.Count != f.count:
		return fmt.Errorf("the manifest counts %d rows, the file has %d", stated.Count, f.count)
	case stated.Schema != "" && f.columns && schema != f.schema:
		return errors.New("the manifest states other columns than the file has")
	case stated.Nulls != nil && f.columns && nulls != f.nulls:
		return errors.New("the manifest states other numbers of nulls than the file does")
	}
	return nil
}
