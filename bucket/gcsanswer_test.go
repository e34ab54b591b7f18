package bucket_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/bucket"
)

// What the emulator cannot show is shown by a server that answers as told.

// A gcsCall is one request, read whole.
type gcsCall struct {
	*http.Request
	body string
}

// gcsAnswering sets the test's environment so that gs:// is a server which
// answers as told. What it returns returns the requests so far.
func gcsAnswering(t *testing.T, answer func(w http.ResponseWriter, c gcsCall)) func() []gcsCall {
	t.Helper()
	var mu sync.Mutex
	var calls []gcsCall
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		c := gcsCall{r, string(body)}
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, c)
		answer(w, c)
	}))
	t.Cleanup(server.Close)
	t.Setenv("STORAGE_EMULATOR_HOST", server.URL)
	return func() []gcsCall {
		mu.Lock()
		defer mu.Unlock()
		return append([]gcsCall(nil), calls...)
	}
}

// refuse answers as Google does.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"message":%[2]q,"domain":"global","reason":"x"}]}}`, status, message)
}

// gcsTen describes an object of ten bytes, with what more is to be said of it.
func gcsTen(w http.ResponseWriter, more string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"name":"k","size":"10","crc32c":%q%s}`, crcOfTen, more)
}

// crcOfTen is the CRC-32C of 0123456789.
const crcOfTen = "KAwGng=="

// uploads returns what was sent to upload.
func uploads(calls []gcsCall) (sent []gcsCall) {
	for _, c := range calls {
		if isUpload(c.Request) {
			sent = append(sent, c)
		}
	}
	return sent
}

// TestGoogleInsert reads the request that makes an object, and stores with a
// role that can do nothing else.
func TestGoogleInsert(t *testing.T) {
	until := time.Now().Add(time.Hour)
	at := until.UTC().Format(time.RFC3339)
	for _, c := range []struct {
		opts      bucket.WriterOptions
		condition string
		sent      []string
		answer    string
		want      error
	}{
		{bucket.WriterOptions{}, "0", nil, "", nil},
		{bucket.WriterOptions{Replace: true}, "", nil, "", nil},
		{bucket.WriterOptions{Retention: bucket.Retention{Until: until}}, "0",
			[]string{fmt.Sprintf(`"retention":{"mode":"Locked","retainUntilTime":%q}`, at)},
			fmt.Sprintf(`,"retention":{"mode":"Locked","retainUntilTime":%q}`, at), nil},
		{bucket.WriterOptions{Retention: bucket.Retention{Until: until, Governance: true, LegalHold: true}}, "0",
			[]string{fmt.Sprintf(`"retention":{"mode":"Unlocked","retainUntilTime":%q}`, at), `"temporaryHold":true`},
			fmt.Sprintf(`,"temporaryHold":true,"retention":{"mode":"Unlocked","retainUntilTime":%q}`, at), nil},
		{bucket.WriterOptions{Retention: bucket.Retention{Until: until}}, "0", nil,
			fmt.Sprintf(`,"retention":{"mode":"Unlocked","retainUntilTime":%q}`, at), bucket.ErrRetention},
		{bucket.WriterOptions{Retention: bucket.Retention{Until: until}}, "0", nil,
			`,"retention":{"mode":"Locked","retainUntilTime":"for ever"}`, bucket.ErrRetention},
		{bucket.WriterOptions{Retention: bucket.Retention{LegalHold: true}}, "0", []string{`"temporaryHold":true`}, `,"eventBasedHold":true`, nil},
		{bucket.WriterOptions{Retention: bucket.Retention{LegalHold: true}}, "0", []string{`"temporaryHold":true`}, "", bucket.ErrRetention},
	} {
		calls := gcsAnswering(t, func(w http.ResponseWriter, call gcsCall) {
			if !isUpload(call.Request) {
				refuse(w, 403, "x does not have storage.objects.get access")
				return
			}
			gcsTen(w, `,"generation":"7"`+c.answer)
		})
		r, err := store(t, parse(t, "gs://some/k"), []byte("0123456789"), c.opts)
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.opts, err)
		}
		if err == nil && (r.Seen || !r.Summed || r.Version != "7") {
			t.Errorf("receipt %+v: want one by the store's answer alone", r)
		}
		sent := uploads(calls())
		if len(sent) != 1 || sent[0].Method != "POST" || sent[0].URL.Path != "/upload/storage/v1/b/some/o" || sent[0].URL.Query().Get("ifGenerationMatch") != c.condition {
			t.Fatalf("%+v: sent %v", c.opts, sent)
		}
		for _, want := range append(c.sent, `"name":"k"`, `"contentType":"application/vnd.oa-archive"`, `"oa_archive_upload":"`, `"crc32c":"`+crcOfTen, "\r\n0123456789\r\n") {
			if !strings.Contains(sent[0].body, want) {
				t.Errorf("%s is not in %s", want, sent[0].body)
			}
		}
		if len(c.sent) == 0 && c.opts.Retention == (bucket.Retention{}) && (strings.Contains(sent[0].body, "retention") || strings.Contains(sent[0].body, "Hold")) {
			t.Errorf("nobody asked for protection: %s", sent[0].body)
		}
		if sent[0].Header.Get("Authorization") != "" {
			t.Error("an emulator got credentials")
		}
	}
}

// TestGoogleChunks follows an upload in chunks: each begins where the last one
// ended, and the last one brings the checksum.
func TestGoogleChunks(t *testing.T) {
	whole := content(33 << 20)
	var session string
	calls := gcsAnswering(t, func(w http.ResponseWriter, c gcsCall) {
		switch {
		case !isUpload(c.Request):
			refuse(w, 404, "No such object: some/k")
		case !isChunk(c.Request):
			w.Header().Set("Location", os.Getenv("STORAGE_EMULATOR_HOST")+"/upload/storage/v1/b/some/o?upload_id=secret")
			session = c.body
		case !isLastChunk(c.Request):
			w.Header().Set("X-Http-Status-Code-Override", "308")
		default:
			refuse(w, 400, "the checksum is wrong")
		}
	})
	_, err := store(t, parse(t, "gs://some/k"), whole, bucket.WriterOptions{})
	if err == nil || !strings.Contains(err.Error(), "the checksum is wrong") || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	sent := uploads(calls())
	if len(sent) != 4 || sent[0].URL.Query().Get("ifGenerationMatch") != "0" || !strings.Contains(session, `"name":"k"`) {
		t.Fatalf("%d requests, session %s", len(sent), session)
	}
	at := 0
	for _, c := range sent[1:] {
		total := "*"
		if at+len(c.body) == len(whole) {
			total = fmt.Sprint(len(whole))
		}
		if want := fmt.Sprintf("bytes %d-%d/%s", at, at+len(c.body)-1, total); c.Header.Get("Content-Range") != want || c.body != string(whole[at:at+len(c.body)]) {
			t.Errorf("%q, want %q", c.Header.Get("Content-Range"), want)
		}
		at += len(c.body)
	}
	if hash := sent[3].Header.Get("X-Goog-Hash"); at != len(whole) || !strings.HasPrefix(hash, "crc32c=") {
		t.Errorf("%d bytes, hash %q", at, hash)
	}
}

// TestGoogleRefuses counts how often is asked what is answered no.
func TestGoogleRefuses(t *testing.T) {
	held := bucket.WriterOptions{Retention: bucket.Retention{LegalHold: true}}
	for _, c := range []struct {
		look, upload int
		message      string
		opts         bucket.WriterOptions
		want         error
		looks, sends int
	}{
		{401, 401, "Invalid Credentials", bucket.WriterOptions{}, bucket.ErrForbidden, 2, 1},
		{403, 403, "no", bucket.WriterOptions{}, bucket.ErrForbidden, 2, 1},
		{404, 0, "The specified bucket does not exist.", bucket.WriterOptions{}, bucket.ErrNoBucket, 1, 0},
		{403, 404, "The specified bucket does not exist.", bucket.WriterOptions{}, bucket.ErrNoBucket, 2, 1},
		{404, 412, "At least one of the pre-conditions you specified did not hold.", bucket.WriterOptions{}, bucket.ErrExists, 2, 1},
		{404, 400, "Object retention is not enabled for the bucket.", held, bucket.ErrRetention, 2, 1},
		{404, 400, "retention", bucket.WriterOptions{}, nil, 2, 1},
		{404, 503, "busy", bucket.WriterOptions{}, nil, 2, 4},
		{404, 429, "slow down", bucket.WriterOptions{Replace: true}, nil, 1, 4},
		{503, 0, "busy", bucket.WriterOptions{}, nil, 4, 0},
	} {
		name := fmt.Sprint(c.look, " ", c.upload, " ", c.message)
		calls := gcsAnswering(t, func(w http.ResponseWriter, call gcsCall) {
			status := c.look
			if isUpload(call.Request) {
				status = c.upload
			}
			refuse(w, status, c.message)
		})
		_, err := store(t, parse(t, "gs://some/k"), []byte("x"), c.opts)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
		for _, class := range []error{bucket.ErrNoBucket, bucket.ErrNoObject, bucket.ErrExists, bucket.ErrForbidden, bucket.ErrRetention, bucket.ErrUnknown} {
			if c.want == nil && errors.Is(err, class) {
				t.Errorf("%s: %v passes for %v", name, err, class)
			}
		}
		sends := len(uploads(calls()))
		if looks := len(calls()) - sends; looks != c.looks || sends != c.sends {
			t.Errorf("%s: looked %d times, sent %d times", name, looks, sends)
		}
	}
}

// TestGoogleGeneration reads from stores that answer with another generation
// than what was asked for, or do not say.
func TestGoogleGeneration(t *testing.T) {
	for _, c := range []struct {
		name, says string // what stands in the attributes
		answer     func(w http.ResponseWriter)
		want       error
		asked      int
		text       string
	}{
		{"the same", `,"generation":"7"`, func(w http.ResponseWriter) { part(w, "7") }, nil, 1, ""},
		{"another", `,"generation":"7"`, func(w http.ResponseWriter) { part(w, "8") }, bucket.ErrChanged, 1, `its generation is "8" now, and was 7`},
		{"unsaid", `,"generation":"7"`, func(w http.ResponseWriter) { part(w, "") }, nil, 1, "names no version"},
		{"never said", "", nil, nil, 0, "names no version"},
		{"gone", `,"generation":"7"`, func(w http.ResponseWriter) { refuse(w, 404, "No such object") }, bucket.ErrChanged, 1, "there is no such object"},
		{"shorter", `,"generation":"7"`, func(w http.ResponseWriter) { refuse(w, 416, "not satisfiable") }, bucket.ErrChanged, 1, "not satisfiable"},
		{"may not", `,"generation":"7"`, func(w http.ResponseWriter) { refuse(w, 403, "no") }, bucket.ErrForbidden, 1, "no"},
		{"unpacked", `,"generation":"7"`, func(w http.ResponseWriter) {
			w.Header().Set("X-Goog-Generation", "7")
			fmt.Fprint(w, strings.Repeat("x", 10_000)) // of unknown length
			w.(http.Flusher).Flush()
		}, nil, 4, "something else"},
	} {
		calls := gcsAnswering(t, func(w http.ResponseWriter, call gcsCall) {
			if call.URL.Query().Get("alt") != "media" {
				gcsTen(w, c.says)
				return
			}
			if call.URL.Query().Get("generation") != "7" || call.Header.Get("Range") != "bytes=0-9" {
				t.Errorf("%s: asked for %s %s", c.name, call.URL, call.Header.Get("Range"))
			}
			c.answer(w)
		})
		opts := quick
		opts.Tail = -1 // what is read ahead may fail before it is asked for, and is asked for again then
		got, err := readAll(open(t, parse(t, "gs://some/k"), opts))
		switch {
		case c.text == "" && (err != nil || string(got) != "0123456789"):
			t.Errorf("%s: %q, %v", c.name, got, err)
		case c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text) || c.want != nil && !errors.Is(err, c.want) || len(got) > 0):
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if n := len(calls()) - 1; n != c.asked {
			t.Errorf("%s: asked %d times", c.name, n)
		}
	}
}

func part(w http.ResponseWriter, generation string) {
	if generation != "" {
		w.Header().Set("X-Goog-Generation", generation)
	}
	w.Header().Set("Content-Range", "bytes 0-9/10")
	w.WriteHeader(http.StatusPartialContent)
	fmt.Fprint(w, "0123456789")
}

// TestGoogleNotStored is about a store that has something else in the end.
func TestGoogleNotStored(t *testing.T) {
	for says, text := range map[string]string{
		`,"generation":"7","crc32c":"AAAAAA=="`: "CRC-32C is 00000000",
		`,"generation":"7","size":"11"`:         "it has 11 bytes, 10 were written",
		`,"generation":"8"`:                     "another object stands there already",
	} {
		gcsAnswering(t, func(w http.ResponseWriter, call gcsCall) {
			if isUpload(call.Request) {
				gcsTen(w, `,"generation":"7"`)
				return
			}
			gcsTen(w, says)
		})
		_, err := store(t, parse(t, "gs://some/k"), []byte("0123456789"), bucket.WriterOptions{Replace: true})
		if !errors.Is(err, bucket.ErrNotStored) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestGoogleEmulatorHost is about STORAGE_EMULATOR_HOST.
func TestGoogleEmulatorHost(t *testing.T) {
	calls := gcsAnswering(t, func(w http.ResponseWriter, _ gcsCall) { gcsTen(w, `,"generation":"7"`) })
	u, err := url.Parse(os.Getenv("STORAGE_EMULATOR_HOST"))
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{u.Host, "http://" + u.Host, "http://" + u.Host + "/some/path?x=y"} {
		t.Setenv("STORAGE_EMULATOR_HOST", host)
		open(t, parse(t, "gs://some/a%20b/k"), bucket.Options{Tail: -1})
		all := calls()
		if last := all[len(all)-1]; last.URL.EscapedPath() != "/storage/v1/b/some/o/a%20b%2Fk" || last.URL.Query().Has("x") || last.Header.Get("Authorization") != "" {
			t.Errorf("%s: %s", host, last.URL)
		}
	}
	for host, text := range map[string]string{
		"https://" + u.Host: "HTTP response to HTTPS client",
		"ftp://" + u.Host:   "STORAGE_EMULATOR_HOST is HOST:PORT",
		"http://":           "STORAGE_EMULATOR_HOST is HOST:PORT",
		"%zz":               "STORAGE_EMULATOR_HOST is HOST:PORT",
	} {
		t.Setenv("STORAGE_EMULATOR_HOST", host)
		if _, err := bucket.Open(t.Context(), parse(t, "gs://some/k"), quick); err == nil || !strings.Contains(err.Error(), text) || strings.HasPrefix(text, "STORAGE") != errors.Is(err, bucket.ErrLocation) {
			t.Errorf("%s: %v", host, err)
		}
	}
}
