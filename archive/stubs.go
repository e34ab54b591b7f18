package archive

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

var errLater = errors.New("archive: not written yet")

// An Archive gives random access to a file. It is safe for concurrent use. It
// implements fs.FS, fs.ReadDirFS, fs.StatFS and fs.ReadFileFS; all bytes it
// hands out have been verified.
type Archive struct{}

// Open reads and verifies the manifest of the archive in r.
func Open(ctx context.Context, r io.ReaderAt, size int64, opts Options) (*Archive, error) {
	return nil, errLater
}

// Manifest returns the verified manifest. The caller must not change it.
func (a *Archive) Manifest() *manifest.Manifest { return nil }

// ManifestDigest returns the SHA-256 of manifest.json.
func (a *Archive) ManifestDigest() sign.Digest { return sign.Digest{} }

// Verdict says what the policy makes of the signer.
func (a *Archive) Verdict() sign.Verdict { return sign.Verdict{} }

// Signed reports whether the archive is signed.
func (a *Archive) Signed() bool { return false }

// Entry returns what the manifest says of the entry at path.
func (a *Archive) Entry(path string) (manifest.Entry, bool) { return manifest.Entry{}, false }

// ReadDocument returns the verified content of the entry at path, up to limit
// bytes (0 means Limits.Document); errors wrap [ErrNoEntry] or [ErrLimit].
func (a *Archive) ReadDocument(ctx context.Context, path string, limit int64) ([]byte, error) {
	return nil, errLater
}

// OpenEntry returns the content of the entry at path as a stream.
func (a *Archive) OpenEntry(ctx context.Context, path string) (io.ReadCloser, error) {
	return nil, errLater
}

// ReaderAt gives random access to the content of the entry at path.
func (a *Archive) ReaderAt(path string) (*io.SectionReader, error) { return nil, errLater }

// Open implements [fs.FS].
func (a *Archive) Open(name string) (fs.File, error) { return nil, errLater }

// Stat implements [fs.StatFS].
func (a *Archive) Stat(name string) (fs.FileInfo, error) { return nil, errLater }

// ReadDir implements [fs.ReadDirFS].
func (a *Archive) ReadDir(name string) ([]fs.DirEntry, error) { return nil, errLater }

// ReadFile implements [fs.ReadFileFS].
func (a *Archive) ReadFile(name string) ([]byte, error) { return nil, errLater }

// Sizes tells where the bytes of an archive go.
type Sizes struct {
	File       int64 // bytes of the file
	Tar        int64 // bytes of the tar that it decompresses to
	Content    int64 // bytes of the entries' content
	Frames     int   // data frames
	Stored     int   // data frames that hold their content uncompressed; -1 when not known
	Manifest   int64 // bytes of manifest.json
	Compressed int64 // bytes of the data frames
	Overhead   int64 // bytes of the fixity frame and the seek table
}

// Sizes returns the sizes of the archive's parts, without reading anything.
func (a *Archive) Sizes() Sizes { return Sizes{} }

// CompressedSize estimates how many bytes of the file the entry at path takes:
// exact for an entry with frames of its own, else its share of the frame that
// it lies in.
func (a *Archive) CompressedSize(path string) (n int64, exact, ok bool) { return 0, false, false }

// Verify checks every byte of the archive in r.
func Verify(ctx context.Context, r io.ReaderAt, size int64, opts Options) (*Report, error) {
	return nil, errLater
}

// VerifyStream checks an archive that comes through a pipe.
func VerifyStream(ctx context.Context, r io.Reader, opts Options) (*Report, error) {
	return nil, errLater
}

// A Reader reads an archive from a pipe. Nothing that it returns is proven
// before NextUnverified has returned [io.EOF].
type Reader struct{}

// NewReader starts to read the archive in r.
func NewReader(r io.Reader, opts Options) (*Reader, error) { return nil, errLater }

// NextUnverified moves on to the next entry. It returns [io.EOF] after the
// last one when, and only when, the whole archive has been verified.
func (r *Reader) NextUnverified() (Header, error) { return Header{}, errLater }

// Read reads the content of the current entry.
func (r *Reader) Read(p []byte) (int, error) { return 0, errLater }

// Manifest returns the manifest once NextUnverified has returned io.EOF.
func (r *Reader) Manifest() *manifest.Manifest { return nil }

// Verdict says what the policy makes of the signer, once NextUnverified has
// returned io.EOF.
func (r *Reader) Verdict() sign.Verdict { return sign.Verdict{} }

// Spooled is a stream that has been read whole and now permits random access.
type Spooled struct{}

// Spool reads r to its end into memory or, when it is large, into an encrypted
// temporary file in tempDir that has no name.
func Spool(ctx context.Context, r io.Reader, tempDir string) (*Spooled, error) { return nil, errLater }

// ReadAt implements [io.ReaderAt].
func (s *Spooled) ReadAt(p []byte, off int64) (int, error) { return 0, errLater }

// Size returns the number of bytes.
func (s *Spooled) Size() int64 { return 0 }

// Close frees the memory and the temporary file.
func (s *Spooled) Close() error { return nil }

// A File is an [Archive] in a file of its own.
type File struct {
	*Archive
	f *os.File
}

// OpenFile opens the archive at path. The caller closes it.
func OpenFile(ctx context.Context, path string, opts Options) (*File, error) { return nil, errLater }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// FileOptions say how [CreateFile] publishes a file.
type FileOptions struct {
	Replace bool // replace a file that is there already
}

// A FileWriter writes a file that appears under its name complete or not at
// all. Write the archive to it, then call Commit; always call Close.
type FileWriter struct{}

// CreateFile starts a file that Commit will make appear at path. Unless
// opts.Replace is set, a path that exists is an error wrapping [fs.ErrExist].
func CreateFile(path string, opts FileOptions) (*FileWriter, error) { return nil, errLater }

// Write implements [io.Writer].
func (f *FileWriter) Write(p []byte) (int, error) { return 0, errLater }

// Commit syncs the file, reads its tail back as an archive, and publishes it.
func (f *FileWriter) Commit(ctx context.Context) error { return errLater }

// Close removes the temporary file unless Commit has succeeded.
func (f *FileWriter) Close() error { return nil }
