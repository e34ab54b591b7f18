package archive

import (
	"context"
	"fmt"
	"io"

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
func Spool(ctx context.Context, r io.Reader, tempDir string) (*Spooled, error) {
	s := &Spooled{s: &spool.Spool{Dir: tempDir}}
	buf := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return nil, s.abandon(err)
		}
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := s.s.Write(buf[:n]); err != nil {
				return nil, s.abandon(err)
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
