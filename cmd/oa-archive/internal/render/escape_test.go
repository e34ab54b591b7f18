package render

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"Revenue overview", "Revenue overview"},
		{`C:\temp`, `C:\temp`},
		{"Größe: 日本語 🎉 עברית ไทย", "Größe: 日本語 🎉 עברית ไทย"},
		{"no\u00a0break\u3000wide", "no\u00a0break\u3000wide"},
		{"a\nb\tc\rd", `a\nb\tc\rd`},
		{"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"\x1b]0;title\a", `\x1b]0;title\x07`},
		{"\u009b31m", `\u009b31m`},
		{"del\x7f", `del\x7f`},
		{"abc\u202etxt.exe", `abc\u202etxt.exe`},
		{"\u2066iso\u2069\u200e\u200f\u061c", `\u2066iso\u2069\u200e\u200f\u061c`},
		{"zero\u200bwidth\u200d\ufeff\u2060", `zero\u200bwidth\u200d\ufeff\u2060`},
		{"soft\u00adhyphen", `soft\u00adhyphen`},
		{"line\u2028para\u2029", `line\u2028para\u2029`},
		{"hangul\u3164filler\uffa0", `hangul\u3164filler\uffa0`},
		{"tag\U000e0041", `tag\U000e0041`},
		{"private\ue000", `private\ue000`},
		{"variation\ufe0f", `variation\ufe0f`},
		{"joiner\u034f blank\u2800", `joiner\u034f blank\u2800`},
		{"bad\xff\xc3", `bad\xff\xc3`},
		{"replacement\ufffd", "replacement\ufffd"},
		{"e\u0301", "e\u0301"},
		{"z" + strings.Repeat("\u0300", 6), "z" + strings.Repeat("\u0300", 4) + `\u0300\u0300`},
	} {
		if got := Escape(c.in); got != c.want {
			t.Errorf("Escape(%+q) = %+q, want %+q", c.in, got, c.want)
		}
	}
	if got := EscapeLines("a\n\tb\x1b"); got != "a\n\tb\\x1b" {
		t.Errorf("EscapeLines = %q", got)
	}
}

func TestEscapeIsStable(t *testing.T) {
	in := "a\x1b\u202e\xff"
	once := Escape(in)
	if Escape(once) != once {
		t.Errorf("Escape(%q) changes it again", once)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[2J", "\u202e", "\xff\xfe", "e\u0301\u0301\u0301\u0301\u0301", "日本"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Escape(s)
		if !utf8.ValidString(out) {
			t.Fatalf("Escape(%q) is not UTF-8", s)
		}
		for _, r := range out {
			if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == 0x200b {
				t.Fatalf("Escape(%q) lets %U pass", s, r)
			}
		}
		if Escape(out) != out {
			t.Fatalf("Escape is not stable for %q", s)
		}
		for w := range 12 {
			for _, cut := range []string{Truncate(out, w), TruncateMiddle(out, w)} {
				if Width(cut) > w {
					t.Fatalf("%q cut to %d columns takes %d: %q", out, w, Width(cut), cut)
				}
			}
		}
	})
}
