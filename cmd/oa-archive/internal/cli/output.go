package cli

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/archive"
)

// An output is an archive on its way to where it will stand: a file, or an
// object in a store. It appears whole with Commit, or not at all.
type output interface {
	io.Writer
	Commit(ctx context.Context) error
	Close() error
}

// outputOptions say how an archive is published.
type outputOptions struct {
	replace bool
	// unwrap is as in [archive.FileOptions].
	unwrap func(file io.ReaderAt, size int64) (io.ReaderAt, int64, error)
	size   int64 // if it is known, else 0
	keep   keepFlags
}

// createOutput begins FILE, which is a path or the location of an object.
func (a *app) createOutput(ctx context.Context, file string, opts outputOptions) (output, error) {
	path, remote, err := a.locate(file)
	if err != nil {
		return nil, err
	}
	if remote {
		return a.createRemote(ctx, file, opts)
	}
	if opts.keep.used() {
		return nil, usagef("they are for objects in a store, such as s3://…", "a file cannot be protected with --retain, --retain-until and --legal-hold")
	}
	return archive.CreateFile(path, archive.FileOptions{Replace: opts.replace, Unwrap: opts.unwrap})
}

// locate tells the location of an object from the path of a file, which may be
// written as a file:// URL (RFC 8089).
func (a *app) locate(file string) (path string, remote bool, err error) {
	scheme, rest, found := strings.Cut(file, "://")
	if !found || strings.ContainsAny(scheme, `/\`) || scheme == "" {
		return file, false, nil
	}
	switch strings.ToLower(scheme) {
	case "s3", "gs", "azblob":
		return file, true, checkLocation(file)
	case "file":
		host, path, _ := strings.Cut(rest, "/")
		path, err := url.PathUnescape("/" + path)
		if err != nil || host != "" && host != "localhost" || strings.ContainsAny(rest, "?#") {
			return "", false, usagef("write file:///PATH, or just the path", "%q is not the URL of a file on this machine", file)
		}
		return path, false, nil
	case "http", "https":
		return "", false, usagef("fetch it with another program and pipe it in: FILE may be -", "archives are not read over %s", scheme)
	}
	return file, false, nil
}

// keepFlags say how long a store must keep an object.
type keepFlags struct {
	retain, until string
	mode          string
	hold          bool
}

func (k *keepFlags) used() bool { return k.retain != "" || k.until != "" || k.hold }

func (k *keepFlags) declare(cmd *cobra.Command) {
	group(cmd, "Protection in the store", func(fs *pflag.FlagSet) {
		fs.StringVar(&k.retain, "retain", "", "nobody may delete the object for `SPAN`: 30d, 12w or 7y")
		fs.StringVar(&k.until, "retain-until", "", "nobody may delete it before `TIME`: 2033-12-31 or 2033-12-31T23:59:59Z")
		fs.StringVar(&k.mode, "retain-mode", "compliance", "`MODE`: compliance binds everybody, governance all but those the store's administrator exempts")
		fs.BoolVar(&k.hold, "legal-hold", false, "nobody may delete it until the hold is lifted")
	})
}

// end returns until when an object is kept; the zero time: not by time.
func (k *keepFlags) end(now time.Time) (time.Time, error) {
	switch {
	case k.mode != "compliance" && k.mode != "governance":
		return time.Time{}, usagef("write compliance or governance", "--retain-mode: %q", k.mode)
	case k.retain != "" && k.until != "":
		return time.Time{}, usagef("give one of them", "--retain and --retain-until exclude each other")
	case k.until != "":
		for _, form := range []string{time.RFC3339, time.DateOnly} {
			if t, err := time.Parse(form, k.until); err == nil {
				if !t.After(now) {
					return time.Time{}, usagef("give a time to come", "--retain-until: %s is past", k.until)
				}
				return t, nil
			}
		}
		return time.Time{}, usagef("write it like 2033-12-31 or 2033-12-31T23:59:59Z", "--retain-until: %q is not a time", k.until)
	case k.retain != "":
		t, err := later(k.retain, now)
		if err != nil {
			return time.Time{}, usagef("write it like 30d, 12w or 7y", "--retain: %w", err)
		}
		return t, nil
	}
	return time.Time{}, nil
}

// later adds a number of days, weeks or years to now.
func later(span string, now time.Time) (time.Time, error) {
	wrong := errors.New("not a span of days, weeks or years")
	n, i := 0, 0
	for ; i < len(span) && span[i] >= '0' && span[i] <= '9'; i++ {
		if n = 10*n + int(span[i]-'0'); n > 36500 {
			return time.Time{}, errors.New("longer than a hundred years")
		}
	}
	if i == 0 || n == 0 {
		return time.Time{}, wrong
	}
	switch span[i:] {
	case "d":
		return now.AddDate(0, 0, n), nil
	case "w":
		return now.AddDate(0, 0, 7*n), nil
	case "y":
		if n > 100 {
			return time.Time{}, errors.New("longer than a hundred years")
		}
		return now.AddDate(n, 0, 0), nil
	}
	return time.Time{}, wrong
}
