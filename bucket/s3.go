//go:build !nos3

package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
)

func init() { openers["s3"] = openS3 }

// s3Store is a bucket that speaks S3. It reads through the kit, and uploads
// through the client below it, whose parts can grow and be resumed.
type s3Store struct {
	*portable
	client   *s3.Client
	name     string
	opts     Options
	checksum bool // the store takes checksums
	sse      types.ServerSideEncryption
	kmsKey   *string
}

// openS3 takes credentials from where the SDK does. An endpoint is addressed by
// path unless use_path_style=false says otherwise, and checksums are left out
// with request_checksum_calculation=when_required.
func openS3(ctx context.Context, at Location, opts Options) (store, error) {
	settings := cloneSettings(at.settings)
	st := &s3Store{name: at.Bucket, opts: opts, checksum: !strings.EqualFold(settings.Get("request_checksum_calculation"), "when_required")}
	tune, err := st.settings(settings)
	if err != nil {
		return nil, &classified{ErrLocation, err}
	}
	cfg, err := s3Config(ctx, settings)
	if err != nil {
		return nil, &classified{ErrLocation, err}
	}
	if cfg.Region == "" {
		if cfg.BaseEndpoint == nil && tune.endpoint == "" {
			return nil, &classified{ErrLocation, errors.New("which region? add ?region=… or set AWS_REGION")}
		}
		cfg.Region = "us-east-1" // what other stores than Amazon's call theirs, if anything
	}
	if !strings.EqualFold(settings.Get("anonymous"), "true") {
		if cfg.Credentials == nil {
			return nil, &classified{ErrNoCredentials, errors.New("none are configured")}
		}
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			return nil, &classified{ErrNoCredentials, err}
		}
	}
	st.client = s3.NewFromConfig(cfg, tune.apply)
	b, err := s3blob.OpenBucket(ctx, st.client, at.Bucket, nil)
	if err != nil {
		return nil, err
	}
	st.portable = &portable{b: b, d: s3Dialect{}}
	return st, nil
}

// s3Tuning are the settings that the kit leaves to whoever makes the client.
type s3Tuning struct {
	endpoint                     string
	pathStyle, accelerate, plain bool
}

// settings takes those settings out of v.
func (s *s3Store) settings(v url.Values) (t s3Tuning, err error) {
	flag := func(name string, otherwise bool) bool {
		text := take(v, name)
		if text == "" {
			return otherwise
		}
		on, perr := strconv.ParseBool(text)
		if perr != nil {
			err = fmt.Errorf("%s is true or false, not %+q", name, text)
		}
		return on
	}
	if t.endpoint = take(v, "endpoint"); t.endpoint != "" {
		u, perr := url.Parse(t.endpoint)
		if perr != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return t, errors.New("the endpoint is https://HOST or http://HOST")
		}
		t.plain = u.Scheme == "http"
	}
	t.accelerate = flag("accelerate", false)
	t.plain = flag("disable_https", t.plain)
	t.pathStyle = flag("s3ForcePathStyle", t.endpoint != "")
	t.pathStyle = flag("use_path_style", t.pathStyle)
	if kind := take(v, "ssetype"); kind != "" {
		for _, known := range types.ServerSideEncryption("").Values() {
			if strings.EqualFold(string(known), kind) {
				s.sse = known
			}
		}
		if s.sse == "" {
			return t, fmt.Errorf("%+q is no ssetype", kind)
		}
	}
	if key := take(v, "kmskeyid"); key != "" {
		s.kmsKey = &key
	}
	return t, err
}

func (t s3Tuning) apply(o *s3.Options) {
	if t.endpoint != "" {
		o.BaseEndpoint = &t.endpoint
	}
	o.UsePathStyle = t.pathStyle
	o.UseAccelerate = t.accelerate
	if t.plain && t.endpoint == "" {
		o.EndpointOptions.DisableHTTPS = true
	}
	// This package repeats requests itself, so that it knows when it did.
	o.Retryer = aws.NopRetryer{}
	o.RetryMaxAttempts = 1
	if !t.plain {
		// Over TLS, a second hash of everything shows nothing that the checksum of
		// each part does not.
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	}
}

type s3Dialect struct{}

func (s3Dialect) identify(*blob.Attributes, *version) {} // not used

// stat asks for the checksum too, which the kit does not.
func (s *s3Store) stat(ctx context.Context, key string) (version, error) {
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.name, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return version{}, s.classify(err)
	}
	v := version{size: aws.ToInt64(head.ContentLength), tag: aws.ToString(head.ETag), modified: aws.ToTime(head.LastModified), mark: head.Metadata[markName]}
	v.sum, v.hasSum = s3Sum(head.ChecksumCRC32C, head.ChecksumType)
	v.lock, v.lockKnown = s3Lock(head)
	return v, nil
}

// s3Lock is what the store says of the object's lock: nothing to those who may
// not see it.
func s3Lock(head *s3.HeadObjectOutput) (Retention, bool) {
	lock := Retention{LegalHold: head.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn}
	if head.ObjectLockRetainUntilDate != nil {
		lock.Until = *head.ObjectLockRetainUntilDate
		lock.Governance = head.ObjectLockMode == types.ObjectLockModeGovernance
	}
	return lock, lock != Retention{}
}

func (s3Dialect) pin(as func(any) bool, v version) bool {
	var in *s3.GetObjectInput
	if !as(&in) || v.tag == "" {
		return false
	}
	in.IfMatch = &v.tag
	return true
}

func (s3Dialect) check(r *blob.Reader, v version, offset, length int64) error {
	var out s3.GetObjectOutput
	if !r.As(&out) {
		return errLibrary
	}
	if err := wholeOrPart(aws.ToString(out.ContentRange), v, offset, length); err != nil {
		return err
	}
	if tag := aws.ToString(out.ETag); tag != v.tag {
		return &classified{ErrChanged, fmt.Errorf("its ETag is %.80q now, and was %.80q", tag, v.tag)}
	}
	return nil
}

func (s3Dialect) before(func(any) bool, WriterOptions, string) error { return errLibrary } // not used

func (s3Dialect) status(err error) int {
	var re *awshttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}
