package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// makers are the programs that make corpora and do what no other tool does.
var makers = map[string]struct {
	usage string
	make  func(ctx context.Context, args []string) error
}{
	"rows": {"FILES ROWS PARQUET-FILE FOLDER", func(ctx context.Context, args []string) error {
		files, rows, err := twoNumbers(args)
		if err != nil {
			return err
		}
		return makeRows(ctx, files, rows, args[2], args[3])
	}},
	"part": {"DATASETS COPIES FROM TO", func(_ context.Context, args []string) error {
		datasets, copies, err := twoNumbers(args)
		if err != nil {
			return err
		}
		return makePart(datasets, copies, args[2], args[3])
	}},
	"table": {"ROWS PARQUET-FILE FOLDER", func(ctx context.Context, args []string) error {
		rows, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return makeTable(ctx, rows, args[1], args[2])
	}},
	"archive": {"ENTRIES KEY FILE", func(ctx context.Context, args []string) error {
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return makeArchive(ctx, n, args[1], args[2])
	}},
	"copy": {"FOLDER FILE", func(_ context.Context, args []string) error { return makeCopy(args[0], args[1]) }},
	"sqlite": {"FOLDER FILE", func(ctx context.Context, args []string) error {
		return insertFiles(ctx, args[0], args[1])
	}},
}

// runMaker runs the maker that args name.
func runMaker(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("make what?")
	}
	m, ok := makers[args[0]]
	if !ok {
		return fmt.Errorf("nothing makes %q", args[0])
	}
	want := 1
	for _, c := range m.usage {
		if c == ' ' {
			want++
		}
	}
	if len(args)-1 != want {
		return fmt.Errorf("usage: bench make %s %s", args[0], m.usage)
	}
	return m.make(ctx, args[1:])
}

func twoNumbers(args []string) (a, b int, err error) {
	a, err = strconv.Atoi(args[0])
	if err != nil {
		return 0, 0, err
	}
	b, err = strconv.Atoi(args[1])
	return a, b, err
}
