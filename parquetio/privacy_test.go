package parquetio

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

// TestErrorsHoldNoValues gives columns values that they cannot hold. The error names
// the row, the column and the reason, never the value: rows are people's data.
func TestErrorsHoldNoValues(t *testing.T) {
	huge, _ := new(big.Int).SetString(strings.Repeat("98765", 9), 10)
	at := time.Date(1987, 6, 5, 4, 32, 1, 987654321, time.UTC)
	for _, c := range []struct {
		typ    string
		value  any
		traces []string // of the value
	}{
		{"int8", 98765, []string{"98765"}}, {"uint16", -98765, []string{"98765"}}, {"int64", uint64(1<<63 + 98765), []string{"9223"}},
		{"float32", 98765.4321, []string{"98765"}}, {"decimal(4,2)", "98765.43", []string{"98765"}}, {"decimal(9,1)", "1.98765", []string{"98765"}},
		{"decimal(9,1)", "Iris Holm", []string{"Iris"}}, {"decimal(38,0)", huge, []string{"98765"}},
		{"date", at, []string{"1987", "04:32"}}, {"timestamp(ms)", at, []string{"1987"}}, {"timestamp(ns)", at.AddDate(9000, 0, 0), []string{"10987"}},
		{"time(ms)", 98765 * time.Hour, []string{"98765", "355554"}}, {"uuid", "Iris Holm", []string{"Iris"}}, {"json", "Iris Holm", []string{"Iris"}},
		{"json", `{"name": "Iris Holm"`, []string{"Iris"}}, {"string", "Iris\xff", []string{"Iris"}}, {"list<int8>", []any{98765}, []string{"98765"}},
		{"bool", "Iris", []string{"Iris"}},
	} {
		schema, err := ParseSchema("secret " + c.typ)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, schema, WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		err = w.AppendRow([]any{c.value})
		var value *ValueError
		if !errors.As(err, &value) || value.Column != "secret" {
			t.Errorf("%s: %v", c.typ, err)
			continue
		}
		for _, trace := range c.traces {
			if strings.Contains(err.Error(), trace) {
				t.Errorf("%s: the error repeats the value: %v", c.typ, err)
			}
		}
	}
}
