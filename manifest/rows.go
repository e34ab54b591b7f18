package manifest

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
	"github.com/oneanalytics/oa-archive/layout"
)

// Bounds of [RowStatistics].
const (
	MaxRowsSchema  = 64 << 10 // bytes of Schema
	MaxRowsColumns = 4096     // elements of Nulls
)

// RowStatistics say how many rows an entry of rows holds and of what form
// (spec M-20). They are counts and types, never values: a manifest is read and
// kept by more people than rows are. This package does not read rows; whoever
// writes an archive states them, and package rowcheck compares.
type RowStatistics struct {
	Count  int64  // rows
	Schema string // the columns, as docs/rows.md writes them; "" when not stated
	// Nulls is the number of nulls in each column of Schema, -1 where it is not
	// known; nil when not stated.
	Nulls []int64
	Extra Members
}

// Check says what about s breaks rule M-20, or nil.
func (s *RowStatistics) Check() error {
	if s.Count < 0 {
		return fmt.Errorf("the count %d is negative", s.Count)
	}
	if err := checkText(s.Schema, 0, MaxRowsSchema); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	switch {
	case s.Nulls == nil:
	case s.Schema == "":
		return errors.New("nulls of columns that no schema names")
	case len(s.Nulls) == 0 || len(s.Nulls) > MaxRowsColumns:
		return fmt.Errorf("nulls of %d columns, want 1 to %d", len(s.Nulls), MaxRowsColumns)
	}
	for _, n := range s.Nulls {
		if n < -1 {
			return fmt.Errorf("a column has %d nulls", n)
		}
	}
	return nil
}

// checkRows covers M-20.
func (e *Entry) checkRows() error {
	if e.Rows == nil {
		return nil
	}
	if name, err := layout.Parse(e.Path); err != nil || name.Kind != layout.Rows {
		return errors.New("the entry holds no rows, but the manifest counts some in it")
	}
	return e.Rows.Check()
}

func (e *Entry) decodeRows(value []byte) error {
	s := &RowStatistics{}
	extra, err := decodeObject(value, "rows", []field{
		{"count", true, "M-20", count(&s.Count)},
		{"schema", false, "M-20", optionalText(&s.Schema)},
		{"nulls", false, "M-20", s.decodeNulls},
	})
	s.Extra, e.Rows = extra, s
	return err
}

func (s *RowStatistics) decodeNulls(value []byte) error {
	if !strictjson.IsArray(value) {
		return errors.New("not a list")
	}
	s.Nulls = []int64{}
	for element := range strictjson.Elements(value) {
		n := int64(-1)
		if string(element) != "null" {
			if err := count(&n)(element); err != nil {
				return err
			}
		}
		s.Nulls = append(s.Nulls, n)
	}
	return nil
}

func (s *RowStatistics) object() string {
	members := Members{{"count", strconv.AppendInt(nil, s.Count, 10)}}
	if s.Schema != "" {
		members = append(members, Member{"schema", quoted(s.Schema)})
	}
	if s.Nulls != nil {
		b := []byte{'['}
		for i, n := range s.Nulls {
			if i > 0 {
				b = append(b, ", "...)
			}
			if n < 0 {
				b = append(b, "null"...)
			} else {
				b = strconv.AppendInt(b, n, 10)
			}
		}
		members = append(members, Member{"nulls", append(b, ']')})
	}
	return object(append(members, s.Extra...))
}
