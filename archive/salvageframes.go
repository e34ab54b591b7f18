package archive

import (
	"bytes"
	"fmt"
	"sort"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
)

// What looking for frames may cost. What looks like a frame and is none costs
// 16 for each block header and 1 for each byte that was decompressed in vain. In each
// cell of the file that may add up to the allowance; then looking goes on in
// the next cell. The work is so linear in the file, whatever it holds, and what
// a hostile document hides behind false beginnings lies in its own neighbourhood.
const (
	searchCell      = frame.MaxContent
	searchAllowance = 64 << 20
	blockCost       = 16
)

// A foundFrame is a sound frame: it has the one form that archives have, and
// its checksum is right. data is valid until the next frame is looked for.
type foundFrame struct {
	at, length int64 // in the file
	sum        uint64
	data       []byte
}

func (f foundFrame) end() int64 { return f.at + f.length }

// A frameFinder finds the sound frames of a file that may hold anything.
type frameFinder struct {
	win    *window
	dec    *frame.Decoder
	limits Limits
	table  *fileTable // nil when there is none that can be used
	buf    []byte     // that contents are decompressed into

	cell, spent int64
	skipped     []Range // not looked at, because the allowance was spent
	furthest    int64   // end of the frames whose content was counted
	content     int64   // of these
	work        int64   // all that was spent, for tests
}

// maxTableRows bounds the memory for a seek table: 64 bytes a row.
const maxTableRows = 4 << 20

// newFrameFinder looks for a seek table, too. One that cannot be read is none.
func newFrameFinder(win *window, limits Limits) (*frameFinder, error) {
	dec, err := frame.NewDecoder(1)
	if err != nil {
		return nil, err
	}
	f := &frameFinder{win: win, dec: dec, limits: limits}
	footer, err := win.from(max(0, win.size-frame.FooterSize), frame.FooterSize)
	if err != nil {
		return nil, err
	}
	if n, err := frame.ParseFooter(footer); err == nil && n <= maxTableRows {
		if t, fault, err := readTable(win.r, win.size); err == nil && fault == nil {
			t.tail, t.fixity, t.table = nil, nil, nil
			f.table = t
		}
	}
	return f, nil
}

// next returns the first sound frame at p or after it. ok is false when there
// is none.
func (f *frameFinder) next(p int64) (found foundFrame, ok bool, err error) {
	if found, ok, err = f.try(p); ok || err != nil {
		return found, ok, err
	}
	if found, ok, err = f.listed(p); ok || err != nil {
		return found, ok, err
	}
	for q := p + 1; q < f.win.size; q++ {
		if q, err = f.seek(q); err != nil || q < 0 {
			return found, false, err
		}
		if q/searchCell == f.cell && f.spent > searchAllowance {
			next := min((q/searchCell+1)*searchCell, f.win.size)
			f.skipped = append(f.skipped, Range{q, next})
			q = next - 1
			continue
		}
		if found, ok, err = f.try(q); ok || err != nil {
			return found, ok, err
		}
	}
	return found, false, nil
}

// listed takes the seek table's word for where the frame after the one at p
// begins, if the frame there is the one that the fixity frame has a sum of.
// All that lies between belongs to the frame at p, which is not sound.
func (f *frameFinder) listed(p int64) (found foundFrame, ok bool, err error) {
	t := f.table
	if t == nil {
		return found, false, nil
	}
	i := sort.Search(t.frames(), func(i int) bool { return t.at[i] >= p })
	if i+1 >= t.frames() || t.at[i] != p {
		return found, false, nil
	}
	found, ok, err = f.try(t.at[i+1])
	return found, ok && found.sum == t.sums[i+1], err
}

// seek returns the next place from q on where a magic number stands, or -1.
func (f *frameFinder) seek(q int64) (int64, error) {
	for q+int64(len(magic)) <= f.win.size {
		b, err := f.win.from(q, windowStep)
		if err != nil {
			return -1, err
		}
		if i := bytes.Index(b, magic[:]); i >= 0 {
			return q + int64(i), nil
		}
		q += int64(len(b) - len(magic) + 1)
	}
	return -1, nil
}

// try reads the frame at p, if there is a sound one.
func (f *frameFinder) try(p int64) (found foundFrame, ok bool, err error) {
	probe := frame.NewProbe(max(frame.MaxContent, ustar.BlockSize+ustar.Padded(f.limits.Manifest)))
	need := int64(windowStep)
	var raw []byte
	for raw == nil {
		b, err := f.win.from(p, need)
		if err != nil {
			return found, false, err
		}
		n, done, fault := probe.Step(b)
		switch {
		case done:
			raw = b[:n]
		case fault != nil || int64(len(b)) < n && p+int64(len(b)) == f.win.size:
			f.charge(p, 1+blockCost*probe.Blocks())
			return found, false, nil
		}
		need = n
	}
	content := probe.Content()
	data, fault := f.dec.Decode(f.buf[:0], raw, content)
	if fault != nil {
		f.charge(p, blockCost*probe.Blocks()+content+int64(len(raw)))
		return found, false, nil
	}
	if content <= frame.MaxContent {
		f.buf = data
	}
	return foundFrame{at: p, length: int64(len(raw)), sum: frame.Sum(raw), data: data}, true, nil
}

// count adds the content of a frame to that of the archive.
func (f *frameFinder) count(found foundFrame) error {
	if found.end() <= f.furthest {
		return nil // seen before
	}
	f.furthest = found.end()
	if f.content += int64(len(found.data)); f.content > f.limits.Tar {
		return fmt.Errorf("%w: more than %d bytes of tar", ErrLimit, f.limits.Tar)
	}
	return nil
}

// charge books what was done in vain at p.
func (f *frameFinder) charge(p, cost int64) {
	if cell := p / searchCell; cell != f.cell {
		f.cell, f.spent = cell, 0
	}
	f.spent += cost
	f.work += cost
}
