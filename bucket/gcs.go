//go:build !nogcs

package bucket

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

func init() { openers["gs"] = openGCS }

// gcsStore is a bucket of Google Cloud Storage, which is spoken to through its
// JSON API (cloud.google.com/storage/docs/json_api).
type gcsStore struct {
	objects *storage.ObjectsService
	bucket  string
	opts    Options
}

// gcsScope is what tokens are asked for; roles say what they may.
const gcsScope = "https://www.googleapis.com/auth/cloud-platform"

// openGCS takes the credentials from where Google's tools do (Application
// Default Credentials). An emulator needs none.
func openGCS(ctx context.Context, at Location, opts Options) (store, error) {
	settings := cloneSettings(at.settings)
	anonymous := take(settings, "anonymous")
	if len(settings) > 0 {
		return nil, &classified{ErrLocation, fmt.Errorf("gs:// knows only the setting anonymous, not %s", settings.Encode())}
	}
	endpoint, err := gcsEmulator()
	if err != nil {
		return nil, &classified{ErrLocation, err}
	}
	var transport http.RoundTripper = &watchedTransport{http.DefaultTransport, opts.Stall}
	if open, err := strconv.ParseBool(anonymous); anonymous != "" && err != nil {
		return nil, &classified{ErrLocation, errors.New("anonymous is true or false")}
	} else if !open && endpoint == "" {
		creds, err := google.FindDefaultCredentials(ctx, gcsScope)
		if err != nil {
			return nil, &classified{ErrNoCredentials, err}
		}
		transport = &oauth2.Transport{Base: transport, Source: creds.TokenSource}
	}
	service, err := storage.NewService(ctx, option.WithHTTPClient(&http.Client{Transport: transport}),
		option.WithEndpoint(endpoint), option.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	return &gcsStore{objects: service.Objects, bucket: at.Bucket, opts: opts}, nil
}

// gcsEmulator returns the address of the API at the emulator which
// STORAGE_EMULATOR_HOST names, or nothing. The variable is that of Google's
// larger libraries, which this client does not know: HOST:PORT, spoken to with
// plain HTTP, or with a scheme before it.
func gcsEmulator() (string, error) {
	host := os.Getenv("STORAGE_EMULATOR_HOST")
	if host == "" {
		return "", nil
	}
	if !strings.Contains(host, "://") {
		host = "http://" + host
	}
	u, err := url.Parse(host)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("STORAGE_EMULATOR_HOST is HOST:PORT, http://HOST:PORT or https://HOST:PORT")
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/storage/v1/"}).String(), nil
}

func (s *gcsStore) close() error { return nil }

func (s *gcsStore) stat(ctx context.Context, key string) (version, error) {
	o, err := s.objects.Get(s.bucket, key).Context(ctx).Do()
	if err != nil {
		return version{}, s.classify(err)
	}
	return gcsVersion(o)
}

func gcsVersion(o *storage.Object) (version, error) {
	if o.Size > maxObject {
		return version{}, fmt.Errorf("the store says that the object has %d bytes", o.Size)
	}
	v := version{size: int64(o.Size), mark: o.Metadata[metadataName], lockKnown: true}
	if o.Generation > 0 {
		v.tag = strconv.FormatInt(o.Generation, 10)
	}
	v.modified, _ = time.Parse(time.RFC3339, o.Updated)
	if sum, err := base64.StdEncoding.DecodeString(o.Crc32c); err == nil && len(sum) == 4 {
		v.sum, v.hasSum = binary.BigEndian.Uint32(sum), true
	}
	v.lock.LegalHold = o.TemporaryHold || o.EventBasedHold
	if r := o.Retention; r != nil {
		// What cannot be read protects nobody, and is no reason not to read the object.
		v.lock.Until, _ = time.Parse(time.RFC3339, r.RetainUntilTime)
		v.lock.Governance = r.Mode != gcsLocked
	}
	return v, nil
}

// read asks for a generation, so that the store answers with that or not at all.
func (s *gcsStore) read(ctx context.Context, key string, v version, offset, length int64) (io.ReadCloser, error) {
	generation, err := strconv.ParseInt(v.tag, 10, 64)
	if err != nil {
		return nil, errNoVersion
	}
	call := s.objects.Get(s.bucket, key).Generation(generation).Context(ctx)
	call.Header().Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	resp, err := call.Download()
	if err != nil {
		err = s.classify(err)
		if status := gcsStatus(err); status == 404 || status == 412 || status == 416 {
			return nil, &classified{ErrChanged, err}
		}
		return nil, err
	}
	if err := checkGCS(resp, v, offset, length); err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	return resp.Body, nil
}

// checkGCS looks at what answered a request for length bytes at offset.
func checkGCS(resp *http.Response, v version, offset, length int64) error {
	switch got := resp.Header.Get("X-Goog-Generation"); {
	case got == "":
		return errNoVersion
	case got != v.tag:
		return &classified{ErrChanged, fmt.Errorf("its generation is %.20q now, and was %s", got, v.tag)}
	}
	part := resp.Header.Get("Content-Range")
	if part == "" && resp.ContentLength != length {
		// Such as what the store has unpacked on the way.
		return fmt.Errorf("asked for %d bytes at %d, the store sent something else", length, offset)
	}
	return wholeOrPart(part, v, offset, length)
}

// classify finds the meaning of an error.
func (s *gcsStore) classify(err error) error {
	status := gcsStatus(err)
	if status == http.StatusNotFound && bucketMissing(err) {
		return &classified{ErrNoBucket, err}
	}
	return classify(status, err)
}

// bucketMissing tells the two kinds of 404 apart, which only differ in words.
func bucketMissing(err error) bool { return strings.Contains(err.Error(), "bucket does not exist") }

func (s *gcsStore) permanent(err error) bool { return permanent(gcsStatus(err), err) }

// gcsStatus returns the HTTP status of an error, or 0.
func gcsStatus(err error) int {
	var answer *googleapi.Error
	var refused *oauth2.RetrieveError // of whoever gives tokens
	switch {
	case errors.As(err, &answer):
		return answer.Code
	case errors.As(err, &refused) && refused.Response != nil:
		return refused.Response.StatusCode
	}
	return 0
}
