package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/restore"
)

// atOnce is what JSON has to write: the document as package json makes it.
func atOnce(t interface{ Fatal(...any) }, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(escapeJSON(b.Bytes()))
}

type odd struct {
	Plain   string
	Omitted string `json:"omitted,omitempty"`
	hidden  string
	Dash    int                `json:"-"`
	Nil     *int               `json:"nil"`
	None    []int              `json:"none"`
	Empty   []string           `json:"empty"`
	Left    []string           `json:"left,omitempty"`
	Number  float64            `json:"number,omitempty"`
	Bytes   []byte             `json:"bytes"`
	Raw     json.RawMessage    `json:"raw,omitempty"`
	Digest  layout.Digest      `json:"digest"`
	Digests []layout.Digest    `json:"digests"`
	Time    time.Time          `json:"time"`
	Map     map[string][]inner `json:"map"`
	Any     any                `json:"any"`
	Zero    time.Time          `json:"zero,omitzero"`
	Deeper  []inner            `json:"deeper"`
	Fixed   [2]inner           `json:"fixed"`
}

type inner struct {
	Name string `json:"name"`
	*embedded
	other
	Inner []*inner `json:"inner,omitempty"`
}

type embedded struct {
	A string   `json:"a,omitempty"`
	B []string `json:"b"`
}

type other struct{ C map[string]int }

// clashing has two members of one name, which package json sorts out.
type clashing struct {
	embedded
	A string `json:"a"`
	B int    `json:"b"`
}

func TestJSONInPiecesIsTheSame(t *testing.T) {
	in := inner{Name: "<a&b>\u2028\x7f\x00\U000e0001", embedded: &embedded{B: []string{"x", ""}}, other: other{map[string]int{"z": 1, "a": 2}}}
	in.Inner = []*inner{nil, {Name: "below"}, {embedded: &embedded{A: "a"}}}
	values := []any{
		nil, 1, "text", []int{}, []int(nil), map[string]int(nil), struct{}{}, &struct{}{}, [0]int{}, []struct{}{{}, {}},
		in, &in, []any{in, &in, nil, 1.5, []any{}, map[string]any{"in": in}},
		clashing{embedded{"a", nil}, "b", 3},
		odd{
			hidden: "never", Number: math.Copysign(0, -1), Bytes: []byte("bytes"), Raw: json.RawMessage(`{"b": [1,  2], "a":{}}`),
			Digests: []layout.Digest{{1}}, Time: time.Unix(1, 2).UTC(), Map: map[string][]inner{"m": {in}}, Any: &in, Empty: []string{}, Left: []string{},
			Deeper: []inner{in, {}}, Fixed: [2]inner{in},
		},
		&odd{Zero: time.Unix(1, 0)},
		someSteps(30),
	}
	for _, v := range values {
		for _, piece := range []int{0, 1, 40, 100, 400, 2000, jsonPiece} {
			var b strings.Builder
			if err := writeJSON(&b, v, piece); err != nil {
				t.Fatal(err)
			}
			if want := atOnce(t, v); b.String() != want {
				t.Errorf("in pieces of %d:\n%s\nwant\n%s", piece, b.String(), want)
			}
		}
	}
}

func TestJSONInPiecesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.String())
		tree := rapid.Custom(func(t *rapid.T) *inner {
			v := &inner{Name: rapid.String().Draw(t, "name")}
			if rapid.Bool().Draw(t, "embedded") {
				v.embedded = &embedded{A: rapid.String().Draw(t, "a"), B: list.Draw(t, "b")}
			}
			return v
		})
		v := odd{Plain: rapid.String().Draw(t, "plain"), Empty: list.Draw(t, "empty"), Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")}
		for _, in := range rapid.SliceOf(tree).Draw(t, "deeper") {
			in.Inner = rapid.SliceOfN(tree, 0, 3).Draw(t, "inner")
			v.Deeper = append(v.Deeper, *in)
		}
		var b strings.Builder
		if err := writeJSON(&b, v, rapid.IntRange(0, 300).Draw(t, "piece")); err != nil {
			t.Fatal(err)
		}
		if want := atOnce(t, v); b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	})
}

func TestJSONOfSequences(t *testing.T) {
	type document struct {
		Before string           `json:"before"`
		List   iter.Seq[inner]  `json:"list"`
		None   iter.Seq[string] `json:"none"`
		After  int              `json:"after"`
	}
	type plain struct {
		Before string   `json:"before"`
		List   []inner  `json:"list"`
		None   []string `json:"none"`
		After  int      `json:"after"`
	}
	elements := []inner{{Name: "one"}, {}, {embedded: &embedded{}}}
	var b strings.Builder
	if err := JSON(&b, &document{"b", slices.Values(elements), slices.Values([]string{}), 3}); err != nil {
		t.Fatal(err)
	}
	if want := atOnce(t, plain{"b", elements, []string{}, 3}); b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestJSONStopsAtTheFirstError finds that nothing is written of a small
// document that cannot be made.
func TestJSONStopsAtTheFirstError(t *testing.T) {
	var b strings.Builder
	err := JSON(&b, map[string]any{"n": math.NaN()})
	if err == nil || b.Len() > 0 {
		t.Errorf("error %v, written %q", err, b.String())
	}
	for at := range 3 {
		w := &failingWriter{after: at}
		if err := JSON(w, someSteps(2000)); err == nil || err.Error() != "disk full" {
			t.Errorf("after %d writes: %v", at, err)
		}
	}
}

type failingWriter struct{ after int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, fmt.Errorf("disk full")
	}
	return len(p), nil
}

// TestMemoryOfJSON holds documents about tenants of any size to pieces.
func TestMemoryOfJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("it is slow under the race detector, and memory is no matter of races")
	}
	size := func(steps int) int64 {
		plan := &restore.Plan{Steps: someSteps(steps)}
		held := newHeldWriter()
		if err := JSON(held, struct{ Plan *restore.Plan }{plan}); err != nil {
			t.Fatal(err)
		}
		runtime.KeepAlive(plan)
		return held.peak
	}
	if few, many := size(1000), size(20_000); many > few+1<<20 {
		t.Errorf("%d bytes are held for 1,000 steps, %d for 20,000", few, many)
	}
}
