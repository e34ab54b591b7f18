//go:build !nocloud

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/bucket"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

// Archives as objects in stores. The libraries of the providers are half of the
// command: it can be built without them, with the tag nocloud.

func init() { classes = append([]func(error) (failure, bool){bucketFailure}, classes...) }

func checkLocation(s string) error {
	_, err := parseLocation(s)
	return err
}

// parseLocation does not repeat what it refuses: a password may stand in it.
func parseLocation(s string) (bucket.Location, error) {
	at, err := bucket.Parse(s)
	if err != nil {
		return at, usagef("an object is s3://BUCKET/KEY, gs://BUCKET/KEY or azblob://CONTAINER/KEY; see docs/stores.md", "%s", message(err))
	}
	return at, nil
}

// linkOptions reads how patient to be with a store.
func (a *app) linkOptions() (bucket.Options, error) {
	text := a.getenv("OA_ARCHIVE_STORE_ATTEMPTS")
	if text == "" {
		return bucket.Options{}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return bucket.Options{}, usagef("it is a number from 1 to 1000", "OA_ARCHIVE_STORE_ATTEMPTS: %q", text)
	}
	return bucket.Options{Attempts: n}, nil
}

// openObject opens an object for reading.
func (a *app) openObject(ctx context.Context, file string, tail bool) (*bucket.Object, error) {
	at, err := parseLocation(file)
	if err != nil {
		return nil, err
	}
	opts, err := a.linkOptions()
	if err != nil {
		return nil, err
	}
	if !tail {
		opts.Tail = -1
	}
	return bucket.Open(ctx, at, opts)
}

// openRemote opens an archive in a store.
func (a *app) openRemote(ctx context.Context, file string) (*input, error) {
	o, err := a.openObject(ctx, file, true)
	if err != nil {
		return nil, err
	}
	return a.openBytes(ctx, o, o.Size(), file)
}

// A remoteOutput is an archive on its way to a store.
type remoteOutput struct {
	*bucket.Writer
	a       *app
	at      bucket.Location
	unwrap  func(io.ReaderAt, int64) (io.ReaderAt, int64, error)
	asked   bucket.Retention
	receipt *bucket.Receipt
}

func (a *app) createRemote(ctx context.Context, file string, opts outputOptions) (output, error) {
	return a.createObject(ctx, file, opts, bucket.WriterOptions{})
}

func (a *app) createObject(ctx context.Context, file string, opts outputOptions, wopts bucket.WriterOptions) (*remoteOutput, error) {
	at, err := parseLocation(file)
	if err != nil {
		return nil, err
	}
	if wopts.Options, err = a.linkOptions(); err != nil {
		return nil, err
	}
	wopts.Replace, wopts.Size = opts.replace, opts.size
	if wopts.Retention.Until, err = opts.keep.end(time.Now()); err != nil {
		return nil, err
	}
	wopts.Retention.Governance = opts.keep.mode == "governance" && !wopts.Retention.Until.IsZero()
	wopts.Retention.LegalHold = opts.keep.hold
	w, err := bucket.Create(ctx, at, wopts)
	if err != nil {
		return nil, err
	}
	return &remoteOutput{Writer: w, a: a, at: at, unwrap: opts.unwrap, asked: wopts.Retention}, nil
}

// Commit makes the object appear and reads the archive's end back, as
// [archive.FileWriter] does, if the credentials allow it.
func (r *remoteOutput) Commit(ctx context.Context) (err error) {
	if r.receipt, err = r.Writer.Commit(ctx); err != nil {
		return err
	}
	r.report()
	if !r.receipt.Seen {
		return nil
	}
	link, err := r.a.linkOptions()
	if err != nil {
		return err
	}
	o, err := bucket.Open(ctx, r.at, link)
	if errors.Is(err, bucket.ErrForbidden) {
		r.a.note("%s: the store has it, but these credentials may not read it back", r.at.Short())
		return nil
	}
	if err != nil {
		return err
	}
	defer closeInto(&err, o)
	if o.Version() != r.receipt.Version {
		return fmt.Errorf("%s: %w", r.at.Short(), bucket.ErrChanged)
	}
	content, size := io.ReaderAt(o), o.Size()
	if r.unwrap != nil {
		if content, size, err = r.unwrap(o, o.Size()); err != nil {
			return err
		}
	}
	_, err = archive.Open(ctx, content, size, archive.Options{AllowUnsigned: true, Workers: 1, Limits: archive.Limits{Manifest: archive.MaxManifest, Entries: 1 << 30}})
	return at(r.at.Short(), err)
}

// report says what could not be checked.
func (r *remoteOutput) report() {
	name := r.at.Short()
	switch {
	case !r.receipt.Seen && r.receipt.Summed:
		r.a.note("%s: not read back, which these credentials do not allow; the store's checksum of it is right", name)
	case !r.receipt.Seen:
		r.a.warn("%s: not read back, which these credentials do not allow, and the store states no checksum", name)
	}
	switch {
	case r.asked == bucket.Retention{}:
	case r.receipt.Retention == nil:
		r.a.note("%s: the store took the order to protect it; these credentials may not ask whether it does", name)
	default:
		r.a.note("%s: %s", name, protection(*r.receipt.Retention))
	}
}

func protection(k bucket.Retention) string {
	text := ""
	if !k.Until.IsZero() {
		text = "protected until " + render.Time(k.Until)
		if k.Governance {
			text += " (governance)"
		} else {
			text += " (compliance)"
		}
	}
	if k.LegalHold {
		if text != "" {
			text += ", and "
		}
		text += "under legal hold"
	}
	return text
}

// bucketFailure is about stores of objects.
func bucketFailure(err error) (failure, bool) {
	var e *bucket.Error
	switch {
	case !errors.As(err, &e):
		return failure{}, false
	case errors.Is(err, bucket.ErrNoCredentials):
		return failure{exit: exitFailed, code: "no-credentials", hint: "put them where the provider's own tools take them from, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; see docs/stores.md"}, true
	case errors.Is(err, bucket.ErrForbidden):
		return failure{exit: exitFailed, code: "forbidden", hint: "check the credentials, and what their role may do with this object; some stores also say so of an object that is not there"}, true
	case errors.Is(err, bucket.ErrNoBucket):
		return failure{exit: exitFailed, code: "no-such-bucket", hint: "check the bucket's name, the region and the endpoint; buckets are made with the provider's own tools"}, true
	case errors.Is(err, bucket.ErrNoObject):
		return failure{exit: exitFailed, code: "not-found", hint: "check the bucket's name and the key"}, true
	case errors.Is(err, bucket.ErrExists):
		return failure{exit: exitFailed, code: "exists", hint: "choose another key, or replace it with --force"}, true
	case errors.Is(err, bucket.ErrRetention):
		return failure{exit: exitFailed, code: "retention", hint: "switch object lock on for the bucket (with most stores only when it is made), or leave --retain… out"}, true
	case errors.Is(err, bucket.ErrChanged):
		return failure{exit: exitFailed, code: "source-changed", hint: "run the command again: it reads the object that is there now"}, true
	case errors.Is(err, bucket.ErrUnknown):
		return failure{exit: exitFailed, code: "upload-unknown", hint: "look whether the object is there, with credentials that may read"}, true
	case errors.Is(err, bucket.ErrNotStored):
		return failure{exit: exitFailed, code: "not-stored", hint: "do not rely on the object; write it again under another key"}, true
	case errors.Is(err, bucket.ErrLocation):
		return failure{exit: exitUsage, code: "usage", hint: "docs/stores.md lists the settings"}, true
	}
	return failure{exit: exitFailed, code: "store", hint: "check the link, the endpoint and the state of the store, then run the command again"}, true
}
