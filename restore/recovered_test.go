package restore

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/vectorgen"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/testdata"
)

// TestRecoveredArchivesNeedConsent plans with an archive that was recovered.
func TestRecoveredArchivesNeedConsent(t *testing.T) {
	whole, err := testdata.FS.ReadFile("archives/minimal-signed.oa-archive")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	cut := whole[:len(whole)-900]
	remains, err := archive.Salvage(ctx, bytes.NewReader(cut), int64(len(cut)), archive.SalvageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := remains.Write(ctx, &out, archive.WriterOptions{Signer: vectorgen.Key(2), Tenant: manifest.Tenant{ID: "acme"}}); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(ctx, bytes.NewReader(out.Bytes()), int64(out.Len()), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	target := world{}.memory("acme")
	_, err = MakePlan(ctx, a, target, Options{})
	var refused *RecoveredError
	if !errors.As(err, &refused) || refused.Complete || !strings.Contains(err.Error(), "what is missing is not known") {
		t.Errorf("without consent: %v", err)
	}
	if _, err := MakePlan(ctx, a, target, Options{AllowRecovered: true}); errors.As(err, &refused) {
		t.Errorf("with consent: %v", err)
	}
	for _, c := range []struct {
		e    RecoveredError
		want string
	}{{RecoveredError{Complete: true}, "nothing is missing"}, {RecoveredError{Lost: 3}, "at least 3 entries are missing"}} {
		if !strings.Contains(c.e.Error(), c.want) {
			t.Error(c.e.Error())
		}
	}
}
