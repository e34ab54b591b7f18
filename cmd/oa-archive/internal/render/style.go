package render

// A Style is how a piece of text stands out on a terminal.
type Style uint8

// The styles, by meaning. Without colour they all look plain, so no meaning
// rests on them alone.
const (
	Plain Style = iota
	Strong
	Faint
	Good
	Warn
	Bad
	Accent
)

var sgr = [...]string{Plain: "", Strong: "1", Faint: "2", Good: "32", Warn: "33", Bad: "31", Accent: "36"}

// apply wraps s, which is escaped already, in the style's sequences.
func (s Style) apply(text string, color bool) string {
	if !color || s == Plain || text == "" {
		return text
	}
	return "\x1b[" + sgr[s] + "m" + text + "\x1b[0m"
}
