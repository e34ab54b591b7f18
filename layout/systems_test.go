package layout

import (
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// TestOtherSystems lists names that Windows or macOS take for something else than
// Linux does, so that two of them, or one and a device, could meet on a disk.
func TestOtherSystems(t *testing.T) {
	for name, what := range map[string]string{
		"x.":           "Windows drops the dot",
		"x ":           "Windows drops the space",
		" x":           "a space that nobody sees",
		"x:stream":     "a stream on Windows",
		"c:":           "a drive",
		`a\b`:          "a folder on Windows",
		`\\host\share`: "another machine on Windows",
		"X":            "the same file as x on Windows and macOS",
		"\u017f":       "the same file as s where case is folded",
		"\u212a":       "the sign of kelvin, the same as k",
		"\u00e9":       "one character or two, on macOS the same",
		"e\u0301":      "two characters",
		"\ufb01":       "a ligature, the same as fi after compatibility",
		"x\u200b":      "a space of no width",
		"x\u202etxt":   "text that is shown backwards",
		"progra~1":     "a short name on Windows",
		"x?":           "a pattern",
		"x*":           "a pattern",
		"x|y":          "a pipe",
		"x<y":          "redirection",
		`x"y`:          "a quotation",
		"conin$":       "the console on Windows",
		"x\x00":        "the end of a string in C",
		"x\x01":        "a control character",
		".":            "this folder",
		"..":           "the folder above",
		".x":           "hidden, and .oa-archive is ours",
		"-x":           "an option of a command",
		"~":            "home, in a shell",
		"%windir%":     "a variable on Windows",
		"$x":           "a variable",
		"com¹":         "a device on Windows",
		"..\u2044x":    "a slash that is none",
	} {
		for _, p := range []string{"extensions/v/" + name, "extensions/" + name + "/x", "workspaces/" + name + "/metadata.json"} {
			if n, err := Parse(p); err == nil {
				t.Errorf("%q (%s) is accepted as %+v", p, what, n)
			}
		}
	}
}

// TestAcceptedPathsAreHarmless holds what the table shows by example: an accepted
// path is the same on every system, and two of them never meet.
func TestAcceptedPathsAreHarmless(t *testing.T) {
	segment := rapid.OneOf(rapid.StringMatching(`[a-z0-9_][a-z0-9._-]{0,6}`), rapid.StringN(0, 8, 16), rapid.SampledFrom([]string{"..", "a.", "A", "a b", "a:b", `a\b`}))
	rapid.Check(t, func(rt *rapid.T) {
		p := "extensions/" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(rt, "segments"), "/")
		if _, err := Parse(p); err != nil {
			return
		}
		if path.Clean(p) != p || !filepath.IsLocal(filepath.FromSlash(p)) || strings.ContainsFunc(p, unicode.IsUpper) {
			rt.Errorf("%q is accepted", p)
		}
		for seg := range strings.SplitSeq(p, "/") {
			if strings.TrimRight(seg, ". ") != seg || strings.IndexFunc(seg, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' || strings.ContainsRune(`<>:"/\|?*`, r) }) >= 0 {
				rt.Errorf("%q is accepted", p)
			}
		}
	})
}
