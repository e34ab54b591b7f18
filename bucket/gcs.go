//go:build !nogcs

package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"cloud.google.com/go/storage"
	gax "github.com/googleapis/gax-go/v2"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"google.golang.org/api/googleapi"
)

func init() { openers["gs"] = openGCS }

// openGCS takes the credentials from where Google's tools do. It makes the
// client itself: the kit's opener prints warnings to standard output, where
// archives go. STORAGE_EMULATOR_HOST names an emulator, which needs none.
func openGCS(ctx context.Context, at Location, _ Options) (store, error) {
	settings := cloneSettings(at.settings)
	anonymous := take(settings, "anonymous")
	if len(settings) > 0 {
		return nil, &classified{ErrLocation, fmt.Errorf("gs:// knows only the setting anonymous, not %s", settings.Encode())}
	}
	client := gcp.NewAnonymousHTTPClient(gcp.DefaultTransport())
	if open, err := strconv.ParseBool(anonymous); anonymous != "" && err != nil {
		return nil, &classified{ErrLocation, errors.New("anonymous is true or false")}
	} else if !open && os.Getenv("STORAGE_EMULATOR_HOST") == "" {
		creds, err := gcp.DefaultCredentials(ctx)
		if err != nil {
			return nil, &classified{ErrNoCredentials, err}
		}
		if client, err = gcp.NewHTTPClient(gcp.DefaultTransport(), gcp.CredentialsTokenSource(creds)); err != nil {
			return nil, &classified{ErrNoCredentials, err}
		}
	}
	b, err := gcsblob.OpenBucket(ctx, client, at.Bucket, nil)
	if err != nil {
		return nil, err
	}
	var sdk *storage.Client
	if !b.As(&sdk) {
		return nil, errLibrary
	}
	// Reads are repeated by this package; the pieces of an upload only by the
	// library. Uploads are safe to repeat: every one has a condition or replaces.
	sdk.SetRetry(storage.WithMaxAttempts(6), storage.WithPolicy(storage.RetryAlways),
		storage.WithBackoff(gax.Backoff{Initial: 200 * time.Millisecond, Max: 10 * time.Second, Multiplier: 2}))
	return &portable{b: b, d: gcsDialect{}}, nil
}

type gcsDialect struct{}

func (gcsDialect) identify(a *blob.Attributes, v *version) {
	var attrs storage.ObjectAttrs
	if !a.As(&attrs) {
		return
	}
	v.tag = strconv.FormatInt(attrs.Generation, 10)
	v.sum, v.hasSum = attrs.CRC32C, true
	v.mark = attrs.Metadata[metadataName]
	v.lock.LegalHold = attrs.TemporaryHold || attrs.EventBasedHold
	if r := attrs.Retention; r != nil {
		v.lock.Until, v.lock.Governance = r.RetainUntil, r.Mode != "Locked"
	}
	v.lockKnown = true
}

func (gcsDialect) pin(as func(any) bool, v version) bool {
	var object **storage.ObjectHandle
	generation, err := strconv.ParseInt(v.tag, 10, 64)
	if err != nil || !as(&object) {
		return false
	}
	*object = (*object).Generation(generation)
	return true
}

func (gcsDialect) check(r *blob.Reader, v version, offset, _ int64) error {
	var sdk *storage.Reader
	if !r.As(&sdk) {
		return errLibrary
	}
	if got := strconv.FormatInt(sdk.Attrs.Generation, 10); got != v.tag {
		return &classified{ErrChanged, fmt.Errorf("its generation is %s now, and was %s", got, v.tag)}
	}
	if sdk.Attrs.StartOffset != offset {
		return fmt.Errorf("asked for what begins at %d, the store sent what begins at %d", offset, sdk.Attrs.StartOffset)
	}
	return nil
}

// before sets the retention, which the bucket must allow for
// (cloud.google.com/storage/docs/object-lock).
func (gcsDialect) before(as func(any) bool, opts WriterOptions, _ string) error {
	if opts.Retention == (Retention{}) {
		return nil
	}
	var object **storage.ObjectHandle
	var w *storage.Writer
	if !as(&object) || !as(&w) {
		return &classified{ErrRetention, errLibrary}
	}
	w.TemporaryHold = opts.Retention.LegalHold
	if !opts.Retention.Until.IsZero() {
		w.Retention = &storage.ObjectRetention{Mode: "Locked", RetainUntil: opts.Retention.Until}
		if opts.Retention.Governance {
			w.Retention.Mode = "Unlocked"
		}
	}
	return nil
}

func (gcsDialect) status(err error) int {
	var e *googleapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if errors.Is(err, storage.ErrObjectNotExist) || errors.Is(err, storage.ErrBucketNotExist) {
		return http.StatusNotFound
	}
	return 0
}
