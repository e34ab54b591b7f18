package restore

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/dirstore"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

// Some tests kill a real process, this test binary started again, in the middle
// of an import or an undo, and look at what it leaves.

const childEnv = "RESTORE_TEST_CHILD"

// childOrder says what the child does, and where it dies.
type childOrder struct {
	Store     string // dir:PATH, sqlite:PATH or postgres://…
	Archive   string // file
	Plan      string // file
	Undo      bool   // Plan is an undo plan
	Insurance string // folder
	Step      string // where to die; "" for nowhere
	Time      int    // at which of the step's times, from 1
}

func TestMain(m *testing.M) {
	order := os.Getenv(childEnv)
	if order == "" {
		os.Exit(m.Run())
	}
	if err := obey(context.Background(), order); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func obey(ctx context.Context, text string) error {
	var o childOrder
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	reached = func(step string) {
		if step == o.Step {
			if o.Time--; o.Time == 0 {
				die()
			}
		}
	}
	target, _, err := openTarget(ctx, o.Store)
	if err != nil {
		return err
	}
	a, err := archive.OpenFile(ctx, o.Archive, archive.Options{})
	if err != nil {
		return err
	}
	doc, err := os.ReadFile(o.Plan)
	if err != nil {
		return err
	}
	key, err := sign.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		return err
	}
	opts := ApplyOptions{Insurance: &Insurance{Place: dyingPlace{InsuranceFolder(o.Insurance)}, Signer: key}}
	if o.Undo {
		plan, err := ParseUndoPlan(doc)
		if err == nil {
			_, err = Undo(ctx, plan, a.Archive, target, opts)
		}
		return err
	}
	plan, err := ParsePlan(doc)
	if err == nil {
		_, err = Apply(ctx, plan, a.Archive, target, opts)
	}
	return err
}

// die ends the process without a chance to clean up.
func die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	fmt.Fprintln(os.Stderr, "still alive:", err)
	select {}
}

// dyingPlace names the steps of writing insurance.
type dyingPlace struct{ InsurancePlace }

func (d dyingPlace) Create(ctx context.Context, name string) (InsuranceWriter, error) {
	w, err := d.InsurancePlace.Create(ctx, name)
	return dyingWriter{w}, err
}

type dyingWriter struct{ InsuranceWriter }

func (w dyingWriter) Write(p []byte) (int, error) {
	n, err := w.InsuranceWriter.Write(p)
	reached("insurance written")
	return n, err
}

func (w dyingWriter) Commit(ctx context.Context) error {
	reached("insurance complete")
	err := w.InsuranceWriter.Commit(ctx)
	reached("insurance committed")
	return err
}

// openTarget opens the tenant corp of a store.
func openTarget(ctx context.Context, url string) (target tenant.Target, closing func() error, err error) {
	if path, ok := strings.CutPrefix(url, "dir:"); ok {
		s, err := dirstore.Open(path)
		if err != nil {
			return nil, nil, err
		}
		return s.Target(), s.Close, nil
	}
	open := sqlstore.OpenPostgres
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		open, url = sqlstore.OpenSQLite, path
	}
	db, err := open(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	s, err := db.Tenant(ctx, "corp")
	if err != nil {
		return nil, nil, err
	}
	return s.Target(), db.Close, nil
}

// reopened opens the tenant for the length of the test.
func reopened(t *testing.T, url string) tenant.Target {
	t.Helper()
	target, closing, err := openTarget(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing() })
	return target
}
