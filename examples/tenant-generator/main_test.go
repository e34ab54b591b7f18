package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
)

func TestFolderIsWrittenAndChanged(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "big")
	for _, c := range []struct {
		flags, want string
	}{
		{"-documents 60", "wrote 60 entries of"},
		{"-documents 60", "wrote 0 entries of"},
		{"-documents 60 -changed 0.5", "wrote "},
		{"-documents 60 -with-rows -with-audit", "wrote "},
	} {
		var stderr bytes.Buffer
		if err := run(context.Background(), append(strings.Fields(c.flags), folder), &stderr); err != nil {
			t.Fatalf("%s: %v", c.flags, err)
		}
		if !strings.HasPrefix(stderr.String(), c.want) {
			t.Errorf("%s: %q, want %q", c.flags, stderr.String(), c.want)
		}
	}
	store, err := dirstore.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	n := 0
	for e, err := range store.Inventory(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if (tenant.Selection{}).Selects(e.Name) {
			n++
		}
	}
	if n != 60 {
		t.Errorf("the folder holds %d documents, want 60", n)
	}
}

func TestRefusals(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		flags, want string
	}{
		{"", "want one folder"},
		{"-removed 0.5 " + folder, "at most 0.25"},
		{"-users 2 " + folder, "2 users are too few"},
		{"-nonsense", "not defined"},
	} {
		if err := run(context.Background(), strings.Fields(c.flags), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.flags, err, c.want)
		}
	}
	if err := run(context.Background(), []string{"-documents", "10", folder}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if err := run(context.Background(), []string{"-documents", "10", "-seed", "2", folder}, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "holds another tenant") {
		t.Errorf("another tenant in the same folder: %v", err)
	}
}
