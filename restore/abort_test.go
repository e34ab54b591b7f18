package restore

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

func TestAbort(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	partial, complete := filepath.Join(dir, ".oa-archive-123.partial"), filepath.Join(dir, InsuranceName("corp", archiveID))
	for name, open := range stores(t) {
		for _, path := range []string{partial, complete} {
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		target := open(t)
		tx, err := target.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Abort(ctx, target, InsuranceFolder(dir)); !errors.Is(err, tenant.ErrLocked) {
			t.Errorf("%s: %v, want that an import is under way", name, err)
		}
		if _, err := os.Stat(partial); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		found, err := Abort(ctx, target, InsuranceFolder(dir))
		if err != nil || *found != (Aborted{Insurance: 1}) {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
		if _, err := os.Stat(partial); !os.IsNotExist(err) {
			t.Errorf("%s: %v, want that it is gone", name, err)
		}
		if _, err := os.Stat(complete); err != nil {
			t.Errorf("%s: a complete archive is gone: %v", name, err)
		}
		for _, place := range []InsurancePlace{nil, InsuranceFolder(dir), InsuranceFolder(filepath.Join(dir, "none"))} {
			if found, err := Abort(ctx, target, place); err != nil || *found != (Aborted{}) {
				t.Errorf("%s: again: %+v, %v", name, found, err)
			}
		}
	}
}

// large is a target with one file of that many bytes, which nobody holds.
type large int64

func (n large) open() io.ReadCloser {
	return io.NopCloser(io.LimitReader(rand.NewChaCha8([32]byte{}), int64(n)))
}

func (n large) entry() tenant.Entry {
	return tenant.Entry{
		Name: layout.Name{Kind: layout.File, Workspace: wsSales, Asset: upload}, Size: int64(n),
		Open: func(context.Context) (io.ReadCloser, error) { return n.open(), nil },
	}
}

func (n large) Inventory(context.Context) iter.Seq2[tenant.Entry, error] {
	return func(yield func(tenant.Entry, error) bool) {
		e, sum := n.entry(), sha256.New()
		_, err := io.Copy(sum, n.open())
		e.Digest = layout.Digest(sum.Sum(nil))
		yield(e, err)
	}
}

// weighing notes the largest heap in use while insurance is written.
type weighing struct {
	InsurancePlace
	most *uint64
}

func (p weighing) Create(ctx context.Context, name string) (InsuranceWriter, error) {
	w, err := p.InsurancePlace.Create(ctx, name)
	return weighingWriter{w, p.most}, err
}

type weighingWriter struct {
	InsuranceWriter
	most *uint64
}

func (w weighingWriter) Write(p []byte) (int, error) {
	*w.most = max(*w.most, heapInUse())
	return w.InsuranceWriter.Write(p)
}

func heapInUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestInsuranceStreams insures a file that is larger than the memory that
// insuring may take.
func TestInsuranceStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	const size, allowed = 96 << 20, 48 << 20
	var target large = size
	var digest layout.Digest
	for e := range target.Inventory(t.Context()) {
		digest = e.Digest
	}
	var most uint64
	in := insured(t)
	in.Workers, in.Place = 1, weighing{in.Place, &most}
	w := &insuring{Insurance: in, plan: listingOf("plan", struct{}{}, "steps", []Step{}), name: "x", record: &InsuranceRecord{
		Entries: []EntryChange{{Path: uploadPath, Before: digest.String(), BeforeSize: size}},
	}}
	before := heapInUse()
	ref, err := w.write(t.Context(), target, tenant.Info{ID: "corp"}, archive.WriterOptions{Created: time.Unix(1, 0)})
	if err != nil || ref.Bytes != size {
		t.Fatalf("%+v, %v", ref, err)
	}
	if most > before+allowed {
		t.Errorf("%d MiB were in use for %d MiB", (most-before)>>20, size>>20)
	}
	t.Logf("%d MiB in use for %d MiB", (most-before)>>20, size>>20)
}
