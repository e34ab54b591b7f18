package ustar

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// A Record is one PAX record.
type Record struct{ Keyword, Value string }

// Keywords of the global header, in the order in which they stand.
var globalKeywords = [...]string{"OAARCHIVE.created", "OAARCHIVE.format", "OAARCHIVE.id", "OAARCHIVE.tenant"}

// A Hint is what the global header says of an archive. It proves nothing: only
// the signed manifest does, and it must agree.
type Hint struct{ Created, Format, ID, Tenant string }

// AppendGlobal appends the global header and its records, padded.
func AppendGlobal(dst []byte, hint Hint, time int64) []byte {
	var records []byte
	for i, value := range []string{hint.Created, hint.Format, hint.ID, hint.Tenant} {
		records = AppendRecord(records, globalKeywords[i], value)
	}
	dst = Append(dst, Header{Type: TypeGlobal, Path: GlobalName, Size: int64(len(records)), Time: time})
	return Pad(append(dst, records...))
}

// ParseGlobal reads the records of a global header: exactly those that
// AppendGlobal writes.
func ParseGlobal(content []byte) (Hint, error) {
	records, err := ParseRecords(content)
	if err != nil {
		return Hint{}, err
	}
	if len(records) != len(globalKeywords) {
		return Hint{}, fmt.Errorf("%d records, want %d", len(records), len(globalKeywords))
	}
	for i, r := range records {
		if r.Keyword != globalKeywords[i] {
			return Hint{}, fmt.Errorf("record %.60q where %s belongs", r.Keyword, globalKeywords[i])
		}
	}
	return Hint{Created: records[0].Value, Format: records[1].Value, ID: records[2].Value, Tenant: records[3].Value}, nil
}

// ParseSize reads the records of an extended header: one, the size of a file
// that needs it.
func ParseSize(content []byte) (int64, error) {
	records, err := ParseRecords(content)
	if err != nil {
		return 0, err
	}
	if len(records) != 1 || records[0].Keyword != "size" {
		return 0, errors.New("an extended header must hold the size and nothing else")
	}
	size, err := strconv.ParseInt(records[0].Value, 10, 62)
	if err != nil || strconv.FormatInt(size, 10) != records[0].Value || !Extended(size) {
		return 0, fmt.Errorf("the size %.40q does not need an extended header, or is no number", records[0].Value)
	}
	return size, nil
}

// ParseRecords reads PAX records (POSIX pax, extended header format) that
// AppendRecord would have written.
func ParseRecords(content []byte) ([]Record, error) {
	var records []Record
	for rest := content; len(rest) > 0; {
		digits, _, _ := bytes.Cut(rest[:min(len(rest), 8)], []byte(" "))
		n, err := strconv.Atoi(string(digits))
		if err != nil || n <= len(digits)+1 || n > len(rest) {
			return nil, errors.New("a record states a wrong length")
		}
		keyword, value, ok := bytes.Cut(rest[len(digits)+1:n], []byte("="))
		if !ok || len(value) == 0 {
			return nil, errors.New("a record has no keyword or no value")
		}
		r := Record{Keyword: string(keyword), Value: string(value[:len(value)-1])}
		if !bytes.Equal(AppendRecord(nil, r.Keyword, r.Value), rest[:n]) || bytes.ContainsAny(value, "\x00") {
			return nil, fmt.Errorf("the record %.60q is not in its one spelling", rest[:n])
		}
		records = append(records, r)
		rest = rest[n:]
	}
	return records, nil
}
