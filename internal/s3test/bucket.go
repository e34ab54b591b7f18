package s3test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A Bucket is a bucket of the test's own.
type Bucket struct {
	Name   string
	Server *Server
	Client *s3.Client // as Root
}

var made atomic.Int64

// New makes a blank bucket on the server that the test binary shares.
func New(tb testing.TB) *Bucket {
	tb.Helper()
	return newBucket(tb, false)
}

// NewLocked makes a blank bucket whose objects can be locked.
func NewLocked(tb testing.TB) *Bucket {
	tb.Helper()
	return newBucket(tb, true)
}

func newBucket(tb testing.TB, lock bool) *Bucket {
	tb.Helper()
	s, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	b := &Bucket{Name: fmt.Sprintf("bucket-%d", made.Add(1)), Server: s, Client: s.client(Root)}
	if _, err := b.Client.CreateBucket(tb.Context(), &s3.CreateBucketInput{Bucket: &b.Name, ObjectLockEnabledForBucket: &lock}); err != nil {
		tb.Fatalf("s3test: make a bucket: %v", err)
	}
	return b
}

func (s *Server) client(u User) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &s.Endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(u.Access, u.Secret, ""),
	})
}

// URL returns the location of an object on the server.
func (b *Bucket) URL(key string) string { return b.URLVia(b.Server.Endpoint, key) }

// URLVia returns the location of an object, reached at another endpoint.
func (b *Bucket) URLVia(endpoint, key string) string {
	return "s3://" + b.Name + "/" + key + "?endpoint=" + url.QueryEscape(endpoint) + "&region=us-east-1"
}

// Become sets the environment so that the SDK takes the user's credentials.
func (u User) Become(tb testing.TB) {
	tb.Helper()
	t, ok := tb.(*testing.T)
	if !ok {
		tb.Fatal("s3test: only tests have an environment")
	}
	for _, setting := range u.Environment() {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
}

// Environment returns the settings that give a program the user's credentials,
// and no others.
func (u User) Environment() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + u.Access, "AWS_SECRET_ACCESS_KEY=" + u.Secret, "AWS_SESSION_TOKEN=", "AWS_PROFILE=",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
	}
}

// Grant makes a user who may do just these actions, such as "s3:PutObject",
// with all objects of the bucket, which has no other users.
func (b *Bucket) Grant(tb testing.TB, actions ...string) User {
	tb.Helper()
	u := User{fmt.Sprintf("user-%d", made.Add(1)), "secret-of-a-user"}
	if err := b.Server.addUser(tb.Context(), u); err != nil {
		tb.Fatal(err)
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":[%q]},"Action":["%s"],"Resource":"arn:aws:s3:::%s/*"}]}`,
		u.Access, strings.Join(actions, `","`), b.Name)
	if _, err := b.Client.PutBucketPolicy(tb.Context(), &s3.PutBucketPolicyInput{Bucket: &b.Name, Policy: &policy}); err != nil {
		tb.Fatalf("s3test: set the policy: %v", err)
	}
	return u
}

// Put stores an object.
func (b *Bucket) Put(tb testing.TB, key, content string) {
	tb.Helper()
	if _, err := b.Client.PutObject(tb.Context(), &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: strings.NewReader(content)}); err != nil {
		tb.Fatal(err)
	}
}

// Get returns an object's content, and whether there is one.
func (b *Bucket) Get(tb testing.TB, key string) ([]byte, bool) {
	tb.Helper()
	out, err := b.Client.GetObject(tb.Context(), &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	if missing := (*types.NoSuchKey)(nil); errors.As(err, &missing) {
		return nil, false
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return content, true
}

// Head returns what the server says of an object.
func (b *Bucket) Head(tb testing.TB, key string) *s3.HeadObjectOutput {
	tb.Helper()
	out, err := b.Client.HeadObject(tb.Context(), &s3.HeadObjectInput{Bucket: &b.Name, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// Objects returns the keys of all objects.
func (b *Bucket) Objects(tb testing.TB) (keys []string) {
	tb.Helper()
	out, err := b.Client.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &b.Name})
	if err != nil {
		tb.Fatal(err)
	}
	for _, o := range out.Contents {
		keys = append(keys, aws.ToString(o.Key))
	}
	return keys
}

// Unfinished returns the keys of uploads that were begun and not ended, and
// hold parts. An empty one costs nobody anything: it remains when the answer
// that names it is lost.
func (b *Bucket) Unfinished(tb testing.TB) (keys []string) {
	tb.Helper()
	out, err := b.Client.ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: &b.Name})
	if err != nil {
		tb.Fatal(err)
	}
	for _, u := range out.Uploads {
		parts, err := b.Client.ListParts(context.Background(), &s3.ListPartsInput{Bucket: &b.Name, Key: u.Key, UploadId: u.UploadId})
		if err != nil {
			tb.Fatal(err)
		}
		if len(parts.Parts) > 0 {
			keys = append(keys, aws.ToString(u.Key))
		}
	}
	return keys
}
