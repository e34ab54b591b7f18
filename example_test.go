package oaarchive_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

// The main job in the library's own words. The README shows the body of
// roundTrip; a test holds the two together.
func Example() {
	key, err := sign.GenerateKey(rand.Reader, "backup", nil)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := sign.ParsePrivateKey(key.PrivatePEM, nil)
	if err != nil {
		log.Fatal(err)
	}
	allowed, err := sign.ParseAllowedSigners(bytes.NewReader(key.AllowedSignersLine("backup@example.com")))
	if err != nil {
		log.Fatal(err)
	}
	store, err := dirstore.Open("testdata/tenant")
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	dir, err := os.MkdirTemp("", "oa-archive-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	info, err := store.Tenant(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	blank, err := dirstore.Create(filepath.Join(dir, "restored"), info)
	if err != nil {
		log.Fatal(err)
	}
	defer blank.Close()
	if err := roundTrip(context.Background(), store, signer, allowed, blank); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 11 datasets signed by backup@example.com
	// 41 created: 41 entries written and read back
}

func roundTrip(ctx context.Context, store *dirstore.Store, signer *sign.Signer, allowed *sign.AllowedSigners, target tenant.Target) error {
	// From a tenant into a signed archive, here in memory.
	source, err := store.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	var file bytes.Buffer
	m, err := export.Export(ctx, source, &file, export.Options{Writer: archive.WriterOptions{Signer: signer}})
	if err != nil {
		return err
	}
	// Open it and check who signed. Every byte read from it is verified.
	a, err := archive.Open(ctx, bytes.NewReader(file.Bytes()), int64(file.Len()), archive.Options{Policy: sign.Policy{Allowed: allowed}, RequireTrust: true})
	if err != nil {
		return err
	}
	fmt.Println(m.Coverage.Included["dataset"], "datasets signed by", a.Verdict().Principal)
	// Into another store: the plan says what will happen, Apply does exactly that.
	plan, err := restore.MakePlan(ctx, a, target, restore.Options{OnConflict: restore.Fork})
	if err != nil {
		return err
	}
	result, err := restore.Apply(ctx, plan, a, target, restore.ApplyOptions{})
	if err != nil {
		return err
	}
	summary, _, _ := strings.Cut(plan.Summary.String(), ":")
	fmt.Printf("%s: %d entries written and read back\n", summary, result.Entries)
	return nil
}
