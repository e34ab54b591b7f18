package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// ErrNoTerminal says that a question cannot be asked, because standard input is
// not a terminal.
var ErrNoTerminal = errors.New("standard input is not a terminal")

// Ask prints question and returns the line that is typed, without its newline.
// The error is [ErrNoTerminal] when nobody is there to answer, or ctx's cause
// when it ends first.
func (t *Terminal) Ask(ctx context.Context, question string) (string, error) {
	return t.converse(ctx, question, func(io.Writer) (string, error) { return readLine(t.In) })
}

// ErrInterrupted says that somebody pressed Ctrl-C, or Ctrl-D, instead of
// typing a secret.
var ErrInterrupted = errors.New("interrupted")

// AskSecret is [Terminal.Ask] without echo. The terminal is silent before the
// question appears, so that not even what is typed early is shown.
func (t *Terminal) AskSecret(ctx context.Context, question string) ([]byte, error) {
	if !t.InIsTerminal {
		return nil, ErrNoTerminal
	}
	fd := int(t.in.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, fmt.Errorf("read from the terminal: %w", err)
	}
	secret, err := t.converse(ctx, "", func(out io.Writer) (string, error) {
		return term.NewTerminal(conversation{t.in, out}, "").ReadPassword(question)
	})
	err = errors.Join(err, term.Restore(fd, before))
	if errors.Is(err, io.EOF) {
		return nil, ErrInterrupted
	}
	return []byte(secret), err
}

// conversation joins the two directions of a terminal.
type conversation struct {
	io.Reader
	io.Writer
}

// converse asks on the terminal itself if it can be opened, since standard
// error may go to a file. A read that ctx interrupts is abandoned: the process
// is about to end.
func (t *Terminal) converse(ctx context.Context, question string, read func(out io.Writer) (string, error)) (string, error) {
	if !t.InIsTerminal {
		return "", ErrNoTerminal
	}
	out := t.Err
	if !t.ErrIsTerminal {
		if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
			defer tty.Close()
			out = tty
		}
	}
	if _, err := io.WriteString(out, question); err != nil {
		return "", fmt.Errorf("ask on the terminal: %w", err)
	}
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := read(out)
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			return "", fmt.Errorf("read from the terminal: %w", a.err)
		}
		return a.text, nil
	case <-ctx.Done():
		fmt.Fprintln(out)
		return "", context.Cause(ctx)
	}
}

// maxLine is far beyond what anybody types.
const maxLine = 4096

// readLine reads byte by byte, so that nothing after the line is swallowed.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) <= maxLine; {
		n, err := r.Read(b)
		switch {
		case n == 1 && b[0] == '\n':
			return string(bytes.TrimSuffix(line, []byte("\r"))), nil
		case n == 1:
			line = append(line, b[0])
		case errors.Is(err, io.EOF) && len(line) > 0:
			return string(line), nil
		case err != nil:
			return "", err
		}
	}
	return "", errors.New("the line is too long")
}
