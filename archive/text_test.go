package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

// TestLargeManifest reads the text of a manifest which an open archive does not
// keep, and which somebody changes meanwhile.
func TestLargeManifest(t *testing.T) {
	b := build(t, options(t), manyReports(2000), true)
	a, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.textSize <= keptText || a.text != nil {
		t.Fatalf("the manifest has %d bytes, of which %d are kept", a.textSize, len(a.text))
	}
	text, err := a.ReadFile(layout.ManifestPath)
	if err != nil || !json.Valid(text) || int64(len(text)) != a.textSize || layout.DigestOf(text) != a.ManifestDigest() {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if at := a.t.at[a.t.frames()-2]; at > 0 {
		b[at+200] ^= 1
	}
	var damaged *FormatError
	if _, err := a.ReadFile(layout.ManifestPath); !errors.As(err, &damaged) {
		t.Errorf("changed after it was opened: %v", err)
	}
	other := build(t, options(t), manyReports(2000)[:2001:2001], true)
	copy(b, other)
	if again, err := a.ReadFile(layout.ManifestPath); err != nil || !bytes.Equal(again, text) {
		t.Errorf("put right: %v", err)
	}
}
