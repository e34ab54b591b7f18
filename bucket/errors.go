package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// Errors that callers test with errors.Is. An object that is absent, is there
// already, or may not be touched also matches [fs.ErrNotExist], [fs.ErrExist]
// or [fs.ErrPermission].
var (
	// ErrNoBucket: there is no such bucket. It matches fs.ErrNotExist too.
	ErrNoBucket error = &class{"there is no such bucket", fs.ErrNotExist}
	// ErrNoObject: the bucket is there, the object is not, as far as the
	// credentials show.
	ErrNoObject error = &class{"there is no such object", fs.ErrNotExist}
	// ErrExists: an object of that name is there already.
	ErrExists error = &class{"an object of that name is there already", fs.ErrExist}
	// ErrForbidden: the credentials do not allow it.
	ErrForbidden error = &class{"the credentials do not allow it", fs.ErrPermission}
	// ErrNoCredentials: no credentials were found.
	ErrNoCredentials = errors.New("no credentials were found")
	// ErrChanged: the object was replaced or removed while it was read.
	ErrChanged = errors.New("the object was replaced or removed while it was being read")
	// ErrRetention: the store cannot protect the object as asked.
	ErrRetention = errors.New("the store cannot keep the object from deletion as asked")
	// ErrUnknown: the store's last answer was lost, and the credentials do not
	// allow to look. The object is there whole, or not at all.
	ErrUnknown = errors.New("the store's answer was lost: the object is there whole, or not at all")
	// ErrNotStored: what the store has is not what was sent.
	ErrNotStored = errors.New("the store does not have what was sent")
	// ErrLocation: a setting of the location is wrong or missing.
	ErrLocation = errors.New("the location's settings are wrong")
	// ErrNoProvider: this build has no support for the scheme.
	ErrNoProvider = errors.New("this build has no support for the store")
)

// class is an error that matches one of package fs too.
type class struct {
	text string
	is   error
}

func (c *class) Error() string { return c.text }
func (c *class) Unwrap() error { return c.is }

// An Error says what could not be done with which object. Its text holds
// neither credentials nor signatures of requests.
type Error struct {
	Op       string // such as "read" or "create"
	Location string // without settings
	Err      error  // one of the package's errors, or the provider's
	cause    error  // the provider's, when Err is one of the package's
}

// Error names the operation, the object and the reason.
func (e *Error) Error() string {
	text := e.Err.Error()
	if e.cause != nil {
		text += " (" + brief(e.cause) + ")"
	} else if !ours(e.Err) {
		text = brief(e.Err)
	}
	return fmt.Sprintf("bucket: %s %s: %s", e.Op, e.Location, text)
}

// Unwrap returns the reason, and the provider's error where there is one.
func (e *Error) Unwrap() []error {
	if e.cause != nil {
		return []error{e.Err, e.cause}
	}
	return []error{e.Err}
}

func ours(err error) bool {
	for _, own := range []error{ErrNoBucket, ErrNoObject, ErrExists, ErrForbidden, ErrNoCredentials, ErrChanged, ErrRetention, ErrUnknown, ErrNotStored, ErrNoProvider, ErrLocation, errStalled} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// noise is what libraries put around the reason.
var noise = regexp.MustCompile(`blob \(key "[^"]*"\) \(code=\w+\): |operation error \w+: \w+, |https response error |StatusCode: 0, |RequestID: [^,]*, |HostID: [^,]*, `)

// brief is the text of a provider's error, without what nobody needs and what
// nobody may see.
func brief(err error) string {
	text := noise.ReplaceAllString(redact(err.Error()), "")
	text = strings.Join(strings.Fields(text), " ")
	const most = 400
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// fault wraps err for the caller. Errors of contexts are passed on.
func fault(ctx context.Context, op string, at Location, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("bucket: %s %s: %w", op, at.Short(), context.Cause(ctx))
	}
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	var c *classified
	if errors.As(err, &c) {
		return &Error{Op: op, Location: at.Short(), Err: c.class, cause: c.cause}
	}
	return &Error{Op: op, Location: at.Short(), Err: err}
}

// classified is a provider's error, and what it means.
type classified struct {
	class error // one of the package's errors; never nil
	cause error
}

func (c *classified) Error() string   { return c.class.Error() }
func (c *classified) Unwrap() []error { return []error{c.class, c.cause} }
