package bucket_test

import (
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/bucket"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"s3://b/k":                          "b k",
		"gs://b.example.org/a/b%20c":        "b.example.org a/b c",
		"azblob://c/å?storage_account=acme": "c å",
		"s3://b/k?region=eu-north-1&endpoint=http%3A%2F%2F127.0.0.1%3A9000": "b k",
	} {
		at, err := bucket.Parse(in)
		if err != nil || at.Bucket+" "+at.Key != want {
			t.Errorf("%s: %q %q, %v", in, at.Bucket, at.Key, err)
		}
		again, err := bucket.Parse(at.String())
		if err != nil || again.String() != at.String() {
			t.Errorf("%s became %s, %v", in, at, err)
		}
	}
	for in, want := range map[string]string{
		"b/k":                                  "want s3://",
		"S3://b/k":                             "want s3://",
		"s3://b":                               "the key is missing",
		"s3://b/":                              "the key is missing",
		"s3:///k":                              "name of a bucket",
		"s3://b/a//c":                          `the key holds "" between slashes`,
		"s3://b/../c":                          `the key holds ".." between slashes`,
		"s3://b/a/%2e/c":                       `the key holds "." between slashes`,
		"s3://b/a/":                            "ends with a slash",
		"s3://b/a%00":                          "control characters",
		"s3://b/%ff":                           "not UTF-8",
		"s3://b/%zz":                           "percent-encoded",
		"s3://b/a#b":                           "# is not allowed",
		"s3://u:hunter2@b/k":                   "credentials do not belong",
		"s3://b/k?secret_key=hunter2":          "credentials do not belong",
		"s3://b/k?sig=hunter2":                 "credentials do not belong",
		"s3://b/k?endpoint=http://u:hunter2@h": "credentials do not belong",
		"s3://b/k?region=a&region=b":           "is set 2 times",
		"s3://b/" + strings.Repeat("a", 1025):  "at most 1024",
	} {
		_, err := bucket.Parse(in)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.60s: %v", in, err)
		}
	}
}

func FuzzLocation(f *testing.F) {
	for _, s := range []string{"s3://b/k", "gs://b/a/b%20c?anonymous=true", "azblob://c/k?domain=x", "s3://u:p@b/k", "s3://b/%2e%2e/k", "s3://b/k?a=b&a=c", "s3://b/%00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := bucket.Parse(s)
		if err != nil {
			return
		}
		if !bucket.Is(s) || at.Key == "" || strings.Contains("/"+at.Key+"/", "/../") || strings.Contains(at.Bucket, "/") {
			t.Errorf("%q gives %q %q", s, at.Bucket, at.Key)
		}
		again, err := bucket.Parse(at.String())
		if err != nil || again.Key != at.Key || again.Bucket != at.Bucket || again.String() != at.String() {
			t.Errorf("%q became %q: %v", s, at, err)
		}
	})
}
