package oaarchive_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/internal/testkit"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// A home is where a tenant is kept for a while.
type home interface {
	tenant.Target
	snapshot(ctx context.Context) (tenant.Source, error)
}

type directory struct {
	tenant.Target
	store *dirstore.Store
}

func (d directory) snapshot(ctx context.Context) (tenant.Source, error) { return d.store.Snapshot(ctx) }

type database struct{ *sqlstore.Store }

func (d database) snapshot(ctx context.Context) (tenant.Source, error) { return d.Snapshot(ctx) }

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newDirectory(t *testing.T, info tenant.Info) home {
	t.Helper()
	store := must[*dirstore.Store](t)(dirstore.Create(filepath.Join(t.TempDir(), "tenant"), info))
	t.Cleanup(func() { _ = store.Close() })
	return directory{store.Target(), store}
}

func newDatabase(t *testing.T, db *sqlstore.DB, info tenant.Info) home {
	t.Helper()
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.CreateTenant(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	return database{must[*sqlstore.Store](t)(db.Tenant(t.Context(), info.ID))}
}

func newSQLite(t *testing.T, info tenant.Info) home {
	t.Helper()
	return newDatabase(t, must[*sqlstore.DB](t)(sqlstore.CreateSQLite(t.Context(), filepath.Join(t.TempDir(), "tenants.db"))), info)
}

func newPostgres(t *testing.T, info tenant.Info) home {
	t.Helper()
	return newDatabase(t, must[*sqlstore.DB](t)(sqlstore.CreatePostgres(t.Context(), pgtest.New(t).URL())), info)
}

// createArchive returns an archive of all that h holds.
func createArchive(t *testing.T, h home) (*archive.Archive, *manifest.Manifest) {
	t.Helper()
	src := must[tenant.Source](t)(h.snapshot(t.Context()))
	var file bytes.Buffer
	m := must[*manifest.Manifest](t)(export.Export(t.Context(), src, &file, export.Options{
		Writer: archive.WriterOptions{Unsigned: true}, Selection: tenant.Selection{Rows: true, Audit: true}, AllowInvalid: true}))
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	return must[*archive.Archive](t)(archive.Open(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), archive.Options{AllowUnsigned: true})), m
}

// bring imports all of an archive into h, which is blank, and holds that a
// second import has nothing to do.
func bring(t *testing.T, a *archive.Archive, h home) {
	t.Helper()
	everything := restore.Options{Rows: true, Audit: true}
	plan := must[*restore.Plan](t)(restore.MakePlan(t.Context(), a, h, everything))
	must[*restore.Result](t)(restore.Apply(t.Context(), plan, a, h, restore.ApplyOptions{}))
	if again := must[*restore.Plan](t)(restore.MakePlan(t.Context(), a, h, everything)); again.Writes() {
		t.Errorf("a second import of the same archive would write: %+v", again.Summary)
	}
}

// fill stores entries in h as they are, without an archive.
func fill(t *testing.T, h home, src tenant.Source) {
	t.Helper()
	tx := must[tenant.Tx](t)(h.Begin(t.Context()))
	defer func() { _ = tx.Rollback() }()
	for e, err := range src.Entries(t.Context(), tenant.Selection{Rows: true, Audit: true}) {
		if err != nil {
			t.Fatal(err)
		}
		r := must[io.ReadCloser](t)(e.Open(t.Context()))
		if err := tx.Put(t.Context(), e.Name, e.Size, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	rec := tenant.ImportRecord{ID: "11111111-1111-4111-8111-111111111111", At: time.Unix(0, 0).UTC(), Summary: "filled"}
	if err := tx.Commit(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

// TestRoundTripOfEverything takes tenants from a folder through SQLite and
// PostgreSQL back to a folder, by an archive each time. What an import changes
// on purpose (it closes links, it puts alerts to sleep, it writes the rows of
// other programs anew where rows are tables) it changes the first time; from
// then on every archive has the same content hash.
func TestRoundTripOfEverything(t *testing.T) {
	for name, start := range map[string]func(*testing.T) home{"sample": sampleTenant, "generated": generatedTenant} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			info := must[tenant.Info](t)(h.Tenant(t.Context()))
			a, first := createArchive(t, h)
			wantAllKinds(t, first)
			settled := newSQLite(t, info)
			bring(t, a, settled)
			a, want := createArchive(t, settled)
			wantSameDocuments(t, first, want)
			for _, stop := range []struct {
				name string
				make func(*testing.T, tenant.Info) home
			}{{"folder", newDirectory}, {"SQLite", newSQLite}, {"PostgreSQL", newPostgres}, {"folder again", newDirectory}} {
				next := stop.make(t, info)
				bring(t, a, next)
				var got *manifest.Manifest
				if a, got = createArchive(t, next); got.ContentHash != want.ContentHash {
					t.Errorf("%s: content hash %s, want %s; %s", stop.name, got.ContentHash, want.ContentHash, differences(want, got))
				}
			}
		})
	}
}

// sampleTenant is the project's sample tenant, with rows of every type.
func sampleTenant(t *testing.T) home {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sample")
	if err := os.CopyFS(dir, os.DirFS("testdata/tenant")); err != nil {
		t.Fatal(err)
	}
	models, err := filepath.Glob(filepath.Join(dir, "workspaces", "*", "datasets", "*", "model.yaml"))
	if err != nil || len(models) == 0 {
		t.Fatalf("%d models: %v", len(models), err)
	}
	for i, model := range models {
		opts := parquetio.WriterOptions{}
		if i == 0 {
			opts.Compression = parquetio.Uncompressed // as another program might
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(model), "rows.parquet"), rowsOfEveryType(t, opts, i*7), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := must[*dirstore.Store](t)(dirstore.Open(dir))
	t.Cleanup(func() { _ = store.Close() })
	return directory{store.Target(), store}
}

// generatedTenant is a made-up tenant, whose rows another writer has written.
func generatedTenant(t *testing.T) home {
	t.Helper()
	src := must[*testkit.Source](t)(testkit.New(testkit.Options{Seed: 7, Documents: 120, Workspaces: 2, Rows: 300, AuditEvents: 200}))
	h := newDirectory(t, must[tenant.Info](t)(src.Tenant(t.Context())))
	fill(t, h, src)
	return h
}

// rowsOfEveryType returns a file of n rows, with nulls. Values are such that
// every store can hold them.
func rowsOfEveryType(t *testing.T, opts parquetio.WriterOptions, n int) []byte {
	t.Helper()
	schema := must[parquetio.Schema](t)(parquetio.ParseSchema(`id int64 not null, b bool, i8 int8, i16 int16, i32 int32, u8 uint8, u16 uint16, u32 uint32, u64 uint64,
		f32 float32, f64 float64, "price \"net\"" decimal(38,9), d date, tm time(ms), tu time(us), ts timestamp(us), tz timestamp(ms, utc), ns timestamp(ns, utc),
		"Straße" string, "; DROP TABLE x; --" binary, u uuid, j json, l list<string>, "L" list<int64 not null>`))
	var file bytes.Buffer
	w := must[*parquetio.Writer](t)(parquetio.NewWriter(&file, schema, opts))
	for i := range n {
		at := time.Date(2000+i, 2, 29, 23, 59, i%60, 123_000_000, time.UTC)
		day := at.Truncate(24 * time.Hour)
		row := []any{int64(i), i%2 == 0, int8(-i), int16(-i), int32(i), uint8(i), uint16(i), uint32(i), uint64(1<<63) + uint64(i),
			float32(i) / 3, float64(i) / 7, fmt.Sprintf("-%d.123456789", i), day, time.Duration(i) * time.Millisecond, time.Duration(i) * time.Microsecond, at, at, at,
			strings.Repeat("日本 ", i%5), []byte{0, byte(i)}, fmt.Sprintf("00000000-0000-4000-8000-%012d", i), fmt.Sprintf(`{"b": %d, "a": [1.0]}`, i),
			[]any{"a", nil, ""}[:i%4], []any{int64(i)}}
		for k := range row {
			if k > 0 && (i+k)%5 == 0 {
				row[k] = nil
			}
		}
		if err := w.AppendRow(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// wantAllKinds holds that the journey is worth its name.
func wantAllKinds(t *testing.T, m *manifest.Manifest) {
	t.Helper()
	found := map[layout.Kind]bool{}
	for _, e := range m.Entries {
		found[must[layout.Name](t)(layout.Parse(e.Path)).Kind] = true
	}
	for _, kind := range []layout.Kind{layout.Metadata, layout.Model, layout.Rows, layout.Report, layout.Alert, layout.File, layout.Audit} {
		if !found[kind] {
			t.Errorf("the tenant has nothing of kind %s", kind)
		}
	}
}

// wantSameDocuments holds that a first import changed nothing but what it may.
func wantSameDocuments(t *testing.T, before, after *manifest.Manifest) {
	t.Helper()
	for path := range strings.SplitSeq(differences(before, after), " ") {
		if path == "" {
			continue
		}
		switch kind := must[layout.Name](t)(layout.Parse(path)).Kind; kind {
		case layout.Metadata, layout.Alert, layout.Rows:
		default:
			t.Errorf("the import changed %s", path)
		}
	}
}

// differences names the entries that two archives do not have alike.
func differences(a, b *manifest.Manifest) string {
	digests := map[string]layout.Digest{}
	for _, e := range a.Entries {
		digests[e.Path] = e.SHA256
	}
	var paths []string
	for _, e := range b.Entries {
		if digests[e.Path] != e.SHA256 {
			paths = append(paths, e.Path)
		}
		delete(digests, e.Path)
	}
	for path := range digests {
		paths = append(paths, path)
	}
	return strings.Join(paths, " ")
}
