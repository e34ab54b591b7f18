package cloudtest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"github.com/oneanalytics/oa-archive/internal/s3test"
)

var made atomic.Int64

var startGCS = sync.OnceValues(func() (string, error) {
	return s3test.Launch("fake-gcs-server", func(_, port string) []string {
		return []string{"-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", port, "-public-host", "127.0.0.1:" + port, "-log-level", "error"}
	})
})

// GCS makes a blank bucket in the emulator and sets the test's environment so
// that Google's library speaks to it. It returns the endpoint and the bucket.
func GCS(t *testing.T) (endpoint, bucket string) {
	t.Helper()
	endpoint, err := startGCS()
	if err != nil {
		t.Fatal(err)
	}
	bucket = fmt.Sprintf("bucket-%d", made.Add(1))
	resp, err := http.Post(endpoint+"/storage/v1/b?project=test", "application/json", strings.NewReader(fmt.Sprintf(`{"name":%q}`, bucket)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("cloudtest: make a bucket: %s", resp.Status)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(endpoint, "http://"))
	return endpoint, bucket
}

// The account that every Azurite has. Its key is in Azurite's manual.
const (
	account = "devstoreaccount1"
	key     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/" + "K1SZFPTOtr/KBHBeksoGMGw=="
)

var startAzure = sync.OnceValues(func() (string, error) {
	return s3test.Launch("azurite-blob", func(_, port string) []string {
		return []string{"--blobHost", "127.0.0.1", "--blobPort", port, "--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--loose", "--disableTelemetry"}
	})
})

// Azure makes a blank container in the emulator and sets the test's environment
// so that the library speaks to it. It returns the container.
func Azure(t *testing.T) (container string) {
	t.Helper()
	endpoint, err := startAzure()
	if err != nil {
		t.Fatal(err)
	}
	cred, err := azblob.NewSharedKeyCredential(account, key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azblob.NewClientWithSharedKeyCredential(endpoint+"/"+account, cred, nil)
	if err != nil {
		t.Fatal(err)
	}
	container = fmt.Sprintf("container-%d", made.Add(1))
	if _, err := client.CreateContainer(context.Background(), container, nil); err != nil {
		t.Fatalf("cloudtest: make a container: %v", err)
	}
	t.Setenv("AZURE_STORAGE_ACCOUNT", account)
	t.Setenv("AZURE_STORAGE_KEY", key)
	t.Setenv("AZURE_STORAGE_DOMAIN", strings.TrimPrefix(endpoint, "http://"))
	t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
	return container
}
