// Package terminal knows the facts about standard input, output and error:
// which of them is a terminal, how wide it is and whether colour is welcome.
// Nothing else in the command looks at file descriptors or at the variables
// NO_COLOR, TERM and COLUMNS.
package terminal

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// A Terminal is a command's three streams and what is known about them.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer

	InIsTerminal, OutIsTerminal, ErrIsTerminal bool

	// Width is that of a line on Out in columns; 0 means that nothing has to
	// fit, as in a file or a pipe.
	Width int
	// ErrWidth is the same for Err.
	ErrWidth int
	// Color says whether Out understands and wants ANSI colours.
	Color bool

	in *os.File // In, when it is a file
}

// fallbackWidth is the width of a terminal that does not tell.
const fallbackWidth = 80

// minWidth keeps tables from being squeezed to nothing.
const minWidth = 40

// Detect looks at the process's own streams. getenv is usually [os.Getenv].
//
// Colour is used when Out is a terminal, NO_COLOR is unset or empty
// (no-color.org) and TERM is not "dumb". COLUMNS, when it holds a number, wins
// over what the terminal says, and also sets a width for output that is not a
// terminal.
func Detect(in, out, err *os.File, getenv func(string) string) *Terminal {
	t := &Terminal{
		In: in, Out: out, Err: err, in: in,
		InIsTerminal:  isTerminal(in),
		OutIsTerminal: isTerminal(out),
		ErrIsTerminal: isTerminal(err),
	}
	columns, _ := strconv.Atoi(getenv("COLUMNS"))
	t.Width = width(out, t.OutIsTerminal, columns)
	t.ErrWidth = width(err, t.ErrIsTerminal, columns)
	t.Color = t.OutIsTerminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	return t
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func width(f *os.File, isTerminal bool, columns int) int {
	switch {
	case columns > 0:
		return max(columns, minWidth)
	case !isTerminal:
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 {
		return fallbackWidth
	}
	return max(w, minWidth)
}
