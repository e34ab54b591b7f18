package archive

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/spool"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// namespace returns the SSHSIG namespace of the signature of the entry at path
// (docs/spec/signatures.md, S-3).
func namespace(id, path string) string { return "oa-archive.v1:" + id + ":" + path }

// An outFrame is a frame on its way out. Its worker hashes and signs what lies
// in it, then compresses it.
type outFrame struct {
	content    []byte
	hashes     []hashJob
	signatures []signatureJob
	chunk      *chunkJob

	hashed chan struct{} // closed once all digests of the frame are known
	done   chan struct{} // closed at the end

	sum        hash.Hash     // of a large entry's content up to this chunk
	digest     layout.Digest // of the chunk
	compressed []byte
	fixity     uint64 // the sum of compressed
	err        error
}

// A hashJob is a small entry: its content is content[from:to] of the frame.
type hashJob struct {
	entry    *manifest.Entry
	from, to int64
}

// A signatureJob fills in the signature of an entry, size bytes at from, once
// the frame hashed knows the digest.
type signatureJob struct {
	entry  *manifest.Entry
	from   int64
	size   int
	hashed *outFrame
}

// A chunkJob is a chunk of a large entry.
type chunkJob struct {
	entry  *manifest.Entry
	size   int // without padding
	last   bool
	before *outFrame // the chunk before; nil for the first
}

// A pipeline compresses frames on goroutines and writes them in order. Only
// the frames' workers run concurrently; every method belongs to one goroutine.
// Frames start in order and wait only for earlier ones, so they cannot lock
// each other out.
type pipeline struct {
	out    io.Writer
	enc    *frame.Encoder
	signer *sign.Signer
	id     string
	limit  int // frames under way

	queue    []*outFrame
	rows     []frame.Row
	sums     []uint64
	heldRows []frame.Row // of the spool, while diverted
	heldSums []uint64
	spool    *spool.Spool
	large    []buffers // free, for contents of frame.MaxContent bytes
	small    []buffers // free, for contents of frame.Target bytes
}

// buffers are the memory of one frame, which the next ones use again.
type buffers struct{ content, compressed []byte }

// newFrame returns an empty frame with room for size bytes.
func (p *pipeline) newFrame(size int) *outFrame {
	f := &outFrame{hashed: make(chan struct{}), done: make(chan struct{})}
	free, room := &p.small, frame.Target
	if size > frame.Target {
		free, room = &p.large, frame.MaxContent
	}
	if n := len(*free); n > 0 {
		b := (*free)[n-1]
		*free = (*free)[:n-1]
		f.content, f.compressed = b.content[:0], b.compressed[:0]
	} else {
		f.content = make([]byte, 0, room)
	}
	return f
}

// recycle keeps the memory of a frame that has been written, and drops what
// would keep earlier frames alive.
func (p *pipeline) recycle(f *outFrame) {
	free := &p.small
	if cap(f.content) > frame.Target {
		free = &p.large
	}
	if len(*free) <= p.limit {
		*free = append(*free, buffers{f.content, f.compressed})
	}
	f.content, f.compressed, f.hashes, f.signatures, f.chunk = nil, nil, nil, nil, nil
}

// push starts the worker of f, and writes frames that are before it when too
// many are under way.
func (p *pipeline) push(f *outFrame) error {
	for len(p.queue) >= p.limit {
		if err := p.pop(); err != nil {
			return err
		}
	}
	p.queue = append(p.queue, f)
	go p.work(f)
	return nil
}

func (p *pipeline) work(f *outFrame) {
	defer close(f.done)
	func() {
		defer close(f.hashed)
		for _, j := range f.hashes {
			j.entry.SHA256 = layout.DigestOf(f.content[j.from:j.to])
		}
		if f.chunk != nil {
			f.chunk.hash(f)
		}
	}()
	for _, j := range f.signatures {
		<-j.hashed.hashed
		signature, err := p.sign(j.entry.Path, j.entry.SHA256)
		if err != nil {
			f.err = err
			return
		}
		copy(f.content[j.from:j.from+int64(j.size)], signature)
	}
	f.compressed = p.enc.Encode(f.compressed, f.content)
	f.fixity = frame.Sum(f.compressed)
}

// hash takes the digest of the chunk, and goes on with that of the whole content
// from where the chunk before has left off. Only the latter has to wait.
func (c *chunkJob) hash(f *outFrame) {
	content := f.content[:c.size]
	f.digest = layout.DigestOf(content)
	if c.before == nil {
		f.sum = sha256.New()
	} else {
		<-c.before.hashed
		f.sum, c.before.sum = c.before.sum, nil
		c.before = nil
	}
	f.sum.Write(content)
	if c.last {
		f.sum.Sum(c.entry.SHA256[:0])
	}
}

// sign returns the signature of the entry at path.
func (p *pipeline) sign(path string, digest layout.Digest) ([]byte, error) {
	ns := namespace(p.id, path)
	signature, err := p.signer.Sign(ns, sign.Digest(digest))
	if err != nil {
		return nil, fmt.Errorf("archive: sign entry %+q: %w", path, err)
	}
	if len(signature) != sign.SignatureSize(ns) {
		return nil, fmt.Errorf("archive: sign entry %+q: the signature has %d bytes, want %d", path, len(signature), sign.SignatureSize(ns))
	}
	return signature, nil
}

// pop waits for the first frame and writes it.
func (p *pipeline) pop() error {
	f := p.queue[0]
	p.queue = p.queue[1:]
	<-f.done
	if f.err != nil {
		return f.err
	}
	if f.chunk != nil {
		f.chunk.entry.Chunks = append(f.chunk.entry.Chunks, f.digest)
	}
	if err := p.write(f.compressed, f.fixity, len(f.content)); err != nil {
		return err
	}
	p.recycle(f)
	return nil
}

func (p *pipeline) write(compressed []byte, sum uint64, content int) error {
	row := frame.Row{Compressed: uint32(len(compressed)), Content: uint32(content)}
	if p.spool != nil {
		p.heldRows, p.heldSums = append(p.heldRows, row), append(p.heldSums, sum)
		_, err := p.spool.Write(compressed)
		return wrapSpool(err)
	}
	p.rows, p.sums = append(p.rows, row), append(p.sums, sum)
	return p.writeOut(compressed)
}

func wrapSpool(err error) error {
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

func (p *pipeline) writeOut(b []byte) error {
	n, err := p.out.Write(b)
	if err == nil && n != len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("archive: write: %w", err)
	}
	return nil
}

// drain writes all frames that are under way.
func (p *pipeline) drain() error {
	for len(p.queue) > 0 {
		if err := p.pop(); err != nil {
			return err
		}
	}
	return nil
}

// divert sends further frames to s.
func (p *pipeline) divert(s *spool.Spool) { p.spool = s }

// restore ends divert. The function that it returns writes out what has been
// diverted, after what was written in between.
func (p *pipeline) restore() func(*spool.Spool) error {
	rows, sums := p.heldRows, p.heldSums
	p.spool, p.heldRows, p.heldSums = nil, nil, nil
	return func(s *spool.Spool) error {
		p.rows, p.sums = append(p.rows, rows...), append(p.sums, sums...)
		if _, err := s.WriteTo(p.out); err != nil {
			return fmt.Errorf("archive: write: %w", err)
		}
		return nil
	}
}

// writeNow compresses and writes a frame when none is under way.
func (p *pipeline) writeNow(content []byte) error {
	compressed := p.enc.Encode(nil, content)
	return p.write(compressed, frame.Sum(compressed), len(content))
}

// writeTables writes the fixity frame and the seek table.
func (p *pipeline) writeTables() error {
	fixity := frame.AppendFixity(nil, p.sums)
	rows := append(p.rows, frame.Row{Compressed: uint32(len(fixity))})
	return p.writeOut(frame.AppendTable(fixity, rows))
}

// abandon waits for the workers and frees the spool. It may be called again.
func (p *pipeline) abandon() {
	for _, f := range p.queue {
		<-f.done
	}
	p.queue, p.large, p.small = nil, nil, nil
	if p.spool != nil {
		p.spool.Close()
		p.spool = nil
	}
}
