package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/spool"
)

// Spooled is a stream that has been read whole and now permits random access.
// Reading is safe for concurrent use.
type Spooled struct{ s *spool.Spool }

// Spool reads r to its end: into memory, and from 8 MiB on into a temporary
// file in tempDir (empty means [os.TempDir]) that has no name and is encrypted
// under a key that exists only in memory. Nothing is verified: pass the result
// to [Open] or [Verify]. The caller closes it. When ctx ends, Spool fails after
// the read that is under way.
//
// A stream whose first bytes are not those of an archive is refused at once,
// with a [*FormatError] that wraps [ErrNotArchive]: it may never end.
func Spool(ctx context.Context, r io.Reader, tempDir string) (*Spooled, error) {
	s := &Spooled{s: &spool.Spool{Dir: tempDir}}
	buf := make([]byte, 256<<10)
	for checked := false; ; {
		if err := ctx.Err(); err != nil {
			return nil, s.abandon(err)
		}
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := s.s.Write(buf[:n]); err != nil {
				return nil, s.abandon(err)
			}
		}
		if !checked && s.Size() >= int64(len(magic)) {
			if checked = true; !s.begins(magic[:]) {
				s.Close()
				f := formatFinding(CodeNotArchive, ruleFile, "", 0, InFile, fmt.Errorf("%w: it does not begin with a zstd frame", ErrNotArchive))
				return nil, f.Err
			}
		}
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return nil, s.abandon(err)
		}
	}
}

// magic is what a zstd frame begins with.
var magic = [4]byte{frame.Magic & 0xff, frame.Magic >> 8 & 0xff, frame.Magic >> 16 & 0xff, frame.Magic >> 24}

// begins reports whether the stream so far begins with prefix.
func (s *Spooled) begins(prefix []byte) bool {
	got := make([]byte, len(prefix))
	_, err := s.ReadAt(got, 0)
	return err == nil && bytes.Equal(got, prefix)
}

func (s *Spooled) abandon(err error) error {
	s.s.Close()
	return fmt.Errorf("archive: spool: %w", err)
}

// ReadAt implements [io.ReaderAt].
func (s *Spooled) ReadAt(p []byte, off int64) (int, error) { return s.s.ReadAt(p, off) }

// Size returns the number of bytes.
func (s *Spooled) Size() int64 { return s.s.Size() }

// Close frees the memory and the temporary file.
func (s *Spooled) Close() error { return s.s.Close() }
