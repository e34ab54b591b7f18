package archive

import (
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
)

// tailSize is how much of a file's end is read at first: the seek table and
// the last two frames of most archives.
const tailSize = 64 << 10

// A fileTable says where the frames of a file lie.
type fileTable struct {
	size   int64
	at     []int64 // of each data frame in the file, and of the fixity frame
	start  []int64 // of each data frame's content in the tar, and the tar's end
	fixity []byte  // the fixity frame
	table  []byte  // the seek table
	sums   []uint64
	tail   []byte // the last bytes of the file, from tailAt; nil once not needed
	tailAt int64
}

// frames returns the number of data frames.
func (t *fileTable) frames() int { return len(t.at) - 1 }

// readTable reads the seek table and the fixity frame, in two reads at most.
// What is wrong with them is reported as a finding; err is for reading itself.
func readTable(r io.ReaderAt, size int64) (t *fileTable, fault *Finding, err error) {
	t = &fileTable{size: size, tailAt: max(0, size-tailSize)}
	if t.tail, err = readRange(r, nil, t.tailAt, size-t.tailAt); err != nil {
		return nil, nil, err
	}
	refuse := func(code Code, rule string, at int64, err error) (*fileTable, *Finding, error) {
		f := formatFinding(code, rule, "", at, InFile, err)
		return nil, &f, nil
	}
	n, err := frame.ParseFooter(t.tail)
	if err != nil {
		return refuse(CodeSeekTable, ruleTable, max(0, size-frame.FooterSize), fmt.Errorf("%w: it is cut short, or something was appended to it", err))
	}
	tables := frame.TableLength(n) + frame.FixityLength(max(0, n-1))
	if n < 2 || tables > size {
		return refuse(CodeSeekTable, ruleTable, size-frame.FooterSize, fmt.Errorf("%w: %d rows do not go with %d bytes", frame.ErrTable, n, size))
	}
	b := t.tail
	if tables > int64(len(b)) {
		if b, err = readRange(r, nil, size-tables, tables); err != nil {
			return nil, nil, err
		}
	}
	b = b[int64(len(b))-tables:]
	t.fixity, t.table = b[:frame.FixityLength(n-1)], b[frame.FixityLength(n-1):]
	rows, err := frame.ParseTable(t.table)
	if err != nil {
		return refuse(CodeSeekTable, ruleTable, size-int64(len(t.table)), err)
	}
	if last := rows[n-1]; last.Content != 0 || int64(last.Compressed) != frame.FixityLength(n-1) {
		return refuse(CodeSeekTable, ruleTableRows, size-int64(len(t.table)), fmt.Errorf("%w: its last row is not the fixity frame", frame.ErrTable))
	}
	t.place(rows[:n-1])
	if end := t.at[n-1]; end != size-tables {
		return refuse(CodeSeekTable, ruleTableRows, size-int64(len(t.table)), fmt.Errorf("%w: its rows add up to %d bytes, but the frames take %d", frame.ErrTable, end, size-tables))
	}
	if t.sums, err = frame.ParseFixity(t.fixity, n-1); err != nil {
		return refuse(CodeFixity, ruleFixity, t.at[n-1], err)
	}
	return t, nil, nil
}

// place adds up the rows of the data frames.
func (t *fileTable) place(rows []frame.Row) {
	t.at, t.start = make([]int64, len(rows)+1), make([]int64, len(rows)+1)
	for i, row := range rows {
		t.at[i+1] = t.at[i] + int64(row.Compressed)
		t.start[i+1] = t.start[i] + int64(row.Content)
	}
}
