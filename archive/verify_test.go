package archive

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/oneanalytics/oa-archive/manifest"
)

func TestVerifyAccepts(t *testing.T) {
	for name, files := range map[string][]file{"small": smallFiles(), "large": largeFiles(), "empty": nil, "one": smallFiles()[:1]} {
		for _, unsigned := range []bool{false, true} {
			opts := options(t)
			if unsigned {
				opts.Signer, opts.Unsigned = nil, true
			}
			b := build(t, opts, files, true)
			r := both(t, b, Options{AllowUnsigned: unsigned})
			if err := r.Err(); err != nil {
				t.Errorf("%s, unsigned %v: %v", name, unsigned, err)
				continue
			}
			size := int64(0)
			for _, f := range files {
				size += int64(len(f.content))
			}
			if r.Entries != len(files) || r.Bytes != size || r.FileSize != int64(len(b)) || r.Signed == unsigned || r.Incomplete {
				t.Errorf("%s, unsigned %v: report %+v", name, unsigned, r)
			}
			if r.Manifest.ContentHash != manifest.ContentHash(entriesOf(files)) {
				t.Errorf("%s: content hash %s", name, r.Manifest.ContentHash)
			}
			reader, err := NewReader(bytes.NewReader(b), Options{AllowUnsigned: unsigned})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				h, err := reader.NextUnverified()
				if err != nil || h.Path != f.path || h.Size != int64(len(f.content)) {
					t.Fatalf("%s: NextUnverified = %+v, %v", name, h, err)
				}
				if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, f.content) {
					t.Fatalf("%s: %s: content differs, %v", name, f.path, err)
				}
			}
			if _, err := reader.NextUnverified(); err != io.EOF || reader.Manifest() == nil {
				t.Errorf("%s: at the end: %v", name, err)
			}
			a, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)), Options{AllowUnsigned: unsigned})
			if err != nil {
				t.Errorf("%s: Open: %v", name, err)
				continue
			}
			for _, f := range files {
				if got, err := a.ReadDocument(context.Background(), f.path, 0); err != nil || !bytes.Equal(got, f.content) {
					t.Fatalf("%s: %s: content differs, %v", name, f.path, err)
				}
			}
		}
	}
}
