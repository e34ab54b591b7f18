package restore

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// encoder is a target that keeps rows, in its own way: in capital letters. It
// cannot keep rows with a semicolon.
type encoder struct{ tenant.Target }

type encoderTx struct{ tenant.Tx }

func (e encoder) Begin(ctx context.Context) (tenant.Tx, error) {
	tx, err := e.Target.Begin(ctx)
	return encoderTx{tx}, err
}

func (e encoder) Imports(ctx context.Context) ([]tenant.ImportRecord, error) {
	return e.Target.(tenant.Journal).Imports(ctx)
}

func encoded(content io.ReaderAt, size int64) (string, error) {
	b, err := io.ReadAll(io.NewSectionReader(content, 0, size))
	if strings.Contains(string(b), ";") {
		return "", fmt.Errorf("encode: %w", &tenant.RowsError{Column: `a "b"`, Reason: "a semicolon"})
	}
	return strings.ToUpper(string(b)), err
}

func (encoder) KeptRows(_ context.Context, _ layout.Name, content io.ReaderAt, size int64) (int64, layout.Digest, error) {
	text, err := encoded(content, size)
	return int64(len(text)), layout.DigestOf([]byte(text)), err
}

func (encoderTx) KeptRows(ctx context.Context, name layout.Name, content io.ReaderAt, size int64) (int64, layout.Digest, error) {
	return encoder{}.KeptRows(ctx, name, content, size)
}

func (tx encoderTx) Put(ctx context.Context, name layout.Name, size int64, content io.Reader) error {
	if name.Kind != layout.Rows {
		return tx.Tx.Put(ctx, name, size, content)
	}
	at, ok := content.(io.ReaderAt)
	if !ok {
		return fmt.Errorf("rows come as a %T, which cannot be read anywhere", content)
	}
	text, err := encoded(at, size)
	if err != nil {
		return err
	}
	return tx.Tx.Put(ctx, name, int64(len(text)), strings.NewReader(text))
}

func TestTargetThatKeepsRows(t *testing.T) {
	a, target := sampleWorld().archive("corp"), encoder{world{}.store(t, "corp").Target()}
	plan := makePlan(t, a, target, Options{Rows: true})
	step := plan.step(t, orders)
	want := strings.ToUpper(sampleWorld()[ordersRows])
	for _, e := range step.Entries {
		if e.Path == ordersRows && (e.Result != layout.DigestOf([]byte(want)).String() || e.ResultSize != int64(len(want)) || e.Digest == e.Result) {
			t.Errorf("%+v", e)
		}
	}
	if !strings.Contains(strings.Join(step.Changes, "\n"), "its rows are kept as a table") {
		t.Errorf("changes %q", step.Changes)
	}
	mustApply(t, plan, a, target)
	if got := contentOf(t, target)[ordersRows]; got != want {
		t.Errorf("the rows are %q, want %q", got, want)
	}
	again := makePlan(t, a, target, Options{Rows: true, OnConflict: Overwrite})
	if again.Writes() || again.step(t, orders).Decision != Unchanged {
		t.Errorf("the second plan: %s", again.Summary)
	}
}

func TestRowsThatTheTargetCannotKeep(t *testing.T) {
	w := sampleWorld()
	w[ordersRows] = "1;2"
	a, target := w.archive("corp"), encoder{world{}.store(t, "corp").Target()}
	step := makePlan(t, a, target, Options{Rows: true}).step(t, orders)
	if step.Decision != Blocked || len(step.Blocked) != 1 || !strings.Contains(step.Blocked[0], `the target cannot keep its rows: column "a \"b\"": a semicolon`) {
		t.Errorf("%s: %q", step.Decision, step.Blocked)
	}
	if step := makePlan(t, a, target, Options{}).step(t, orders); step.Decision != Create {
		t.Errorf("without rows: %s, %q", step.Decision, step.Blocked)
	}
}
