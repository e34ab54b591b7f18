package archive

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"strings"

	"github.com/oneanalytics/oa-archive/sign"
)

// A unit is the hashing and the checking of signatures that one frame causes.
// It runs on a goroutine of its own, and waits only for units before it.
type unit struct {
	frame      *inFrame // whose content the functions look at; may be nil
	hashes     []func()
	signatures []func()
	complete   int           // so many entries are, once this unit and those before are done
	hashed     chan struct{} // closed once all digests are known
	done       chan struct{}
}

func newUnit(f *inFrame) *unit {
	if f != nil {
		f.retain()
	}
	return &unit{frame: f, hashed: make(chan struct{}), done: make(chan struct{})}
}

func (u *unit) run() {
	for _, h := range u.hashes {
		h()
	}
	close(u.hashed)
	for _, s := range u.signatures {
		s()
	}
	if u.frame != nil {
		u.frame.release()
	}
	u.hashes, u.signatures, u.frame = nil, nil, nil
	close(u.done)
}

// units runs units, a bounded number at a time.
type units struct {
	limit    int
	running  []*unit
	finished func(*unit) // called in the order of start
}

func (us *units) start(u *unit) {
	for len(us.running) >= us.limit {
		us.waitFirst()
	}
	us.running = append(us.running, u)
	go u.run()
}

func (us *units) wait() {
	for len(us.running) > 0 {
		us.waitFirst()
	}
}

func (us *units) waitFirst() {
	u := us.running[0]
	<-u.done
	us.running = us.running[1:]
	us.finished(u)
}

// A contentHash computes the digests of one entry's content, which arrives in
// chunks, each in a unit. Only one unit at a time works on it.
type contentHash struct {
	o    *observed
	sum  hash.Hash // nil for a small entry
	last *unit     // that has the latest chunk
}

// add makes u hash the next chunk. A small entry has one chunk.
func (c *contentHash) add(u *unit, chunk []byte, large bool) {
	before := c.last
	c.last = u
	o := c.o
	if !large {
		u.hashes = append(u.hashes, func() { o.digest = sha256.Sum256(chunk) })
		return
	}
	if c.sum == nil {
		c.sum = sha256.New()
	}
	sum := c.sum
	u.hashes = append(u.hashes, func() {
		digest := sha256.Sum256(chunk)
		if before != nil && before != u {
			<-before.hashed
		}
		o.chunks = append(o.chunks, digest)
		sum.Write(chunk)
	})
}

// end makes the digest complete.
func (c *contentHash) end(u *unit, large bool) {
	if !large {
		return
	}
	before, sum, o := c.last, c.sum, c.o
	c.last = u
	u.hashes = append(u.hashes, func() {
		if before != nil && before != u {
			<-before.hashed
		}
		sum.Sum(o.digest[:0])
	})
}

// checkSignature reads a signature and checks that it verifies for the entry
// at path of the archive id. Whose key it is, is judged later.
func checkSignature(text []byte, id, path string, offset int64, digest [32]byte) *checkedSignature {
	s, err := sign.ParseSignature(text)
	if err != nil {
		f := signatureFinding(CodeSignatureForm, ruleSignatureForm, path, "", offset, err)
		return &checkedSignature{fault: &f}
	}
	checked := &checkedSignature{fingerprint: s.Key.Fingerprint()}
	want := namespace(id, path)
	if s.Namespace != want {
		code, err := classifyNamespace(s.Namespace, id, path)
		f := signatureFinding(code, ruleNamespace, path, checked.fingerprint, offset, err)
		checked.fault = &f
		return checked
	}
	if err := s.Verify(want, sign.Digest(digest)); err != nil {
		f := signatureFinding(CodeBadSignature, ruleVerifies, path, checked.fingerprint, offset, err)
		checked.fault = &f
	}
	return checked
}

// classifyNamespace says where a signature came from.
func classifyNamespace(got, id, path string) (Code, error) {
	gotID, gotPath, ok := cutNamespace(got)
	switch {
	case !ok:
		return CodeNamespace, fmt.Errorf("the signature was made for %+q, not for an archive", got)
	case gotID != id:
		return CodeOtherArchive, fmt.Errorf("the signature was made for the archive %+q, not for this one", gotID)
	}
	return CodeOtherEntry, fmt.Errorf("the signature was made for the entry %+q", gotPath)
}

// cutNamespace takes a namespace apart.
func cutNamespace(ns string) (id, path string, ok bool) {
	rest, ok := strings.CutPrefix(ns, "oa-archive.v1:")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ":")
}
