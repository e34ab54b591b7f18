package superset

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A table is the CSV file with a dataset's rows. The file stays where it is
// and is read again for every use.
type table struct {
	fsys   fs.FS
	path   string
	digest layout.Digest // of the file, compressed as it may be
	count  int64
	schema parquetio.Schema
	cells  []cellReader
}

// indexRows finds the rows of each dataset in a folder of CSV files: those that
// the dataset's member data names, by the last segment of its address. It reads
// every file once to count.
func (b *bundle) indexRows(fsys fs.FS) error {
	for _, d := range sorted(b.datasets) {
		var doc datasetDocument
		if _, err := b.reload(d.file, &doc); err != nil {
			return err
		}
		name := doc.dataFile()
		if name == "" || doc.SQL != "" {
			continue
		}
		t := &table{fsys: fsys, path: name}
		err := t.index(newModel(doc))
		if errors.Is(err, fs.ErrNotExist) {
			continue // this dataset has no rows here
		}
		if err != nil {
			return fmt.Errorf("superset: rows of %s: %w", d.path, err)
		}
		d.rows = t
	}
	return nil
}

// dataFile returns the name of the file that the dataset's rows are in, or "".
func (d *datasetDocument) dataFile() string {
	for name, value := range members(d.Rest) {
		var address string
		if name != "data" || json.Unmarshal(value, &address) != nil {
			continue
		}
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		file := path.Base(u.Path)
		if !fs.ValidPath(file) || file == "." {
			return ""
		}
		return file
	}
	return ""
}

// index counts the rows and settles the types of the columns.
func (t *table) index(m *model) error {
	r, err := t.open()
	if err != nil {
		return err
	}
	defer r.Close()
	undecided := map[int]bool{} // times whose zone the first cell decides
	for i, name := range r.header {
		sql := ""
		if c := m.columns[name]; c != nil {
			sql = c.Type
		}
		typ, read := rowType(sql)
		undecided[i] = typ.Kind == parquetio.Timestamp && !saysZone(sql)
		t.schema = append(t.schema, parquetio.Column{Name: name, Type: typ, Nullable: true})
		t.cells = append(t.cells, read)
	}
	if err := t.schema.Check(); err != nil {
		return fmt.Errorf("%s: %w", t.path, err)
	}
	for {
		var record []string
		if record, err = r.next(); err != nil {
			break
		}
		t.count++
		for i, text := range record {
			if undecided[i] && !isNull(text, t.schema[i].Type) {
				t.schema[i].Type, t.cells[i] = timestamp(hasZone(text))
				undecided[i] = false
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	t.digest, err = r.sum()
	return err
}

// write writes the rows as Parquet. The error names the line and the column of
// a cell that does not fit, and wraps [tenant.ErrChanged] when the file is no
// longer what was counted.
func (t *table) write(ctx context.Context, out io.Writer) error {
	r, err := t.open()
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("superset: %s: %w", t.path, tenant.ErrChanged)
	}
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := parquetio.NewWriter(out, t.schema, parquetio.WriterOptions{})
	if err != nil {
		return err
	}
	row := make([]any, len(t.schema))
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		record, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := t.read(r, record, row); err != nil {
			return err
		}
		if err := w.AppendRow(row); err != nil {
			return fmt.Errorf("superset: %s: line %d: %w", t.path, r.line(0), err)
		}
	}
	digest, err := r.sum()
	if err != nil {
		return err
	}
	if digest != t.digest {
		return fmt.Errorf("superset: %s: %w", t.path, tenant.ErrChanged)
	}
	return w.Close()
}

// read makes values of a record's cells.
func (t *table) read(r *csvReader, record []string, row []any) error {
	if len(record) != len(row) {
		return fmt.Errorf("superset: %s: %w", t.path, tenant.ErrChanged)
	}
	for i, text := range record {
		row[i] = nil
		if isNull(text, t.schema[i].Type) {
			continue
		}
		value, err := t.cells[i](text)
		if err != nil {
			return fmt.Errorf("superset: %s: line %d, column %q: the cell %w, but the dataset states the type %s", t.path, r.line(i), t.schema[i].Name, err, t.schema[i].Type)
		}
		row[i] = value
	}
	return nil
}

// content streams the rows as Parquet. Closing it ends the writing.
func (t *table) content(ctx context.Context) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		buffered := bufio.NewWriterSize(w, 64<<10)
		w.CloseWithError(cmp.Or(t.write(ctx, buffered), buffered.Flush()))
	}()
	return r
}

// A csvReader reads a CSV file, plain or compressed with gzip, and takes its
// digest.
type csvReader struct {
	file   io.Closer
	raw    io.Reader // through the digest
	hash   hash.Hash
	csv    *csv.Reader
	path   string
	header []string
}

func (t *table) open() (*csvReader, error) {
	f, err := t.fsys.Open(t.path)
	if err != nil {
		return nil, err
	}
	r := &csvReader{file: f, hash: sha256.New(), path: t.path}
	r.raw = io.TeeReader(f, r.hash)
	if err := r.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("superset: %s: %w", t.path, err), f.Close())
	}
	return r, nil
}

func (r *csvReader) start() error {
	content := r.raw
	if strings.HasSuffix(r.path, ".gz") {
		unzipped, err := gzip.NewReader(content)
		if err != nil {
			return err
		}
		content = unzipped
	}
	text := bufio.NewReader(content)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		_, _ = text.Discard(3)
	}
	r.csv = csv.NewReader(text)
	var err error
	r.header, err = r.csv.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty: a line with the names of the columns is missing")
	}
	r.csv.ReuseRecord = true
	return err
}

// next returns the cells of the next row, valid until the next call.
func (r *csvReader) next() ([]string, error) {
	record, err := r.csv.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("superset: %s: %w", r.path, err)
	}
	return record, err
}

// line returns the line that cell i of the last row begins on.
func (r *csvReader) line(i int) int {
	line, _ := r.csv.FieldPos(i)
	return line
}

// sum returns the digest of the whole file.
func (r *csvReader) sum() (layout.Digest, error) {
	_, err := io.Copy(io.Discard, r.raw)
	return layout.Digest(r.hash.Sum(nil)), err
}

func (r *csvReader) Close() error { return r.file.Close() }
