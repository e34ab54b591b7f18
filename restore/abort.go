package restore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/tenant"
)

// Aborted says what an import that died had left, and [Abort] has removed.
type Aborted struct {
	Finished    string `json:"finished,omitempty"` // id of an import that was committed, and whose rest was done now
	Staged      int    `json:"staged"`             // files that the store had staged
	StagedBytes int64  `json:"staged_bytes"`
	Insurance   int    `json:"insurance"` // insurance archives that were never completed
}

// abortPatience bounds how long Abort waits for a lock that cannot be tried
// without waiting.
const abortPatience = 2 * time.Second

// Abort removes what an import into target that died has left: what the store
// had staged, and insurance archives in place (which may be nil) that were never
// completed. Complete ones stay, whatever became of their imports. While an
// import is under way the error wraps [tenant.ErrLocked], and nothing is done.
//
// place must be one that no other target's imports are insured in.
func Abort(ctx context.Context, target tenant.Target, place InsurancePlace) (*Aborted, error) {
	var found Aborted
	if aborter, ok := target.(tenant.Aborter); ok {
		abandoned, err := aborter.Abort(ctx)
		if err != nil {
			return nil, fmt.Errorf("restore: abort: %w", err)
		}
		found = Aborted{Finished: abandoned.Finished, Staged: abandoned.Files, StagedBytes: abandoned.Bytes}
	}
	// Under the lock no import is writing insurance.
	waiting, cancel := context.WithTimeout(ctx, abortPatience)
	defer cancel()
	tx, err := target.Begin(waiting)
	if err != nil {
		return nil, fmt.Errorf("restore: abort: %w", err)
	}
	if sweeper, ok := place.(sweeper); ok {
		found.Insurance, err = sweeper.Sweep(ctx)
	}
	return &found, errors.Join(err, tx.Rollback())
}

// sweeper is an optional power of an [InsurancePlace].
type sweeper interface {
	// Sweep removes what was begun and never completed.
	Sweep(ctx context.Context) (removed int, err error)
}

// Sweep removes archives that a process that died was writing.
func (f InsuranceFolder) Sweep(ctx context.Context) (removed int, err error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, ".oa-archive-") && strings.HasSuffix(name, ".partial") {
			if err := errors.Join(ctx.Err(), os.Remove(filepath.Join(string(f), name))); err != nil {
				return removed, fmt.Errorf("restore: insurance folder: %w", err)
			}
			removed++
		}
	}
	return removed, err
}
