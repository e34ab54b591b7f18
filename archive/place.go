package archive

import (
	"fmt"
	"sort"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/sign"
)

// place computes where every member must lie from the manifest alone, and
// compares that with the manifest's offsets and with the seek table. signed
// says whether signatures follow the entries.
func (a *Archive) place(signed bool) *Finding {
	var fault *Finding
	index, at := 0, int64(0)
	cut := frame.Cutter{Emit: func(length int64) {
		if fault == nil && (index >= a.t.frames() || a.t.start[index+1]-a.t.start[index] != length) {
			f := formatFinding(CodeFrameCut, ruleCut, "", at, InTar, fmt.Errorf("frame %d should hold %d bytes of tar, but the seek table says otherwise: the table or the manifest is wrong", index, length))
			fault = &f
		}
		index++
		at += length
	}}
	pos := int64(len(ustar.AppendGlobal(nil, hintOf(a.m), a.m.Created.Unix())))
	cut.Small(pos)
	for i := range a.m.Entries {
		e := &a.m.Entries[i]
		if e.Offset != pos {
			f := formatFinding(CodeOffset, ruleOffset, e.Path, pos, InTar, fmt.Errorf("the manifest says that the entry lies at byte %d of the tar, but it must lie at %d", e.Offset, pos))
			return &f
		}
		headers, padded := ustar.Length(e.Size), ustar.Padded(e.Size)
		if e.Size > frame.MaxSmall {
			cut.Large(headers, padded)
		} else {
			cut.Small(headers + padded)
		}
		pos += headers + padded
		if signed {
			length := signatureLength(a.m.ID, e.Path)
			cut.Small(length)
			pos += length
		}
		if fault != nil {
			return fault
		}
	}
	cut.Alone(ustar.BlockSize + ustar.Padded(a.textSize))
	last := int64(ustar.End)
	if signed {
		last += signatureLength(a.m.ID, layout.ManifestPath)
	}
	cut.Alone(last)
	if fault == nil && index != a.t.frames() {
		f := formatFinding(CodeFrameCut, ruleCut, "", at, InTar, fmt.Errorf("%d frames, where the manifest needs %d", a.t.frames(), index))
		fault = &f
	}
	return fault
}

// signatureLength returns the bytes of tar that the signature of the entry at
// path takes.
func signatureLength(id, path string) int64 {
	return ustar.BlockSize + ustar.Padded(int64(sign.SignatureSize(namespace(id, path))))
}

// frameAt returns the frame that holds byte offset of the tar.
func (t *fileTable) frameAt(offset int64) int {
	return sort.Search(t.frames(), func(i int) bool { return t.start[i+1] > offset })
}

// Sizes says where the bytes of an archive go.
type Sizes struct {
	File       int64 // bytes of the file
	Tar        int64 // bytes of the tar that it decompresses to
	Content    int64 // bytes of the entries' content
	Manifest   int64 // bytes of manifest.json
	Frames     int   // data frames
	Compressed int64 // bytes of the data frames in the file
	Tables     int64 // bytes of the fixity frame and the seek table
}

// Ratio returns how many bytes of tar a byte of the file holds.
func (s Sizes) Ratio() float64 { return float64(s.Tar) / float64(max(1, s.File)) }

// Sizes returns the sizes of the archive's parts. It reads nothing.
func (a *Archive) Sizes() Sizes {
	n := a.t.frames()
	s := Sizes{File: a.t.size, Tar: a.t.start[n], Manifest: a.textSize, Frames: n, Compressed: a.t.at[n], Tables: a.t.size - a.t.at[n]}
	for i := range a.m.Entries {
		s.Content += a.m.Entries[i].Size
	}
	return s
}

// CompressedSize says how many bytes of the file the entry at path takes: the
// length of its frames for a large entry (then exact is true), and its share
// of the frame that it lies in for a small one. It reads nothing. ok is false
// when there is no such entry.
func (a *Archive) CompressedSize(path string) (n int64, exact, ok bool) {
	i := a.find(path)
	if i < 0 {
		return 0, false, false
	}
	e := &a.m.Entries[i]
	first := a.t.frameAt(e.Offset)
	length := a.t.at[first+1] - a.t.at[first]
	if e.Size > frame.MaxSmall {
		last := first + len(e.Chunks)
		return a.t.at[last+1] - a.t.at[first], true, true
	}
	share := float64(ustar.Length(e.Size)+ustar.Padded(e.Size)) / float64(a.t.start[first+1]-a.t.start[first])
	return int64(share * float64(length)), false, true
}
