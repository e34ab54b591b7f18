package render

import (
	"strings"
	"testing"
	"time"
)

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		in          string
		width       int
		end, middle string
	}{
		{"short", 10, "short", "short"},
		{"exactly10!", 10, "exactly10!", "exactly10!"},
		{"abcdefghijk", 10, "abcdefghi…", "abcde…hijk"},
		{"日本語日本語", 12, "日本語日本語", "日本語日本語"},
		{"日本語日本語", 11, "日本語日本…", "日本…本語"},
		{"日本語日本語", 10, "日本語日…", "日本…本語"},
		{"abc", 0, "", ""},
		{"abc", 1, "…", "…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…", "e\u0301…"},
	} {
		if got := Truncate(c.in, c.width); got != c.end {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.in, c.width, got, c.end)
		}
		if got := TruncateMiddle(c.in, c.width); got != c.middle {
			t.Errorf("TruncateMiddle(%q, %d) = %q, want %q", c.in, c.width, got, c.middle)
		}
	}
}

func TestQuantities(t *testing.T) {
	for n, want := range map[int64]string{
		-1: "?", 0: "0 B", 1023: "1023 B", 1024: "1.00 KiB", 4170: "4.07 KiB", 12800: "12.5 KiB",
		1023 * 1024: "1.00 MiB", 1 << 20: "1.00 MiB", 999 << 20: "999 MiB", 1 << 62: "4.00 EiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 9999: "9,999", 10000: "10.0k", 60412: "60.4k", 999499: "999k", 999500: "1.00M", 4120775: "4.12M", 18e9: "18.0G"} {
		if got := Short(n); got != want {
			t.Errorf("Short(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Plural(1, "entry/entries") + " " + Plural(2000, "entry/entries") + " " + Plural(0, "report"); got != "1 entry 2,000 entries 0 reports" {
		t.Errorf("Plural: %q", got)
	}
	if got := Percent(1, 3) + Percent(0, 0); got != "33%0%" {
		t.Errorf("Percent: %q", got)
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		-time.Second: "", 30 * time.Second: "just now", time.Minute: "1 minute ago", 90 * time.Minute: "1 hour ago",
		47 * time.Hour: "47 hours ago", 72 * time.Hour: "3 days ago", 100 * 24 * time.Hour: "3 months ago", 1000 * 24 * time.Hour: "2 years ago",
	} {
		if got := Ago(now.Add(-d), now); got != want {
			t.Errorf("Ago(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	table := &Table{
		Columns:    []Column{{}, {Shrink: 8}, {Right: true}, {Shrink: 6}},
		Indent:     2,
		NoteColumn: 1,
	}
	table.Add(C("+"), C("Revenue by region, product and month"), C("4 KiB"), S(Faint, "needed by report Überblick 日本語"))
	table.Note(Text("arrives paused"))
	table.Add(C("="), C("short"), C("12.5 MiB"))
	for _, width := range []int{0, 40, 60, 80} {
		var b strings.Builder
		p := NewPrinter(&b, width, false)
		p.Table(table)
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != 3 {
			t.Fatalf("width %d: %d lines:\n%s", width, len(lines), b.String())
		}
		for _, line := range lines {
			if width > 0 && Width(line) > width {
				t.Errorf("width %d: %q takes %d columns", width, line, Width(line))
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("width %d: %q ends in spaces", width, line)
			}
		}
		if !strings.HasPrefix(lines[1], "     arrives") {
			t.Errorf("width %d: note stands at %q", width, lines[1])
		}
	}
	var b strings.Builder
	NewPrinter(&b, 40, false).Table(table)
	want := "  +  Revenue by…     4 KiB  needed by r…\n     arrives paused\n  =  short        12.5 MiB\n"
	if b.String() != want {
		t.Errorf("at 40 columns:\n%q\nwant\n%q", b.String(), want)
	}
}

func TestLineCutsAndColours(t *testing.T) {
	for _, c := range []struct {
		width int
		color bool
		spans []Span
		want  string
	}{
		{0, false, []Span{Text("a"), Styled(Bad, "b"), Text("  ")}, "ab\n"},
		{0, true, []Span{Text("a"), Styled(Bad, "b\x1b")}, "a\x1b[31mb\\x1b\x1b[0m\n"},
		{4, false, []Span{Text("ab"), Text("cd")}, "abcd\n"},
		{4, false, []Span{Text("ab"), Text("cde")}, "abc…\n"},
		{4, false, []Span{Text("abcd"), Text("e")}, "abc…\n"},
		{4, true, []Span{Styled(Good, "日本語")}, "\x1b[32m日…\x1b[0m\n"},
	} {
		var b strings.Builder
		NewPrinter(&b, c.width, c.color).Line(c.spans...)
		if b.String() != c.want {
			t.Errorf("width %d: %q, want %q", c.width, b.String(), c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	var b strings.Builder
	NewPrinter(&b, 30, false).WrapAfter(Text("  x "), Plain, "refers to a role that does not exist in the target\n")
	want := "  x refers to a role that does\n    not exist in the target\\n\n"
	if b.String() != want {
		t.Errorf("got\n%q\nwant\n%q", b.String(), want)
	}
}
