package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Every corpus is made by a command, from a seed or from shared data, and is the
// same each time. The generators are programs of their own, so that this one
// stays small: the kernel counts the memory of who starts a program as that
// program's until it has begun.

// keys makes the key to sign with and the file that trusts it.
func keys(ctx context.Context, s *stage) error {
	return s.need(ctx, "corpus/trusted",
		"rm -f corpus/key corpus/key.pub",
		"oa-archive keygen -o corpus/key --principal bench@example --no-passphrase --quiet > corpus/trusted.new && mv corpus/trusted.new corpus/trusted")
}

// documents makes n made-up documents in corpus/NAME.
func documents(name string, n int) step {
	return func(ctx context.Context, s *stage) error {
		path := "corpus/" + name
		err := s.need(ctx, path,
			"rm -rf "+path+".new",
			fmt.Sprintf("tenant-generator -seed 1 -documents %d %s.new", n, path),
			fmt.Sprintf("mv %s.new %s", path, path))
		if err != nil {
			return err
		}
		return s.warm(ctx, path)
	}
}

// flights returns the file of shared data from which rows are made.
func flights() (string, error) {
	data := os.Getenv("OA_SHARED_DATA")
	if data == "" {
		data = filepath.Join(root, "..", "shared", "data")
	}
	path, err := filepath.Abs(filepath.Join(data, "vega", "flights-3m.parquet"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return "", fmt.Errorf("%w: set OA_SHARED_DATA to the folder of shared test data", err)
	}
	return path, nil
}

// rows makes corpus/rows: a small made-up tenant with a further workspace, the
// datasets of which have the rows of flights.
func rows(ctx context.Context, s *stage) error {
	path, err := flights()
	if err != nil {
		return err
	}
	err = s.need(ctx, "corpus/rows",
		"rm -rf corpus/rows.new",
		"tenant-generator -seed 2 -documents 100 corpus/rows.new",
		fmt.Sprintf("bench make rows %d %d %s corpus/rows.new", s.scale.Files, s.scale.FileRows, quoted(path)),
		"mv corpus/rows.new corpus/rows")
	if err != nil {
		return err
	}
	return s.warm(ctx, "corpus/rows")
}

// part makes corpus/NAME: corpus/rows with only n of its datasets of flights, or
// with copies of all of them. The files are the same on the disk.
func part(name string, datasets, copies int) step {
	return func(ctx context.Context, s *stage) error {
		if err := rows(ctx, s); err != nil {
			return err
		}
		path := "corpus/" + name
		return s.need(ctx, path,
			"rm -rf "+path+".new",
			fmt.Sprintf("bench make part %d %d corpus/rows %s.new", datasets, copies, path),
			fmt.Sprintf("mv %s.new %s", path, path))
	}
}

// many makes an archive of many entries.
func many(ctx context.Context, s *stage) error {
	if err := keys(ctx, s); err != nil {
		return err
	}
	return s.need(ctx, "corpus/many.oa-archive", fmt.Sprintf("bench make archive %d corpus/key corpus/many.oa-archive", s.scale.Entries))
}

// warm reads a folder, so that what works on it does not wait for the disk.
func (s *stage) warm(ctx context.Context, path string) error {
	return s.shell(ctx, "tar -cf - "+path+" | cat >/dev/null")
}
