package main

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/oneanalytics/oa-archive/internal/s3test"
)

// A bucketStage is the bucket of the one script that asks for it.
type bucketStage struct{ bucket *s3test.Bucket }

// make is the script's command bucket [locked]: it makes a blank bucket, sets
// BUCKET to its name, and the environment so that the command may do everything
// with it.
func (s *bucketStage) make(t *testing.T, ts *testscript.TestScript, args []string) {
	if len(args) > 0 && args[0] == "locked" {
		s.bucket = s3test.NewLocked(t)
	} else {
		s.bucket = s3test.New(t)
	}
	ts.Setenv("BUCKET", s.bucket.Name)
	ts.Setenv("AWS_ENDPOINT_URL", s.bucket.Server.Endpoint)
	ts.Setenv("AWS_REGION", "us-east-1")
	ts.Setenv("OA_ARCHIVE_STORE_ATTEMPTS", "2")
	become(ts, s3test.Root)
}

func become(ts *testscript.TestScript, u s3test.User) {
	for _, setting := range u.Environment() {
		name, value, _ := strings.Cut(setting, "=")
		ts.Setenv(name, value)
	}
}

// role is the script's command role ACTION...: from then on, the command may do
// only that. Without actions, it may do everything again.
func (s *bucketStage) role(t *testing.T, ts *testscript.TestScript, actions []string) {
	if len(actions) == 0 {
		become(ts, s3test.Root)
		return
	}
	become(ts, s.bucket.Grant(t, actions...))
}
