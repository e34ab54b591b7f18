//go:build !nogcs

package bucket

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	gax "github.com/googleapis/gax-go/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/storage/v1"
)

// The modes of retention (cloud.google.com/storage/docs/object-lock).
const (
	gcsLocked   = "Locked"
	gcsUnlocked = "Unlocked"
)

// chunkPatience bounds what the library spends on one chunk. It is no limit in
// practice: attempts are counted instead, so that slow links get as many.
const chunkPatience = 365 * 24 * time.Hour

// create begins an upload that the library sends in chunks to a session of the
// store (cloud.google.com/storage/docs/resumable-uploads), or with one request
// when it is smaller than a chunk. A session that is given up makes no object,
// and the store forgets it after a week.
func (s *gcsStore) create(ctx context.Context, key string, opts WriterOptions) (upload, error) {
	o := &storage.Object{Name: key, ContentType: opts.contentType, Metadata: map[string]string{metadataName: newMark()}}
	gcsRetain(o, opts.Retention)
	send := func(ctx context.Context, r io.Reader) (version, error) {
		call := s.objects.Insert(s.bucket, o).Context(ctx)
		if !opts.Replace {
			call.IfGenerationMatch(0)
		}
		// A request is safe to repeat: it has a condition, or replaces.
		pauses := &gax.Backoff{Initial: opts.Backoff, Max: maxBackoffRate * opts.Backoff, Multiplier: 2}
		call.WithRetry(pauses, s.worthAnother(opts.Attempts))
		call.Media(r, googleapi.ContentType(opts.contentType), googleapi.ChunkSize(pieceSize),
			googleapi.ChunkRetryDeadline(chunkPatience), googleapi.EnableAutoChecksum())
		made, err := call.Do()
		if err != nil {
			return version{}, s.refused(err, opts)
		}
		return gcsVersion(made)
	}
	return startPiped(ctx, s, key, o.Metadata[metadataName], send), nil
}

// gcsRetain asks for protection, which the bucket must allow for.
func gcsRetain(o *storage.Object, r Retention) {
	o.TemporaryHold = r.LegalHold
	if r.Until.IsZero() {
		return
	}
	o.Retention = &storage.ObjectRetention{Mode: gcsLocked, RetainUntilTime: r.Until.UTC().Format(time.RFC3339)}
	if r.Governance {
		o.Retention.Mode = gcsUnlocked
	}
}

// worthAnother returns what the library asks after each request of one upload:
// whether to repeat it. Those that fail in a row are counted.
func (s *gcsStore) worthAnother(attempts int) func(error) bool {
	failed := 0
	return func(err error) bool {
		if err == nil {
			failed = 0
			return false
		}
		failed++
		return failed < attempts && !errors.Is(err, context.Canceled) && !s.permanent(err)
	}
}

// refused classifies what kept the object from appearing.
func (s *gcsStore) refused(err error, opts WriterOptions) error {
	if errors.Is(err, errStalled) {
		return errStalled // what it is wrapped in names the session, which whoever knows may write to
	}
	switch status := gcsStatus(err); {
	case status == http.StatusPreconditionFailed:
		return &classified{ErrExists, err}
	case status == http.StatusNotFound && !bucketMissing(err):
		return err // the session is gone; classify would say that the object is
	case status == http.StatusBadRequest && opts.Retention != (Retention{}) && strings.Contains(strings.ToLower(err.Error()), "retention"):
		return &classified{ErrRetention, err}
	}
	return s.classify(err)
}
