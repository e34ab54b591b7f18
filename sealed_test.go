package oaarchive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/internal/testkit"
	"github.com/oneanalytics/oa-archive/seal"
)

// sealedTenant archives a made-up tenant, twice the same bytes: in plaintext and
// encrypted.
func sealedTenant(t *testing.T, opts testkit.Options) (plain, file []byte, key *age.X25519Identity) {
	t.Helper()
	src := must[*testkit.Source](t)(testkit.New(opts))
	key = must[*age.X25519Identity](t)(age.GenerateX25519Identity())
	var inside, outside bytes.Buffer
	w := must[*seal.Writer](t)(seal.NewWriter(&outside, key.Recipient()))
	if _, err := export.Export(t.Context(), src, io.MultiWriter(w, &inside), export.Options{
		Writer: archive.WriterOptions{Created: time.Unix(1795000000, 0), Unsigned: true},
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return inside.Bytes(), outside.Bytes(), key
}

// A meter counts what is read: requests, where the file is far away.
type meter struct {
	src          io.ReaderAt
	reads, bytes atomic.Int64
}

func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.src.ReadAt(p, off)
	m.reads.Add(1)
	m.bytes.Add(int64(n))
	return n, err
}

func (m *meter) String() string {
	return fmt.Sprintf("%d reads, %d bytes", m.reads.Load(), m.bytes.Load())
}

// reports returns the paths of some reports, smaller ones than 16 KiB.
func reports(a *archive.Archive, n int) (paths []string) {
	entries := a.Manifest().Entries
	for i := range entries {
		if e := &entries[i*7919%len(entries)]; strings.Contains(e.Path, "/reports/") && e.Size < 16<<10 && len(paths) < n {
			paths = append(paths, e.Path)
		}
	}
	return paths
}

// TestSealedArchivesAreReadAtRandom opens an encrypted archive and reads a report
// of it: in few reads and few bytes, however large the archive is.
func TestSealedArchivesAreReadAtRandom(t *testing.T) {
	for _, documents := range []int{300, 1200} {
		plain, file, key := sealedTenant(t, testkit.Options{Seed: 11, Documents: documents, Files: documents / 10})
		if int64(len(file)) < int64(documents)*2<<10 {
			t.Fatalf("an archive of %d bytes is too small to tell", len(file))
		}
		a := must[*archive.Archive](t)(archive.Open(t.Context(), bytes.NewReader(plain), int64(len(plain)), archive.Options{AllowUnsigned: true}))
		for _, path := range reports(a, 10) {
			want := must[[]byte](t)(a.ReadDocument(t.Context(), path, 1<<20))
			m := &meter{src: bytes.NewReader(file)}
			r := must[*seal.Reader](t)(seal.Open(t.Context(), m, int64(len(file)), key))
			opened := must[*archive.Archive](t)(archive.Open(t.Context(), r, r.Size(), archive.Options{AllowUnsigned: true}))
			opening := m.String()
			got := must[[]byte](t)(opened.ReadDocument(t.Context(), path, 1<<20))
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what was archived", path)
			}
			if m.reads.Load() > 5 || m.bytes.Load() > 1<<20 {
				t.Errorf("%s of %d documents: %v, of which opening took %s", path, documents, m, opening)
			}
		}
		t.Logf("an archive of %d bytes", len(file))
	}
}

// TestSealedArchivesAreSalvaged damages an encrypted archive in one chunk and cuts
// it off: everything else is saved.
func TestSealedArchivesAreSalvaged(t *testing.T) {
	plain, file, key := sealedTenant(t, testkit.Options{Seed: 12, Documents: 600, Files: 60})
	whole := must[*archive.Archive](t)(archive.Open(t.Context(), bytes.NewReader(plain), int64(len(plain)), archive.Options{AllowUnsigned: true}))
	entries := len(whole.Manifest().Entries)
	for name, c := range map[string]struct {
		damage func(file []byte) []byte
		least  int // entries that are saved
	}{
		"one byte":         {func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, entries - 600},
		"a sector":         {func(b []byte) []byte { clear(b[len(b)/3 : len(b)/3+4096]); return b }, entries - 600},
		"the last quarter": {func(b []byte) []byte { return b[:len(b)*3/4] }, entries / 4},
	} {
		t.Run(name, func(t *testing.T) {
			bad := c.damage(bytes.Clone(file))
			_, err := readSealed(t.Context(), bad, key)
			if !errors.Is(err, seal.ErrDamaged) {
				t.Fatalf("it is not damaged: %v", err)
			}
			d := must[*seal.Damaged](t)(seal.OpenDamaged(t.Context(), bytes.NewReader(bad), int64(len(bad)), key))
			remains := must[*archive.Remains](t)(archive.Salvage(t.Context(), d, d.Size(), archive.SalvageOptions{Options: archive.Options{AllowUnsigned: true}}))
			if n := len(remains.Saved); n < c.least || n >= entries {
				t.Errorf("%d of %d entries were saved, want at least %d", n, entries, c.least)
			}
			for _, s := range remains.Saved {
				if e, ok := whole.Entry(s.Path); !ok || e.SHA256 != s.SHA256 {
					t.Errorf("%s was never archived like that", s.Path)
				}
			}
			if len(remains.Damage) == 0 {
				t.Error("no damage is named")
			}
		})
	}
}

func readSealed(ctx context.Context, file []byte, key age.Identity) ([]byte, error) {
	r, err := seal.NewReader(ctx, bytes.NewReader(file), key)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
