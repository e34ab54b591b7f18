// Package vectorgen makes archives that are wrong in exactly one way, for the
// test vectors in testdata. It lays out arbitrary tar members into otherwise
// correct frames, fixity frame and seek table, as an attacker would.
package vectorgen

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// A Member is one tar member as it will be laid out.
type Member struct {
	Path    string
	Header  []byte // header blocks, extended header included
	Content []byte
	Padding []byte // after the content
	Alone   bool   // in a frame of its own: the manifest
}

// Bytes returns the member's part of the tar.
func (m Member) Bytes() []byte { return slices.Concat(m.Header, m.Content, m.Padding) }

// Clone returns a deep copy.
func (m Member) Clone() Member {
	m.Header, m.Content, m.Padding = bytes.Clone(m.Header), bytes.Clone(m.Content), bytes.Clone(m.Padding)
	return m
}

// File returns the member that holds content at path.
func File(path string, content []byte, created time.Time) Member {
	return Member{Path: path, Header: ustar.AppendFile(nil, path, int64(len(content)), created.Unix()), Content: content, Padding: padding(content)}
}

func padding(content []byte) []byte {
	return make([]byte, ustar.Padded(int64(len(content)))-int64(len(content)))
}

// A Case is an archive to make. The functions change the parts on the way,
// each after what is before it has been computed; nil changes nothing.
type Case struct {
	ID      string
	Created time.Time
	Tenant  manifest.Tenant
	Signer  *sign.Signer // nil for an unsigned archive
	Files   []Member     // Path and Content
	Sign    func(path string, digest sign.Digest) []byte

	Purpose    string // empty means manual
	Extensions manifest.Members

	Hint      func(*ustar.Hint)                  // what the global header says
	Manifest  func(*manifest.Manifest)           // before it becomes text
	Text      func(string) string                // of the manifest, before it is signed
	Signed    func(string) string                // of the manifest, after it was signed
	Members   func([]Member) []Member            // all, the zero blocks not counted
	End       func([]byte) []byte                // the zero blocks
	Tar       func([]byte) []byte                // the whole tar, its length unchanged
	Cuts      func([]int64) []int64              // lengths of the frames
	Encode    func(i int, content []byte) []byte // nil result: the usual encoding
	Frames    func([][]byte) [][]byte
	Fixity    func([]uint64) []uint64
	Rows      func([]frame.Row) []frame.Row
	TailBytes func(fixity, table []byte) (newFixity, newTable []byte)
	Bytes     func([]byte) []byte // of the whole file
}

// Base returns the right archive that most vectors are made from.
func Base() Case { return base() }

// Large returns a right archive with an entry of several chunks.
func Large() Case { return large() }

// Fixed values of all vectors.
const (
	ID      = "019a9b3c-0000-7000-8000-000000000001"
	OtherID = "019a9b3c-0000-7000-8000-000000000002"
)

// Created is the time of all vectors.
var Created = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Key returns a signer whose key depends on seed alone. Its keys are public:
// trust none of them.
func Key(seed byte) *sign.Signer {
	pair, err := sign.GenerateKey(rand.NewChaCha8([32]byte{seed}), "test vector", nil)
	if err != nil {
		panic(err)
	}
	signer, err := sign.ParsePrivateKey(pair.PrivatePEM, nil)
	if err != nil {
		panic(err)
	}
	return signer
}

// Namespace returns the namespace of a signature.
func Namespace(id, path string) string { return "oa-archive.v1:" + id + ":" + path }

// Build makes the archive. It panics on mistakes in the case itself.
func (c Case) Build() []byte {
	if c.Sign == nil && c.Signer != nil {
		c.Sign = func(path string, digest sign.Digest) []byte {
			return must(c.Signer.Sign(Namespace(c.ID, path), digest))
		}
	}
	members := c.members()
	if c.Members != nil {
		cloned := make([]Member, len(members))
		for i, m := range members {
			cloned[i] = m.Clone()
		}
		members = c.Members(cloned)
	}
	end := make([]byte, ustar.End)
	if c.End != nil {
		end = c.End(end)
	}
	return c.file(members, end)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// members returns all members of the right archive, the changes of the
// manifest applied.
func (c Case) members() []Member {
	purpose := cmp.Or(c.Purpose, manifest.PurposeManual)
	hint := ustar.Hint{Created: manifest.FormatTime(c.Created), Format: manifest.VersionFor(purpose).String(), ID: c.ID, Tenant: c.Tenant.ID}
	if c.Hint != nil {
		c.Hint(&hint)
	}
	members := []Member{{Path: ustar.GlobalName, Header: ustar.AppendGlobal(nil, hint, c.Created.Unix())}}
	m := &manifest.Manifest{
		Format: manifest.VersionFor(purpose), MinReader: manifest.VersionFor(purpose), ID: c.ID, Created: c.Created, Generator: "vectorgen",
		Kind: manifest.KindFull, Purpose: purpose, Extensions: c.Extensions, Tenant: c.Tenant,
	}
	if c.Signer != nil {
		m.SigningKey = c.Signer.PublicKey().Fingerprint()
	}
	pos := int64(len(members[0].Header))
	add := func(member Member) {
		members = append(members, member)
		pos += int64(len(member.Bytes()))
	}
	for _, f := range c.Files {
		e := manifest.Entry{Path: f.Path, Size: int64(len(f.Content)), SHA256: layout.DigestOf(f.Content), Offset: pos}
		if e.Size > frame.MaxSmall {
			for chunk := range slices.Chunk(f.Content, frame.MaxContent) {
				e.Chunks = append(e.Chunks, layout.DigestOf(chunk))
			}
		}
		m.Entries = append(m.Entries, e)
		add(File(f.Path, f.Content, c.Created))
		if c.Sign != nil {
			add(File(layout.SignaturePath(f.Path), c.Sign(f.Path, sign.Digest(e.SHA256)), c.Created))
		}
	}
	m.ContentHash = manifest.ContentHash(m.Entries)
	m.Coverage.Included = manifest.Counts(m.Entries)
	if c.Manifest != nil {
		c.Manifest(m)
	}
	text := string(must(m.Marshal()))
	if c.Text != nil {
		text = c.Text(text)
	}
	signed := text
	if c.Signed != nil {
		text = c.Signed(text)
	}
	member := File(layout.ManifestPath, []byte(text), c.Created)
	member.Alone = true
	add(member)
	if c.Sign != nil {
		add(File(layout.SignaturePath(layout.ManifestPath), c.Sign(layout.ManifestPath, sign.Digest(layout.DigestOf([]byte(signed)))), c.Created))
	}
	return members
}

// file cuts members into frames and adds the tables.
func (c Case) file(members []Member, end []byte) []byte {
	var cuts []int64
	cut := frame.Cutter{Emit: func(n int64) { cuts = append(cuts, n) }}
	var tar []byte
	last := int64(0) // of what shares the last frame with the zero blocks
	afterManifest := false
	for _, m := range members {
		b := m.Bytes()
		tar = append(tar, b...)
		switch {
		case afterManifest:
			last += int64(len(b))
		case m.Alone:
			cut.Alone(int64(len(b)))
			afterManifest = true
		case len(m.Content) > frame.MaxSmall:
			cut.Large(int64(len(m.Header)), int64(len(m.Content)+len(m.Padding)))
		default:
			cut.Small(int64(len(b)))
		}
	}
	tar = append(tar, end...)
	cut.Alone(last + int64(len(end)))
	if c.Tar != nil {
		tar = c.Tar(tar)
	}
	if c.Cuts != nil {
		cuts = c.Cuts(cuts)
	}
	frames, rows := c.frames(tar, cuts)
	sums := make([]uint64, len(frames))
	var out []byte
	for i, f := range frames {
		sums[i] = frame.Sum(f)
		out = append(out, f...)
	}
	if c.Fixity != nil {
		sums = c.Fixity(sums)
	}
	fixity := frame.AppendFixity(nil, sums)
	rows = append(rows, frame.Row{Compressed: uint32(len(fixity))})
	if c.Rows != nil {
		rows = c.Rows(rows)
	}
	table := frame.AppendTable(nil, rows)
	if c.TailBytes != nil {
		fixity, table = c.TailBytes(fixity, table)
	}
	out = slices.Concat(out, fixity, table)
	if c.Bytes != nil {
		out = c.Bytes(out)
	}
	return out
}

func (c Case) frames(tar []byte, cuts []int64) (frames [][]byte, rows []frame.Row) {
	enc := must(frame.NewEncoder(1))
	for i, n := range cuts {
		if n > int64(len(tar)) {
			panic(fmt.Sprintf("vectorgen: frame %d of %d bytes, %d are left", i, n, len(tar)))
		}
		var f []byte
		if c.Encode != nil {
			f = c.Encode(i, tar[:n])
		}
		if f == nil {
			f = enc.Encode(nil, tar[:n])
		}
		frames = append(frames, f)
		tar = tar[n:]
	}
	if len(tar) > 0 {
		panic(fmt.Sprintf("vectorgen: %d bytes of tar are in no frame", len(tar)))
	}
	if c.Frames != nil {
		frames = c.Frames(frames)
	}
	for i, f := range frames {
		content, err := frame.Check(f, frame.MaxManifest)
		if err != nil && i < len(cuts) && c.Frames == nil {
			content = cuts[i]
		}
		rows = append(rows, frame.Row{Compressed: uint32(len(f)), Content: uint32(max(0, content))})
	}
	return frames, rows
}
