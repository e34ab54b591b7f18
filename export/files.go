package export

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
)

// The rules of problems with uploaded files.
const (
	ruleFileSize   = "file-size"       // not as large as its record says
	ruleFileDigest = "file-digest"     // not the content that its record names
	ruleFileType   = "file-media-type" // a warning: not of the media type that its record says
	ruleFileGone   = "missing-file"    // a record without content
)

// A fileRecord is what a workspace's metadata says of an uploaded file.
type fileRecord struct {
	ID        string         `json:"id"`
	MediaType string         `json:"media_type"`
	Size      *int64         `json:"size_bytes"`
	Digest    *layout.Digest `json:"sha256"`
	index     int
}

// uploads holds a workspace's uploaded files against their records. The
// metadata precedes the files in canonical order.
type uploads struct {
	workspace string
	records   map[string]fileRecord // those whose content has not come yet
}

// document takes the records of a workspace. What cannot be read is a problem
// of the metadata.
func (u *uploads) document(name layout.Name, doc []byte) {
	if name.Kind != layout.Metadata {
		return
	}
	*u = uploads{workspace: name.Workspace, records: map[string]fileRecord{}}
	var lists struct {
		Files []json.RawMessage `json:"files"`
	}
	if json.Unmarshal(doc, &lists) != nil {
		return
	}
	for i, text := range lists.Files {
		r := fileRecord{index: i}
		if json.Unmarshal(text, &r) == nil && r.ID != "" {
			u.records[r.ID] = r
		}
	}
}

// take takes away the record of the file at name; nil when there is none, which
// is a problem that is reported as such.
func (u *uploads) take(name layout.Name) *fileRecord {
	r, ok := u.records[name.Asset]
	if name.Kind != layout.File || !ok || u.workspace != name.Workspace {
		return nil
	}
	delete(u.records, name.Asset)
	return &r
}

// check compares a file's content with its record.
func (r *fileRecord) check(size int64, digest layout.Digest, head []byte) []schema.Problem {
	var problems []schema.Problem
	switch {
	case r.Size != nil && *r.Size != size:
		problems = append(problems, schema.Problem{Rule: ruleFileSize, Text: fmt.Sprintf(
			"the file has %d bytes, its record in metadata.json states %d; write both from the same state", size, *r.Size)})
	case r.Digest != nil && *r.Digest != digest:
		problems = append(problems, schema.Problem{Rule: ruleFileDigest, Text: fmt.Sprintf(
			"the file's SHA-256 is %s, its record in metadata.json states %s; write both from the same state", digest, *r.Digest)})
	}
	if begins := beginningOf(r.MediaType); begins != nil && size > 0 && !bytes.HasPrefix(head, begins) {
		problems = append(problems, schema.Problem{Rule: ruleFileType, Warning: true, Text: fmt.Sprintf(
			"its record in metadata.json states %q, but it does not begin as such files do", r.MediaType)})
	}
	return problems
}

// rest returns problems for the records whose files did not come, of the
// metadata, in its order.
func (u *uploads) rest() []schema.Problem {
	var problems []schema.Problem
	left := slices.SortedFunc(maps.Values(u.records), func(a, b fileRecord) int { return cmp.Compare(a.index, b.index) })
	for _, r := range left {
		problems = append(problems, schema.Problem{
			Path: layout.Name{Kind: layout.Metadata, Workspace: u.workspace}.String(), Pointer: fmt.Sprintf("/files/%d", r.index),
			Rule: ruleFileGone, Text: fmt.Sprintf("the content of the file %.64q is missing; add it or drop the record", r.ID),
		})
	}
	*u = uploads{}
	return problems
}

// headSize is how much of a file's beginning tells its type.
const headSize = 8

// beginningOf returns the bytes that every file of a media type begins with, or
// nil where there are none to rely on.
func beginningOf(mediaType string) []byte {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	switch strings.ToLower(strings.TrimSpace(mediaType)) {
	case "application/pdf":
		return []byte("%PDF-")
	case "image/png":
		return []byte("\x89PNG\r\n\x1a\n")
	case "image/jpeg":
		return []byte("\xff\xd8\xff")
	case "image/gif":
		return []byte("GIF8")
	case "application/gzip", "application/x-gzip":
		return []byte("\x1f\x8b")
	case "application/vnd.apache.parquet":
		return []byte("PAR1")
	case "application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return []byte("PK")
	}
	return nil
}

// A headKeeper keeps the first bytes of what is written to it.
type headKeeper struct{ head []byte }

func (h *headKeeper) Write(p []byte) (int, error) {
	h.head = append(h.head, p[:min(len(p), headSize-len(h.head))]...)
	return len(p), nil
}
