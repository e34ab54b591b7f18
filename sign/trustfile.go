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
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return nil, &LineError{File: file, Line: 1 + bytes.Count(text[:i], []byte{'\n'}), Err: errNotText}
	}
	return text, nil
}

var errNotText = errors.New("a NUL byte: the file must be text in UTF-8")

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
