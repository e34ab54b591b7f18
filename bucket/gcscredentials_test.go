package bucket_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/bucket"
)

// googleAccount sets the test's environment so that the Application Default
// Credentials are a service account, whose tokens are to be had at address.
func googleAccount(t *testing.T, address string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "backup@acme.example", "private_key_id": "1", "token_uri": address,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "credentials.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	t.Setenv("STORAGE_EMULATOR_HOST", "")
}

// insteadOfGoogle takes what goes to Google's store to a server of the test.
type insteadOfGoogle struct {
	there http.RoundTripper
	here  *url.URL
}

func (i insteadOfGoogle) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "storage.googleapis.com" && r.URL.Scheme == "https" {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = i.here.Scheme, i.here.Host
	}
	return i.there.RoundTrip(r)
}

// TestGoogleToken reads and writes with a token, and anonymously without one.
func TestGoogleToken(t *testing.T) {
	calls := gcsAnswering(t, func(w http.ResponseWriter, c gcsCall) {
		switch {
		case isUpload(c.Request):
			gcsTen(w, `,"generation":"7"`)
		case c.URL.Query().Get("alt") == "media":
			part(w, "7")
		default:
			gcsTen(w, `,"generation":"7"`)
		}
	})
	here, err := url.Parse(os.Getenv("STORAGE_EMULATOR_HOST"))
	if err != nil {
		t.Fatal(err)
	}
	tokens := 0
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tokens++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"the-token","token_type":"Bearer","expires_in":3600}`)
	}))
	t.Cleanup(issuer.Close)
	googleAccount(t, issuer.URL)
	there := http.DefaultTransport
	http.DefaultTransport = insteadOfGoogle{there, here}
	t.Cleanup(func() { http.DefaultTransport = there })

	for setting, want := range map[string]string{"": "Bearer the-token", "?anonymous=true": ""} {
		before := len(calls())
		at := parse(t, "gs://some/k"+setting)
		if got, err := readAll(open(t, at, quick)); err != nil || string(got) != "0123456789" {
			t.Errorf("%s: read %q, %v", at, got, err)
		}
		mustStore(t, at, []byte("0123456789"), bucket.WriterOptions{Replace: true})
		made := calls()[before:]
		for _, c := range made {
			if got := c.Header.Get("Authorization"); got != want {
				t.Errorf("%s: %s with %q", at, c.URL, got)
			}
		}
		if len(made) != 4 {
			t.Errorf("%s: %d requests", at, len(made))
		}
	}
	if tokens != 2 {
		t.Errorf("%d tokens for two stores", tokens)
	}
}

// TestGoogleCredentials is about Application Default Credentials that are
// missing, or that whoever gives tokens refuses.
func TestGoogleCredentials(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "missing"))
	at := parse(t, "gs://some/k")
	if _, err := bucket.Open(t.Context(), at, quick); !errors.Is(err, bucket.ErrNoCredentials) {
		t.Errorf("none: %v", err)
	}
	for wrong, text := range map[string]string{"?anonymous=perhaps": "true or false", "?region=x": "only the setting anonymous"} {
		if _, err := bucket.Open(t.Context(), parse(t, "gs://some/k"+wrong), quick); !errors.Is(err, bucket.ErrLocation) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	for status, class := range map[int]error{400: nil, 401: bucket.ErrForbidden} {
		asked := 0
		issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"the account is gone"}`)
		}))
		t.Cleanup(issuer.Close)
		googleAccount(t, issuer.URL)
		_, err := bucket.Open(t.Context(), at, quick)
		if err == nil || class != nil && !errors.Is(err, class) || !strings.Contains(err.Error(), "the account is gone") || asked != 1 {
			t.Errorf("%d: asked %d times: %v", status, asked, err)
		}
		asked = 0
		if _, err := store(t, at, []byte("x"), bucket.WriterOptions{Replace: true}); err == nil || asked > 2 {
			t.Errorf("%d: asked %d times to write: %v", status, asked, err)
		}
	}
}
