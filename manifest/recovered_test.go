package manifest

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

const damagedID = "019a9b3c-0000-7000-8000-00000000000d"

func TestRecoveredRoundTrip(t *testing.T) {
	r := &Recovered{Archive: damagedID, Manifest: layout.DigestOf([]byte("m")), ContentHash: ContentHash(nil), SigningKey: sample().SigningKey,
		Lost: []LostEntry{{"audit/events.ndjson", `cut "off"`}}, MoreLost: 3, From: []byte(`{"a": 1}`)}
	value, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	m := sample()
	m.Format, m.MinReader, m.Purpose = Version{}, Version{}, PurposeRecovered
	m.Extensions = Members{{RecoveredExtension, value}}
	text, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text, Limits{})
	if err != nil || back.Format != VersionFor(PurposeRecovered) || back.MinReader != back.Format {
		t.Fatalf("%v, format %v", err, back.Format)
	}
	got, err := back.Recovered()
	if err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("%+v, %v, want %+v", got, err, r)
	}
	if got, err := sample().Recovered(); got != nil || err != nil {
		t.Errorf("of another purpose: %v, %v", got, err)
	}
}

func TestRecoveredRefuses(t *testing.T) {
	for value, want := range map[string]string{
		``:   "is missing",
		`7`:  "not an object",
		`{}`: "archive: is missing",
		`{"archive": "x", "complete": true, "lost": []}`:                                                                       "not a UUIDv7",
		`{"archive": "` + testID + `", "complete": true, "lost": []}`:                                                          "own id",
		`{"archive": "` + damagedID + `", "complete": 1, "lost": []}`:                                                          "neither true nor false",
		`{"archive": "` + damagedID + `", "complete": true, "lost": [], "more_lost": 1}`:                                       "entries are lost",
		`{"archive": "` + damagedID + `", "complete": false, "lost": [{"path": "../x", "reason": "r"}]}`:                       "lost: ",
		`{"archive": "` + damagedID + `", "complete": false, "lost": [{"path": "audit/events.ndjson", "reason": "a\u0007b"}]}`: "control character",
		`{"archive": "` + damagedID + `", "complete": false, "lost": [], "signing_key": "k"}`:                                  "fingerprint",
		`{"archive": "` + damagedID + `", "complete": false, "lost": [], "content_hash": "h1:x"}`:                              "content hash",
		`{"archive": "` + damagedID + `", "complete": false, "lost": [], "manifest": "ABC"}`:                                   "not a digest",
		`{"archive": "` + damagedID + `", "complete": false, "lost": [], "Lost": []}`:                                          "case",
	} {
		m := sample()
		m.Format, m.MinReader, m.Purpose = Version{}, Version{}, PurposeRecovered
		m.Extensions = nil
		if value != "" {
			m.Extensions = Members{{RecoveredExtension, []byte(value)}}
		}
		_, err := m.Marshal()
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) || e.Rule != "M-21" && e.Rule != "M-17" {
			t.Errorf("%s: %v, want %q", value, err, want)
		}
	}
}
