package rowcheck

import (
	"errors"
	"io"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/parquetio"
)

// Read is [Statistics] for the Parquet file of size bytes (-1: not known) that
// r yields. Where r is an [io.ReaderAt] as well, only the footer is read;
// otherwise all of it, of which the end is kept. A file that is damaged, no
// Parquet, or of a form that is not supported gives nil; the error is one of
// reading.
func Read(r io.Reader, size int64) (*manifest.RowStatistics, error) {
	at, ok := r.(io.ReaderAt)
	if !ok || size < 0 {
		var f Footer
		if _, err := io.Copy(&f, r); err != nil {
			return nil, err
		}
		at, size = &f, f.size
	}
	s, err := Statistics(at, size)
	if err != nil {
		if _, fault := unreadable(err); fault == nil || errors.Is(err, errPassed) {
			return nil, nil
		}
	}
	return s, err
}

// Columns takes the schema of statistics apart. It returns nil when they state
// none, or one that this version cannot read.
func Columns(s *manifest.RowStatistics) parquetio.Schema {
	columns, err := parquetio.ParseSchema(s.Schema)
	if err != nil {
		return nil
	}
	return columns
}
