package parquetio_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/parquetio"
)

var makeGolden = flag.Bool("update", false, "write golden files that do not exist yet")

// golden lists files that were written once and are never written again. Rows
// that a store takes in go out as the same bytes years later, and archives of
// the same rows have the same content hash, so the writer gives these bytes for
// ever, or says so in its version.
var golden = []struct {
	file        string
	compression parquetio.Compression
	sha256      string
}{
	{"golden.parquet", parquetio.Uncompressed, "59d5d920a8110b5d9e17645c0d21a8f8e88758c59b2916c9b6c15f72ce7fbb02"},
	{"golden-zstd.parquet", parquetio.Zstd, "d30f63ad725a6eb073672236c144456d621bf14341d2ff41f46452a7ad1c0877"},
}

// goldenTypes are those of the golden files; a new type gets files of its own.
var goldenTypes = []string{
	"bool",
	"int8",
	"int16",
	"int32",
	"int64",
	"uint8",
	"uint16",
	"uint32",
	"uint64",
	"float32",
	"float64",
	"decimal(9,2)",
	"decimal(18,0)",
	"decimal(38,38)",
	"date",
	"time(ms)",
	"time(us)",
	"time(ns)",
	"timestamp(ms)",
	"timestamp(us, utc)",
	"timestamp(ns)",
	"string",
	"binary",
	"uuid",
	"json",
	"list<decimal(20,4)>",
	"list<timestamp(us, utc) not null>",
}

// goldenRows are rows of columns of every type, required and nullable, and of
// lists of every type.
func goldenRows() (parquetio.Schema, [][]any) {
	var schema parquetio.Schema
	for _, name := range goldenTypes {
		typ, err := parquetio.ParseType(name)
		if err != nil {
			panic(err)
		}
		schema = append(schema, parquetio.Column{Name: name, Type: typ, Nullable: true}, parquetio.Column{Name: name + " !", Type: typ})
		if typ.Kind != parquetio.List {
			schema = append(schema, parquetio.Column{Name: name + " *", Type: parquetio.ListOf(typ), Nullable: true})
		}
	}
	var rows [][]any
	for i := range 5 {
		row := make([]any, len(schema))
		for k, c := range schema {
			if !c.Nullable || (i+k)%3 > 0 {
				row[k] = goldenValue(c.Type, i)
			}
		}
		rows = append(rows, row)
	}
	return schema, rows
}

func goldenValue(t parquetio.Type, i int) any {
	at := time.Date(1969+20*i, 12, 31, 23, 59, 58, 123_000_000, time.UTC)
	switch t.Kind {
	case parquetio.Bool:
		return i%2 == 0
	case parquetio.Int8, parquetio.Int16, parquetio.Int32, parquetio.Int64:
		return []int64{0, 1, -1, math.MaxInt8, math.MinInt8}[i]
	case parquetio.Uint8, parquetio.Uint16, parquetio.Uint32, parquetio.Uint64:
		return []uint64{0, 1, 2, math.MaxInt8, math.MaxUint8}[i]
	case parquetio.Float32:
		return []float32{0, 1.5, float32(math.Copysign(0, -1)), float32(math.Inf(1)), math.SmallestNonzeroFloat32}[i]
	case parquetio.Float64:
		return []float64{0, 0.1, math.Copysign(0, -1), math.NaN(), math.MaxFloat64}[i]
	case parquetio.Decimal:
		digit := []string{"0", "1", "-1", "7", "-9"}[i]
		if t.Scale == 0 {
			return digit
		}
		sign := ""
		if digit[0] == '-' {
			sign, digit = "-", digit[1:]
		}
		return sign + "0." + fmt.Sprintf("%0*s", t.Scale, digit)
	case parquetio.Date:
		return at.Truncate(24 * time.Hour)
	case parquetio.Time:
		return time.Duration(i) * (5*time.Hour + time.Millisecond)
	case parquetio.Timestamp:
		return at
	case parquetio.String:
		return []string{"", "a", "øst 工場", "NUL\x00", "a"}[i]
	case parquetio.Binary:
		return []byte{0, 255, byte(i)}[:i%4]
	case parquetio.UUID:
		return uuidText(uint64(i) << 40)
	case parquetio.JSON:
		return []string{"null", "1.50", `{"b":1, "a":[]}`, `"é"`, "[]"}[i]
	}
	list := []any{}
	for k := range i {
		if k == 1 && !t.ElemRequired {
			list = append(list, nil)
			continue
		}
		list = append(list, goldenValue(*t.Elem, k))
	}
	return list
}

func TestGolden(t *testing.T) {
	schema, rows := goldenRows()
	for _, g := range golden {
		path := filepath.Join("testdata", g.file)
		got := write(t, schema, parquetio.WriterOptions{Compression: g.compression}, rows)
		want, err := os.ReadFile(path)
		if *makeGolden && errors.Is(err, fs.ErrNotExist) {
			if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got, 0o644)); err != nil {
				t.Fatal(err)
			}
			want, err = got, nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(want)); sum != g.sha256 {
			t.Errorf("%s has the digest %s, want %s: golden files are never rewritten", g.file, sum, g.sha256)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the writer gives other bytes than it did: %d where there were %d, different from byte %d on", g.file, len(got), len(want), differsAt(got, want))
		}
		f := open(t, want, parquetio.Options{})
		if back := mustRead(t, f); !f.Schema().Equal(schema) || !same(back, rows) {
			t.Errorf("%s does not read as what was written:\n%#v\n%#v", g.file, back, rows)
		}
	}
}

func differsAt(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
