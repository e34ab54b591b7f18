package manifest

import "testing"

// FuzzTime holds that a time has one spelling.
func FuzzTime(f *testing.F) {
	for _, text := range []string{"2026-01-02T03:04:05Z", "1970-01-01T00:00:00Z", "2242-03-16T12:56:31Z", "2242-03-16T12:56:32Z", "2026-01-02t03:04:05z", "2026-13-02T03:04:05Z", "2026-01-02T03:04:60Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := ParseTime(text); err == nil && FormatTime(at) != text {
			t.Errorf("%q is read as %s", text, FormatTime(at))
		}
	})
}

// FuzzVersion holds that a version has one spelling.
func FuzzVersion(f *testing.F) {
	for _, text := range []string{"1.0", "1.10", "01.0", "1.00", "1", "1.", "65536.0", "1.-1", "1.0.0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := ParseVersion(text); err == nil && v.String() != text {
			t.Errorf("%q is read as %s", text, v)
		}
	})
}
