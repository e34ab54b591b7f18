package legible

import (
	"slices"
	"testing"
)

func TestRunsTellWhatIsSpelledOut(t *testing.T) {
	type run struct {
		text    string
		spelled bool
	}
	for _, c := range []struct {
		in   string
		want []run
	}{
		{"", nil},
		{"plain", []run{{"plain", false}}},
		{`C:\new`, []run{{`C:\new`, false}}},
		{"a\u202eb", []run{{"a", false}, {`\u202e`, true}, {"b", false}}},
		{"\x00\xffz", []run{{`\x00`, true}, {`\xff`, true}, {"z", false}}},
		{"日本\u200b", []run{{"日本", false}, {`\u200b`, true}}},
	} {
		var got []run
		for text, spelled := range Runs(c.in) {
			got = append(got, run{text, spelled})
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("Runs(%+q) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestRunsMayBeLeft(t *testing.T) {
	for text := range Runs("a\nb\nc") {
		if text != "a" {
			t.Error(text)
		}
		break
	}
}

func TestEscapeKeepsLinesOnRequest(t *testing.T) {
	if got := Escape("a\n\tb\rc", true); got != "a\n\tb\\rc" {
		t.Errorf("%q", got)
	}
	if got := Escape("a\nb", false); got != `a\nb` {
		t.Errorf("%q", got)
	}
}
