package vectorgen

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/manifest"
)

// sized returns entries of the given sizes, as files of extensions.
func sized(sizes ...int) []Member {
	var files []Member
	for i, size := range sizes {
		content := make([]byte, size)
		for j := range content {
			content[j] = byte(j >> 16)
		}
		files = append(files, Member{Path: fmt.Sprintf("extensions/v/%c", 'a'+i), Content: content})
	}
	return files
}

// paths returns empty entries.
func paths(list ...string) []Member {
	var files []Member
	for _, p := range list {
		files = append(files, Member{Path: p})
	}
	return files
}

// deepPath has as many segments as a path may have, longPath as many bytes.
var (
	deepPath = "extensions/v" + strings.Repeat("/d", 8)
	longPath = "extensions/v/" + strings.Repeat(strings.Repeat("l", 51)+"/", 3) + "l"
	longName = "extensions/" + strings.Repeat("v", 64) + "/" + strings.Repeat("n", 64)
)

// limitVectors are right archives at a limit.
func limitVectors() []Vector {
	files := func(files ...Member) func() []byte { return with(func(c *Case) { c.Files = files }) }
	at := func(t time.Time) func() []byte { return with(func(c *Case) { c.Created = t }) }
	stated := func(change func(*manifest.Manifest)) func() []byte {
		return with(func(c *Case) { c.Manifest = change })
	}
	return []Vector{
		{Name: "limit-nothing", Rule: "C-8", AllowUnsigned: true, Text: "No entries and no signatures.", Build: with(func(c *Case) { c.Files, c.Signer = nil, nil })},
		{Name: "limit-greatest-small", Rule: "C-12", Text: "The greatest small entries, 1 MiB less one header, beside the smallest large one.", Build: files(sized(frame.MaxSmall-1, frame.MaxSmall, frame.MaxSmall+1)...)},
		{Name: "limit-full-frame", Rule: "C-12", AllowUnsigned: true, Text: "Two small entries that fill a frame of 1 MiB to the byte, and one that no longer fits.", Build: with(func(c *Case) {
			// The global header and its records have two blocks, entries one.
			c.Signer, c.Files = nil, sized(1<<19, 1<<19-2*512-512-512, 1)
		})},
		{Name: "limit-mebibyte", Rule: "C-12", Text: "Entries of 1 MiB, and of one byte less and more.", Build: files(sized(1<<20-1, 1<<20, 1<<20+1)...)},
		{Name: "limit-chunk", Rule: "M-15", Text: "Entries of exactly one chunk, and of one byte less and more.", Build: files(sized(frame.MaxContent-1, frame.MaxContent, frame.MaxContent+1)...)},
		{Name: "limit-chunks", Rule: "M-15", Text: "An entry of exactly two chunks.", Build: files(sized(2 * frame.MaxContent)...)},
		{Name: "limit-block", Rule: "C-6", Text: "Entries of 0 bytes, of a block of the tar, and of one byte less and more.", Build: files(sized(0, 1, 511, 512, 513)...)},
		{Name: "limit-paths", Rule: "E-1", Text: "The longest path, the deepest, and one of the longest segments.", Build: files(paths(deepPath, longPath, longName)...)},
		{Name: "limit-first-second", Rule: "M-4", Text: "Created in the first second that a manifest can state.", Build: at(manifest.MinCreated)},
		{Name: "limit-last-second", Rule: "M-4", Text: "Created in the last second that a manifest can state, which is the last of a tar header too.", Build: at(manifest.MaxCreated)},
		{Name: "limit-tenant", Rule: "M-9", Text: "The longest id and name of a tenant, with characters of four bytes.", Build: with(func(c *Case) {
			c.Tenant = manifest.Tenant{ID: "T" + strings.Repeat("-", 63), Name: strings.Repeat("𐍈", 256), Region: strings.Repeat("r", 64), Jurisdiction: strings.Repeat("j", 64)}
		})},
		{Name: "limit-sequence", Rule: "M-8", Text: "The greatest sequence and the longest name of a generator.", Build: stated(func(m *manifest.Manifest) {
			m.Sequence, m.Generator = math.MaxInt64, strings.Repeat("g", 200)
		})},
		{Name: "limit-many-entries", Rule: "E-2", AllowUnsigned: true, Text: "1,500 empty entries.", Build: with(func(c *Case) {
			c.Signer, c.Files = nil, nil
			for i := range 1500 {
				c.Files = append(c.Files, Member{Path: fmt.Sprintf("extensions/v/%04d", i)})
			}
		})},
	}
}

// beyondVectors are a step beyond the limits, or hold names that some system
// takes for something else.
func beyondVectors() []Vector {
	beyond := func(path string) func() []byte {
		return members(func(m []Member) []Member { return slices.Insert(m, mManifest, File(path, []byte("x"), Created)) })
	}
	return []Vector{
		{Name: "limit-path-too-long", Rule: "E-1", Code: "bad-path", Text: "A path of 171 bytes.", Build: beyond(longPath + "l")},
		{Name: "limit-path-too-deep", Rule: "E-1", Code: "bad-path", Text: "A path of 11 segments.", Build: beyond(deepPath + "/d")},
		{Name: "limit-segment-too-long", Rule: "E-1", Code: "bad-path", Text: "A segment of 65 bytes.", Build: beyond(longName + "n")},
		{Name: "limit-tenant-too-long", Rule: "M-9", Code: "bad-manifest", Text: "A tenant's name of 1,025 bytes.", Build: text(`"name": "Acme"`, `"name": "`+strings.Repeat("n", 1025)+`"`)},
		{Name: "limit-generator-too-long", Rule: "M-5", Code: "bad-manifest", Text: "A generator of 201 bytes.", Build: text(`"vectorgen"`, `"`+strings.Repeat("g", 201)+`"`)},
		{Name: "path-trailing-dot", Rule: "E-1", Code: "bad-path", Text: "A segment that ends with a dot, which Windows drops.", Build: beyond("extensions/v/x.")},
		{Name: "path-trailing-space", Rule: "E-1", Code: "bad-path", Text: "A segment that ends with a space, which Windows drops.", Build: beyond("extensions/v/x ")},
		{Name: "path-stream", Rule: "E-1", Code: "bad-path", Text: "A colon, which begins the name of a stream on Windows.", Build: beyond("extensions/v/x:y")},
		{Name: "path-backslash", Rule: "E-1", Code: "bad-path", Text: "A backslash, which is a slash on Windows.", Build: beyond(`extensions/v/..\..\x`)},
		{Name: "path-not-ascii", Rule: "E-1", Code: "bad-path", Text: "A letter that macOS writes as two characters.", Build: beyond("extensions/v/é")},
		{Name: "path-hidden", Rule: "E-1", Code: "bad-path", Text: "A segment that begins with a dot.", Build: beyond("extensions/v/.x")},
		{Name: "path-option", Rule: "E-1", Code: "bad-path", Text: "A segment that begins with a hyphen, as options of programs do.", Build: beyond("extensions/v/-x")},
	}
}
