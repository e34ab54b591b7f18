package sqlstore

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		kind                 layout.Kind
		content, name, owner string
	}{
		{layout.Report, `{"id":"x","name":"Revenue","owner":"usr_1","pages":[{"name":"not this"}]}`, "Revenue", "usr_1"},
		{layout.Report, `{"owner":null,"name":"\u00fcber"}`, "über", ""},
		{layout.Report, `{"name":7,"owner":["usr_1"]}`, "", ""},
		{layout.Alert, ` {"name" : "Drop" } `, "Drop", ""},
		{layout.Metadata, `{"users":[{"name":"no"}],"workspace":{"id":"w","name":"Sales"}}`, "Sales", ""},
		{layout.Metadata, `{"name":"not this"}`, "", ""},
		{layout.File, `{"name":"content of a file"}`, "", ""},
		{layout.Model, `name: x`, "", ""},
		{layout.Report, `{"name":"a","name":"b"}`, "", ""},
		{layout.Report, `{"name":"torn`, "", ""},
		{layout.Report, `["name"]`, "", ""},
		{layout.Report, ``, "", ""},
		{layout.Report, "\xef\xbb\xbf{\"name\":\"x\"}", "", ""},
		{layout.Report, `{"name":"a\u0000b","owner":"o"}`, "", "o"},
		{layout.Report, `{"name":"` + strings.Repeat("x", maxCopied+1) + `"}`, "", ""},
	} {
		name, owner := describe(layout.Name{Kind: c.kind}, []byte(c.content))
		if name != c.name || owner != c.owner {
			t.Errorf("%s %.60s: name %q, owner %q; want %q and %q", c.kind, c.content, name, owner, c.name, c.owner)
		}
	}
}

// FuzzReadAssets holds that no document can make an import fail: it is read,
// or it is unreadable.
func FuzzReadAssets(f *testing.F) {
	for _, seed := range []string{
		`{"workspace":{"name":"w"},"datasets":[{"id":"` + asset + `","name":"d","owner":"o"}],"files":[{"id":"` + asset + `"}]}`,
		`{"datasets":[{"id":"` + asset + `","name":{"x":[1,2]}}],"datasets":[]}`, `{"datasets":{}}`, `[`, `{"files":[null]}`, "\xef\xbb\xbf{}", `{"a":"\ud800"}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		err := readAssets(bytes.NewReader(content), func(kind layout.Kind, d description) error {
			if !layout.IsUUID(d.id) || len(d.name) > maxCopied || strings.ContainsRune(d.name, 0) {
				t.Errorf("%s of %+v", kind, d)
			}
			return nil
		})
		if err != nil && !unreadable(err) {
			t.Errorf("%v", err)
		}
		describe(layout.Name{Kind: layout.Metadata}, content)
		describe(layout.Name{Kind: layout.Report}, content)
	})
}

// described lists the rows with their names and owners.
func described(t *testing.T, db *DB) string {
	t.Helper()
	s, err := db.read(t.Context(), acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	_, err = s.query(t.Context(), func(scan scanFunc) error {
		var kind, name, owner string
		err := scan(&kind, &name, &owner)
		all = append(all, kind+" "+name+" "+owner)
		return err
	}, "SELECT kind, COALESCE(name, '-'), COALESCE(owner, '-') FROM documents ORDER BY sort_key")
	if err := errors.Join(err, s.rollback()); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "; ")
}

func TestMetadataNamesDatasetsAndFiles(t *testing.T) {
	onEach(t, func(t *testing.T, fresh maker) {
		const (
			prefix   = "workspaces/" + workspace
			metadata = prefix + "/metadata.json"
			model    = prefix + "/datasets/" + asset + "/model.yaml"
			rows     = prefix + "/datasets/" + asset + "/rows.parquet"
			file     = prefix + "/files/" + asset
			record   = `{"id":"` + asset + `","name":`
		)
		db, _ := fresh(t)
		s := newTenant(t, db, acme)
		store(t, s, 1, map[string]string{
			metadata: `{"workspace":{"name":"Sales"},"datasets":[` + record + `"Orders","owner":"usr_1"},{"id":"nonsense"}],"files":[` + record + `"orders.csv"}]}`,
			model:    "dataset: x", file: "csv",
		})
		if got, want := described(t, db), "metadata Sales -; model Orders usr_1; file orders.csv -"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		// Rows that come later are named too, and a new name reaches them all.
		store(t, s, 2, map[string]string{rows: string(rowsFile(t, "x int64"))})
		store(t, s, 3, map[string]string{metadata: `{"datasets":[` + record + `"Bookings"}]}`})
		if got, want := described(t, db), "metadata - -; model Bookings -; rows Bookings -; file - -"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		// What cannot be read is stored and names nothing.
		for n, content := range []string{`{"datasets":`, `{"datasets":{}}`, `[]`, ``, "\xff", `{"datasets":[1]}`, `{"a":1,"a":2}`} {
			store(t, s, 4+n, map[string]string{metadata: content})
			if got, err := contents(t.Context(), s); err != nil || string(got[metadata]) != content {
				t.Errorf("metadata %q came back as %q, %v", content, got[metadata], err)
			}
		}
	})
}
