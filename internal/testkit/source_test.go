package testkit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

var everything = tenant.Selection{Rows: true, Audit: true}

func open(t testing.TB, opts Options) *Source {
	t.Helper()
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func list(t testing.TB, s *Source, sel tenant.Selection) []tenant.Entry {
	t.Helper()
	var entries []tenant.Entry
	for e, err := range s.Entries(context.Background(), sel) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

func content(t testing.TB, e tenant.Entry) []byte {
	t.Helper()
	r, err := e.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSameBytesEverywhere pins the bytes of one tenant. A change of the
// generator changes the digest, which is then to be replaced; a change of
// machine or of Go must not.
func TestSameBytesEverywhere(t *testing.T) {
	const want = "4957a9a834ae78e2c8c283b916e05f3121aa980122df84c93dd290fb8a61f336"
	h := sha256.New()
	for _, e := range list(t, open(t, Options{Seed: 7, Documents: 300}), everything) {
		io.WriteString(h, e.Name.String()+"\n")
		h.Write(content(t, e))
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the tenant of seed 7 has the digest %s, want %s", got, want)
	}
}

func TestSeedsDiffer(t *testing.T) {
	a, b := open(t, Options{Seed: 1, Documents: 20}), open(t, Options{Seed: 2, Documents: 20})
	names := map[layout.Name]bool{}
	for _, e := range list(t, a, everything) {
		names[e.Name] = e.Name.Kind != layout.Audit
	}
	for _, e := range list(t, b, everything) {
		if names[e.Name] {
			t.Errorf("both seeds have %s", e.Name)
		}
	}
}

func TestEntriesAreInCanonicalOrderAndFoundByName(t *testing.T) {
	first := open(t, Options{Seed: 3, Documents: 2000})
	second, err := first.Mutate(Mutation{Changed: 0.1, Added: 0.2, Removed: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Source{first, second} {
		var last layout.Name
		for i, e := range list(t, s, everything) {
			if _, err := tenant.EntryPath(e.Name); err != nil {
				t.Fatal(err)
			}
			if i > 0 && layout.Compare(last, e.Name) >= 0 {
				t.Fatalf("%s does not come after %s", e.Name, last)
			}
			last = e.Name
			found, err := s.Entry(e.Name)
			if err != nil {
				t.Fatal(err)
			}
			if i%50 == 0 && !bytes.Equal(content(t, e), content(t, found)) {
				t.Errorf("%s has other content when it is found by name", e.Name)
			}
		}
	}
}

func TestEntryRefuses(t *testing.T) {
	s := open(t, Options{Seed: 3, Documents: 50})
	ws, report := "", ""
	for _, e := range list(t, s, everything) {
		if ws = e.Name.Workspace; e.Name.Kind == layout.Report {
			report = e.Name.Asset
			break
		}
	}
	other := strings.Repeat("f", 8) + report[8:]
	for _, name := range []layout.Name{
		{}, {Kind: layout.Report, Workspace: ws, Asset: other}, {Kind: layout.Report, Workspace: ws, Asset: "x"},
		{Kind: layout.Report, Workspace: other, Asset: report}, {Kind: layout.Alert, Workspace: ws, Asset: report},
		{Kind: layout.Metadata, Workspace: ws, Asset: report}, {Kind: layout.Metadata, Workspace: report}, {Kind: layout.Manifest},
		{Kind: layout.Report, Workspace: ws}, {Kind: layout.Audit, Workspace: ws}, {Kind: layout.Extension, Vendor: "v", Rest: "x"},
	} {
		if _, err := s.Entry(name); !errors.Is(err, tenant.ErrNoEntry) {
			t.Errorf("%+v: %v, want ErrNoEntry", name, err)
		}
	}
}

func TestSelection(t *testing.T) {
	s := open(t, Options{Seed: 5, Documents: 400, Workspaces: 4})
	all := list(t, s, everything)
	var workspaces []string
	var dataset string
	for _, e := range all {
		if e.Name.Kind == layout.Metadata {
			workspaces = append(workspaces, e.Name.Workspace)
		}
		if e.Name.Kind == layout.Rows {
			dataset = e.Name.Asset
		}
	}
	for _, sel := range []tenant.Selection{
		{}, {Rows: true}, {RowsOf: map[string]bool{dataset: true}}, {Workspaces: workspaces[1:3]}, {Workspaces: workspaces[3:], Rows: true, Audit: true},
	} {
		var got, want []layout.Name
		for _, e := range list(t, s, sel) {
			got = append(got, e.Name)
		}
		for _, e := range all {
			if sel.Selects(e.Name) {
				want = append(want, e.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %d entries, want %d", sel, len(got), len(want))
		}
	}
	for _, err := range s.Entries(context.Background(), tenant.Selection{Workspaces: []string{dataset}}) {
		if !errors.Is(err, tenant.ErrNoEntry) {
			t.Errorf("an unknown workspace: %v, want ErrNoEntry", err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		opts Options
		want string
	}{
		{Options{Workspaces: -1}, "needs a workspace"},
		{Options{Workspaces: 5, Datasets: 4}, "4 datasets are too few for 5 workspaces"},
		{Options{Users: 4}, "4 users are too few"},
		{Options{Rows: MaxCount + 1}, "above 1073741824"},
		{Options{Tenant: tenant.Info{ID: "-"}}, `tenant id "-"`},
	} {
		if _, err := New(c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.opts, err, c.want)
		}
	}
	s := open(t, Options{Workspaces: 3, Datasets: 7, Reports: -1, Alerts: 11, Files: 2, Rows: -1, AuditEvents: -1})
	counts := map[layout.Kind]int{}
	for _, e := range list(t, s, everything) {
		counts[e.Name.Kind]++
	}
	for kind, want := range map[layout.Kind]int{layout.Metadata: 3, layout.Model: 7, layout.Report: 0, layout.Alert: 11, layout.File: 2, layout.Rows: 0, layout.Audit: 0} {
		if counts[kind] != want {
			t.Errorf("%d entries of kind %s, want %d", counts[kind], kind, want)
		}
	}
	if o := s.Options(); o.Alerts != 11 || o.Reports != 0 || o.Users < 5 {
		t.Errorf("the options are reported as %+v", o)
	}
}

func TestClosedAndCancelled(t *testing.T) {
	s := open(t, Options{Documents: 30})
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	entries := list(t, s, everything)
	if _, err := entries[0].Open(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("opening with a cancelled context: %v", err)
	}
	for _, err := range s.Entries(cancelled, everything) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("listing with a cancelled context: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	trail, err := entries[len(entries)-1].Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := trail.Read(make([]byte, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("reading with a cancelled context: %v", err)
	}
	if _, err := entries[0].Open(context.Background()); err != nil {
		t.Fatal(err)
	}
	doc, err := entries[0].Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := doc.Read(make([]byte, 10)); err == nil {
		t.Error("an open document is read after its source was closed")
	}
	if _, err := entries[0].Open(context.Background()); err == nil {
		t.Error("an entry is opened after its source was closed")
	}
	for e, err := range s.Entries(context.Background(), everything) {
		if err == nil {
			t.Errorf("%s is listed after the source was closed", e.Name)
		}
	}
	if err := doc.Close(); err != nil {
		t.Error(err)
	}
	if _, err := doc.Read(make([]byte, 10)); err == nil {
		t.Error("a closed document is read")
	}
}

func TestContentsAreMadeConcurrently(t *testing.T) {
	s := open(t, Options{Seed: 9, Documents: 120})
	entries := list(t, s, everything)
	want := make([][]byte, len(entries))
	for i, e := range entries {
		want[i] = content(t, e)
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range entries {
				at := (i*7 + worker*31) % len(entries)
				if !bytes.Equal(content(t, entries[at]), want[at]) {
					t.Errorf("%s differs when others are made beside it", entries[at].Name)
				}
			}
		})
	}
	wg.Wait()
}

// TestListingTakesNoMemory lists a tenant a hundred times the size of the
// default one, and looks at what is live in between.
func TestListingTakesNoMemory(t *testing.T) {
	s := open(t, Options{Seed: 1, Documents: 100 * DefaultDocuments})
	words()
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	n := 0
	for _, err := range s.Entries(context.Background(), tenant.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%25000 == 0 {
			if now := live(); now > before+1<<20 {
				t.Errorf("%d bytes are live after %d entries, %d before", now, n, before)
			}
		}
	}
	if n != 100*DefaultDocuments {
		t.Errorf("%d entries, want %d", n, 100*DefaultDocuments)
	}
}
