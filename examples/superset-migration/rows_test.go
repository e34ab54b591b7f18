package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// csvFiles are the files with the rows of the real bundle, by the name of the
// dataset.
var csvFiles = map[string]string{
	"FCC 2018 Survey": "fcc_survey_2018.csv.gz", "channel_members": "channel_members.csv", "channels": "channels.csv",
	"cleaned_sales_data": "sales.csv", "covid_vaccines": "covid_vaccines.csv", "exported_stats": "exported_stats.csv",
	"unicode_test": "unicode_test.csv", "users_channels": "users_channels.csv", "video_game_sales": "video_game_sales.csv",
}

// TestRowsArrive takes the real bundle with its rows from archive to archive,
// through a folder, SQLite and PostgreSQL, and compares what the last of them
// holds cell by cell with what Python reads in the CSV files.
func TestRowsArrive(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Fatal("the test needs python3: install the Debian package python3")
	}
	data := filepath.Join(realBundle(t), "..", "data")
	key, trust := newKey(t)
	file := filepath.Join(t.TempDir(), "acme.oa-archive")
	out := migrate(t, "-tenant", "acme", "-name", "Acme", "-sign-with", key, "-data", data, "-o", file, realBundle(t))
	if !strings.Contains(out, "\n66062 rows in 9 datasets\n") {
		t.Errorf("the report says\n%s", out)
	}
	hash := openArchive(t, file, trust).Manifest().ContentHash
	for _, kind := range []struct {
		name  string
		blank func(*testing.T) store
	}{{"folder", blankFolder}, {"sqlite", blankSQLite}, {"postgres", blankPostgres}} {
		to := kind.blank(t)
		into(t, openArchive(t, file, trust), to)
		src, err := to.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		file = filepath.Join(t.TempDir(), kind.name+".oa-archive")
		next, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := readKey(key)
		if err != nil {
			t.Fatal(err)
		}
		m, err := export.Export(t.Context(), src, next, export.Options{Writer: archive.WriterOptions{Signer: signer}, Selection: tenant.Selection{Rows: true}})
		if err != nil {
			t.Fatalf("%s: %v", kind.name, err)
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
		if err := next.Close(); err != nil {
			t.Error(err)
		}
		if m.ContentHash != hash {
			t.Errorf("out of the %s comes the content %s, %s went in", kind.name, m.ContentHash, hash)
		}
	}
	compareWithCSV(t, openArchive(t, file, trust), data)
}

// openArchive opens an archive that trust trusts.
func openArchive(t *testing.T, path string, trust sign.Policy) *archive.Archive {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(t.Context(), f, info.Size(), archive.Options{Policy: trust, RequireTrust: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A store holds one tenant.
type store interface {
	Target() tenant.Target
	Snapshot(ctx context.Context) (tenant.Source, error)
}

var acmeInfo = tenant.Info{ID: "acme", Name: "Acme"}

func blankFolder(t *testing.T) store {
	s, err := dirstore.Create(filepath.Join(t.TempDir(), "acme"), acmeInfo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func blankSQLite(t *testing.T) store { return blankStore(t, acmeInfo) }

func blankPostgres(t *testing.T) store { return postgresStore(t, acmeInfo) }

// into imports everything, rows included.
func into(t *testing.T, a *archive.Archive, s store) {
	t.Helper()
	plan, err := restore.MakePlan(t.Context(), a, s.Target(), restore.Options{Rows: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := restore.Apply(t.Context(), plan, a, s.Target(), restore.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
}

// compareWithCSV holds the rows of every dataset against Python's reading of
// its CSV file.
func compareWithCSV(t *testing.T, a *archive.Archive, data string) {
	t.Helper()
	names := datasetNames(t, a)
	compared := 0
	for _, e := range a.Manifest().Entries {
		n, err := layout.Parse(e.Path)
		if err != nil || n.Kind != layout.Rows {
			continue
		}
		r, err := a.ReaderAt(e.Path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parquetio.Open(r, e.Size, parquetio.Options{})
		if err != nil {
			t.Fatal(err)
		}
		compareTable(t, names[n.Asset], f, filepath.Join(data, csvFiles[names[n.Asset]]))
		compared++
	}
	if compared != len(csvFiles) {
		t.Errorf("%d datasets with rows, want %d", compared, len(csvFiles))
	}
}

func datasetNames(t *testing.T, a *archive.Archive) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, e := range a.Manifest().Entries {
		if n, err := layout.Parse(e.Path); err != nil || n.Kind != layout.Metadata {
			continue
		}
		doc, err := a.ReadDocument(t.Context(), e.Path, 0)
		if err != nil {
			t.Fatal(err)
		}
		var m struct{ Datasets []struct{ ID, Name string } }
		if err := json.Unmarshal(doc, &m); err != nil {
			t.Fatal(err)
		}
		for _, d := range m.Datasets {
			names[d.ID] = d.Name
		}
	}
	return names
}

// compareTable compares one file cell by cell.
func compareTable(t *testing.T, name string, f *parquetio.File, csvFile string) {
	t.Helper()
	args := []string{filepath.Join("testdata", "cells.py"), csvFile, strconv.FormatInt(1+f.Rows()/5000, 10)} // the large ones in part
	for _, c := range f.Schema() {
		args = append(args, c.Type.String())
	}
	python := exec.Command("python3", args...)
	var complaints bytes.Buffer
	python.Stderr = &complaints
	text, err := python.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaints.Bytes())
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	next := func() (cells []*string) {
		if !lines.Scan() {
			t.Fatalf("%s: the CSV file has fewer rows than %d", name, f.Rows())
		}
		if len(lines.Bytes()) == 0 {
			return nil
		}
		if err := json.Unmarshal(lines.Bytes(), &cells); err != nil {
			t.Fatal(err)
		}
		return cells
	}
	for i, header := range next() {
		if f.Schema()[i].Name != *header {
			t.Errorf("%s: column %d is %q, want %q", name, i, f.Schema()[i].Name, *header)
		}
	}
	row := 0
	for batch, err := range f.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := parquetio.Vectors(f.Schema(), batch)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(batch.NumRows()) {
			row++
			for k, want := range next() {
				if got := shownCell(vectors[k], i); (got == nil) != (want == nil) || got != nil && !sameCell(*got, *want, f.Schema()[k].Type) {
					t.Fatalf("%s: row %d, column %s: %s, want %s", name, row, f.Schema()[k], quotedCell(got), quotedCell(want))
				}
			}
		}
	}
	if lines.Scan() || row == 0 {
		t.Errorf("%s: the CSV file has more than %d rows", name, row)
	}
}

func shownCell(v parquetio.Vector, i int) *string {
	if v.Null(i) {
		return nil
	}
	text := string(v.AppendText(nil, i))
	return &text
}

func quotedCell(text *string) string {
	if text == nil {
		return "null"
	}
	return strconv.Quote(*text)
}

// sameCell compares texts, and of numbers their 64 bits.
func sameCell(got, want string, typ parquetio.Type) bool {
	if typ.Kind != parquetio.Float64 {
		return got == want
	}
	a, err1 := strconv.ParseFloat(got, 64)
	b, err2 := strconv.ParseFloat(want, 64)
	return err1 == nil && err2 == nil && math.Float64bits(a) == math.Float64bits(b)
}
