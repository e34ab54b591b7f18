//go:build js || wasip1

package spool

import (
	"errors"
	"os"
)

var errNoFiles = errors.New("no temporary files on this system")

// createUnnamed refuses, so that everything stays in memory.
func createUnnamed(string) (*os.File, string, error) { return nil, "", errNoFiles }
