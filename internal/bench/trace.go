package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A tally says how much was read of a file.
type tally struct {
	Reads int64 `json:"reads"` // calls that returned something
	Bytes int64 `json:"bytes"`
}

// readCalls are the system calls that strace is to show. A file that is mapped
// into memory is read without any, so that cannot be counted.
const readCalls = "read,pread64,readv,preadv,preadv2,mmap"

// countReads runs a command under strace and counts what it reads of file.
func countReads(ctx context.Context, s *stage, command, file string) (tally, error) {
	file, err := filepath.EvalSymlinks(filepath.Join(s.dir, file))
	if err != nil {
		return tally{}, err
	}
	log := filepath.Join(s.dir, "strace.log")
	defer os.Remove(log)
	text := fmt.Sprintf("strace -f -y -qq -e trace=%s -o strace.log bash -c %s >/dev/null", readCalls, quoted(command))
	if err := s.shell(ctx, text); err != nil {
		return tally{}, err
	}
	trace, err := os.ReadFile(log)
	if err != nil {
		return tally{}, err
	}
	return parseTrace(trace, file)
}

var (
	callStart   = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	callResumed = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
	callResult  = regexp.MustCompile(`\) += (-?\d+|0x[0-9a-f]+)`)
)

// parseTrace adds up the reads of file in what strace wrote.
func parseTrace(trace []byte, file string) (t tally, err error) {
	waiting := map[string]bool{} // processes in a call on the file
	lines := bufio.NewScanner(bytes.NewReader(trace))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		pid, name, rest := "", "", ""
		if m := callResumed.FindStringSubmatch(lines.Text()); m != nil {
			if pid, name, rest = m[1], m[2], m[3]; !waiting[pid] {
				continue
			}
			delete(waiting, pid)
		} else if m := callStart.FindStringSubmatch(lines.Text()); m != nil {
			if pid, name, rest = m[1], m[2], m[3]; !strings.Contains(rest, "<"+file+">") {
				continue
			}
			if strings.HasSuffix(rest, "<unfinished ...>") {
				waiting[pid] = true
				continue
			}
		} else {
			continue
		}
		results := callResult.FindAllStringSubmatch(rest, -1)
		if results == nil {
			return t, fmt.Errorf("bench: read strace's output: no result in %q", lines.Text())
		}
		if name == "mmap" {
			return t, fmt.Errorf("bench: count reads: %s is mapped into memory, where its reads cannot be counted", filepath.Base(file))
		}
		if n, err := strconv.ParseInt(results[len(results)-1][1], 10, 64); err == nil && n > 0 {
			t.Reads, t.Bytes = t.Reads+1, t.Bytes+n
		}
	}
	return t, lines.Err()
}

// quoted writes a text as one word of the shell's.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
