package parquetio

import (
	"fmt"
	"runtime"
)

// A panicError is a panic of the Parquet library, contained.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("the decoder gave up: %v", e.value) }

// guard runs f and returns its error. A refused allocation comes back as its
// *LimitError, any other panic as an error that the caller reports as damage.
// f must not start goroutines, and must not call code of the package's caller,
// whose panics are not ours to contain.
func guard(f func() error) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *LimitError:
			err = v
		case runtime.Error:
			err = &panicError{v}
		case error:
			err = fmt.Errorf("the decoder gave up: %w", v)
		default:
			err = &panicError{v}
		}
	}()
	return f()
}
