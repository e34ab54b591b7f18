package sign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// Limits of the files that decide about trust.
const (
	// MaxTrustFileSize is the greatest size in bytes.
	MaxTrustFileSize = 1 << 20
	// MaxTrustLines is the greatest number of lines.
	MaxTrustLines = 10_000
)

// The kinds of trust files, as [LineError] names them.
const (
	allowedSignersFile = "allowed signers"
	revocationFile     = "revocation list"
)

// readTrustFile reads all of r within the limits of a trust file.
func readTrustFile(r io.Reader, file string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxTrustFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("sign: %s: %w", file, err)
	}
	if len(text) > MaxTrustFileSize {
		return nil, fmt.Errorf("sign: %s: %w: limit %d bytes", file, ErrTooLarge, MaxTrustFileSize)
	}
	if n := bytes.Count(text, []byte{'\n'}); n > MaxTrustLines || n == MaxTrustLines && text[len(text)-1] != '\n' {
		return nil, fmt.Errorf("sign: %s: %w: limit %d lines", file, ErrTooLarge, MaxTrustLines)
	}
	for i, c := range text {
		if c == 0 {
			return nil, &LineError{File: file, Line: lineAt(text, i), Err: errNUL}
		}
		if c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			return nil, &LineError{File: file, Line: lineAt(text, i), Err: errLoneCR}
		}
	}
	return text, nil
}

var (
	errNUL = errors.New("a NUL byte: the file must be text in UTF-8")
	// To an editor the text after it may look like a line of its own.
	errLoneCR = errors.New("a carriage return within a line: lines end in LF or CR LF")
)

// lineAt returns the number of the line that holds text[offset].
func lineAt(text []byte, offset int) int {
	return 1 + bytes.Count(text[:offset], []byte{'\n'})
}

// lines yields the number and the text of each line that is neither empty nor a
// comment, without the space around it. Lines may end in CR LF.
func lines(text []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range bytes.Lines(text) {
			number++
			s := strings.Trim(string(line), fieldSpace+"\r\n")
			if s == "" || s[0] == '#' {
				continue
			}
			if !yield(number, s) {
				return
			}
		}
	}
}
