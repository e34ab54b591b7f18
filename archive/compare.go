package archive

import (
	"fmt"
	"slices"

	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// entries compares the entries that were read with those that are listed.
func (j *judge) entries() {
	read := &j.w.entries
	if j.samePaths() {
		shift := int64(0)
		for i := range j.m.Entries {
			e, o := &j.m.Entries[i], read.at(i)
			j.entry(e, &o)
			// One wrong place moves all that follow: report it once.
			if d := o.offset - e.Offset; d != shift {
				shift = d
				j.w.report(CodeOffset, ruleOffset, o.path, o.offset, "the entry lies at byte %d of the tar, the manifest says %d", o.offset, e.Offset)
			}
		}
		return
	}
	byPath := make(map[string]int, read.len())
	for i := range read.len() {
		byPath[read.at(i).path] = i
	}
	var missing []*manifest.Entry
	listed := make(map[string]bool, len(j.m.Entries))
	for i := range j.m.Entries {
		e := &j.m.Entries[i]
		listed[e.Path] = true
		if i, ok := byPath[e.Path]; ok {
			o := read.at(i)
			j.entry(e, &o)
		} else {
			missing = append(missing, e)
		}
	}
	var unlisted []observed
	for o := range read.all() {
		if !listed[o.path] {
			unlisted = append(unlisted, o)
		}
	}
	j.unpaired(missing, unlisted)
}

func (j *judge) samePaths() bool {
	if len(j.m.Entries) != j.w.entries.len() {
		return false
	}
	for i := range j.m.Entries {
		if j.m.Entries[i].Path != j.w.entries.at(i).path {
			return false
		}
	}
	return true
}

// unpaired reports entries that are only listed or only there.
func (j *judge) unpaired(missing []*manifest.Entry, unlisted []observed) {
	absent := make(map[layout.Digest]*manifest.Entry)
	for _, e := range missing {
		absent[e.SHA256] = e
	}
	renamed := make(map[*manifest.Entry]bool)
	for _, o := range unlisted {
		if e := absent[o.digest]; e != nil && !o.damaged && !renamed[e] {
			renamed[e] = true
			j.w.report(CodeRenamed, ruleListed, o.path, o.offset, "the manifest lists this content as %+q", e.Path)
			continue
		}
		j.w.report(CodeUnlisted, ruleListed, o.path, o.offset, "the entry is in the archive, but the manifest does not list it")
	}
	for _, e := range missing {
		switch {
		case renamed[e]:
		case j.unread(e.Offset, e.Offset+ustar.Length(e.Size)+e.Size):
			j.w.report(CodeUnreadable, rulePresent, e.Path, e.Offset, "the entry lies in a part that could not be read")
		default:
			j.w.report(CodeMissing, rulePresent, e.Path, -1, "the manifest lists the entry, but it is not in the archive")
		}
	}
}

// entry compares one entry with its line in the manifest.
func (j *judge) entry(e *manifest.Entry, o *observed) {
	switch {
	case e.Size != o.size:
		j.w.report(CodeSize, ruleSize, o.path, o.offset, "the entry has %d bytes, the manifest says %d", o.size, e.Size)
	case o.damaged:
		j.w.report(CodeUnreadable, rulePresent, o.path, o.offset, "part of the entry's content could not be read")
	case e.SHA256 != o.digest:
		if other := j.holder(o.digest, o.path); other != "" {
			j.w.report(CodeSwapped, ruleDigest, o.path, o.offset, "it holds the content of %+q", other)
			return
		}
		j.w.report(CodeDigest, ruleDigest, o.path, o.offset, "its content was changed: the SHA-256 is %x, the manifest says %s", o.digest, e.SHA256)
	case !slices.Equal(e.Chunks, o.chunks):
		j.w.report(CodeChunks, ruleChunks, o.path, o.offset, "%s", chunkDifference(e, o))
	}
}

func chunkDifference(e *manifest.Entry, o *observed) string {
	for i := range min(len(e.Chunks), len(o.chunks)) {
		if e.Chunks[i] != o.chunks[i] {
			return fmt.Sprintf("the SHA-256 of chunk %d is %s, the manifest says %s", i, o.chunks[i], e.Chunks[i])
		}
	}
	return fmt.Sprintf("it has %d chunks, the manifest lists %d", len(o.chunks), len(e.Chunks))
}

// holder returns the path of another listed entry with this digest, if any.
func (j *judge) holder(digest layout.Digest, but string) string {
	if j.holders == nil {
		j.holders = make(map[layout.Digest]string, len(j.m.Entries))
		for i := range j.m.Entries {
			j.holders[j.m.Entries[i].SHA256] = j.m.Entries[i].Path
		}
	}
	if path := j.holders[digest]; path != but {
		return path
	}
	return ""
}
