//go:build !nos3 || !nogcs || !noazure

package bucket

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// cleanUpTime bounds what is done after the context has ended.
const cleanUpTime = 20 * time.Second

func cloneSettings(v url.Values) url.Values {
	c := url.Values{}
	for name, values := range v {
		c[name] = append([]string(nil), values...)
	}
	return c
}

// errNoVersion is of an object that was put beside its store's own protocol.
var errNoVersion = errors.New("the store names no version (ETag) of the object, and without one a reader could get parts of two: put it there anew")

// classify finds the meaning of a store's error that came with an HTTP status,
// or with none (0).
func classify(status int, err error) error {
	if c := (*classified)(nil); err == nil || errors.As(err, &c) {
		return err
	}
	text := err.Error()
	mean := func(class error) error { return &classified{class, err} }
	switch {
	case strings.Contains(text, "NoSuchBucket") || strings.Contains(text, "ContainerNotFound"):
		return mean(ErrNoBucket)
	case strings.Contains(text, "Object Lock") || strings.Contains(text, "ObjectLock"):
		return mean(ErrRetention)
	case status == 401 || status == 403:
		return mean(ErrForbidden)
	case status == 404:
		return mean(ErrNoObject)
	}
	return err
}

// permanent reports whether it is no use to repeat what gave err, with an HTTP
// status or with none (0).
func permanent(status int, err error) bool {
	var c *classified
	if errors.As(err, &c) || errors.Is(err, errNoVersion) {
		return true
	}
	switch {
	case status == 408 || status == 425 || status == 429:
		return false
	case status == 409: // S3 says so of an upload of the same name that is just ending
		return !strings.Contains(err.Error(), "ConditionalRequestConflict") && !strings.Contains(err.Error(), "OperationAborted")
	case status >= 400 && status < 500 || status == 501:
		return true
	}
	return false
}

// wholeOrPart refuses an answer that is not the range that was asked for, such
// as a whole object where a part of it was: header is its Content-Range.
func wholeOrPart(header string, v version, offset, length int64) error {
	want := fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, v.size)
	if header == want || header == "" && offset == 0 && length == v.size {
		return nil
	}
	if header == "" {
		return fmt.Errorf("asked for %s, the store sent the whole object", want)
	}
	if rest, ok := strings.CutPrefix(header, "bytes "); ok && !strings.HasSuffix(rest, fmt.Sprintf("/%d", v.size)) {
		return &classified{ErrChanged, fmt.Errorf("asked for %s, got %s", want, header)}
	}
	return fmt.Errorf("asked for %s, the store sent %.80q", want, header)
}
