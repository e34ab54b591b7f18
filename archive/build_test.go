package archive

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

const (
	testID = "019a9b3c-0000-7000-8000-000000000001"
	wsA    = "workspaces/0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	wsB    = "workspaces/1c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	id1    = "2a5e562b-ab37-1b9b-1de3-1be4335c8e83"
	id2    = "3a5e562b-ab37-1b9b-1de3-1be4335c8e83"
)

var testTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// testSigner returns a signer whose key depends on seed alone.
func testSigner(t testing.TB, seed byte) *sign.Signer {
	t.Helper()
	pair, err := sign.GenerateKey(rand.NewChaCha8([32]byte{seed}), "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sign.ParsePrivateKey(pair.PrivatePEM, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// file is an entry of a test archive.
type file struct {
	path    string
	content []byte
}

func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func text(n int, word string) []byte { return bytes.Repeat([]byte(word), n/len(word)+1)[:n] }

// smallFiles is a tenant of small documents, in canonical order.
func smallFiles() []file {
	return []file{
		{wsA + "/metadata.json", []byte(`{"workspace":{"id":"a"}}`)},
		{wsA + "/datasets/" + id1 + "/model.yaml", []byte("dataset: sales\n")},
		{wsA + "/datasets/" + id1 + "/rows.parquet", noise(700, 1)},
		{wsA + "/reports/" + id1 + ".json", text(2000, `{"pages":[]}`)},
		{wsA + "/reports/" + id2 + ".json", []byte("{}")},
		{wsA + "/files/" + id1, nil},
		{wsB + "/metadata.json", []byte(`{"workspace":{"id":"b"}}`)},
		{"audit/events.ndjson", text(512, "{}\n")},
		{"extensions/com.example/flags.json", []byte("[1]")},
	}
}

// largeFiles mixes entries of all sizes around the limits.
func largeFiles() []file {
	return []file{
		{wsA + "/metadata.json", text(300_000, "meta ")},
		{wsA + "/datasets/" + id1 + "/rows.parquet", noise(9<<20+123, 2)},
		{wsA + "/datasets/" + id2 + "/rows.parquet", text(8<<20, "row,")},
		{wsA + "/reports/" + id1 + ".json", text(1<<20-512, "exactly small ")},
		{wsA + "/reports/" + id2 + ".json", text(1<<20-511, "just large ")},
		{wsA + "/files/" + id1, noise(4<<20, 3)},
		{wsA + "/files/" + id2, noise(4<<20+1, 4)},
		{wsB + "/metadata.json", text(900_000, "more ")},
		{"audit/events.ndjson", text(5<<20-1, "{\"hash\":1}\n")},
		{"extensions/com.example/flags.json", []byte("[1]")},
	}
}

func options(t testing.TB) WriterOptions {
	return WriterOptions{ID: testID, Created: testTime, Tenant: manifest.Tenant{ID: "acme", Name: "Acme"}, Signer: testSigner(t, 1), Generator: "test"}
}

// build writes an archive. known says whether sizes are announced.
func build(t testing.TB, opts WriterOptions, files []file, known bool) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		size := int64(-1)
		if known {
			size = int64(len(f.content))
		}
		ew, err := w.Create(Header{Path: f.path, Size: size})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range slices.Collect(slices.Chunk(f.content, 300_007)) {
			if _, err := ew.Write(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// both verifies b in both ways, demands that they agree, and returns the
// report of Verify.
func both(t testing.TB, b []byte, opts Options) *Report {
	t.Helper()
	random, err := Verify(context.Background(), bytes.NewReader(b), int64(len(b)), opts)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := VerifyStream(context.Background(), bytes.NewReader(b), opts)
	if err != nil {
		t.Fatal(err)
	}
	if random.OK() != stream.OK() {
		t.Fatalf("Verify says %v, VerifyStream %v", random.Findings, stream.Findings)
	}
	if !stream.OK() && !stream.Incomplete && fmt.Sprint(codes(random)) != fmt.Sprint(codes(stream)) {
		t.Errorf("Verify finds %v,\nVerifyStream %v", random.Findings, stream.Findings)
	}
	return random
}

func codes(r *Report) []Code {
	var list []Code
	for _, f := range r.Findings {
		list = append(list, f.Code)
	}
	return list
}

func entriesOf(files []file) []manifest.Entry {
	var list []manifest.Entry
	for _, f := range files {
		list = append(list, manifest.Entry{Path: f.path, Size: int64(len(f.content)), SHA256: layout.DigestOf(f.content)})
	}
	return list
}

func mustContain(t testing.TB, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, want %q in it", err, part)
		}
	}
}
