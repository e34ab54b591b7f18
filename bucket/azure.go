//go:build !noazure

package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	azblobblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // for its scheme
)

func init() { openers["azblob"] = openAzure }

// openAzure leaves settings and credentials to the kit
// (gocloud.dev/blob/azureblob): AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY, a
// SAS token or a connection string, or what Azure's tools take.
func openAzure(ctx context.Context, at Location, _ Options) (store, error) {
	if at.settings.Get("storage_account") == "" && os.Getenv("AZURE_STORAGE_ACCOUNT") == "" &&
		os.Getenv("AZURE_STORAGE_CONNECTION_STRING") == "" && os.Getenv("AZURE_STORAGEBLOB_CONNECTIONSTRING") == "" {
		return nil, &classified{ErrLocation, errors.New("which account? add ?storage_account=… or set AZURE_STORAGE_ACCOUNT")}
	}
	address := url.URL{Scheme: "azblob", Host: at.Bucket, RawQuery: at.settings.Encode()}
	b, err := blob.OpenBucket(ctx, address.String())
	if err != nil {
		return nil, &classified{ErrLocation, err}
	}
	return &portable{b: b, d: azureDialect{}}, nil
}

type azureDialect struct{}

func (azureDialect) identify(a *blob.Attributes, v *version) {
	var got azblobblob.GetPropertiesResponse
	if !a.As(&got) {
		return
	}
	for name, value := range got.Metadata {
		if value != nil && strings.EqualFold(name, metadataName) {
			v.mark = *value
		}
	}
}

func (azureDialect) pin(as func(any) bool, v version) bool {
	var opts *azblob.DownloadStreamOptions
	if !as(&opts) || v.tag == "" {
		return false
	}
	tag := azcore.ETag(v.tag)
	opts.AccessConditions = &azblob.AccessConditions{ModifiedAccessConditions: &azblobblob.ModifiedAccessConditions{IfMatch: &tag}}
	return true
}

func (azureDialect) check(r *blob.Reader, v version, offset, length int64) error {
	var got azblobblob.DownloadStreamResponse
	if !r.As(&got) {
		return errLibrary
	}
	header := ""
	if got.ContentRange != nil {
		header = *got.ContentRange
	}
	if err := wholeOrPart(header, v, offset, length); err != nil {
		return err
	}
	if got.ETag == nil || string(*got.ETag) != v.tag {
		return &classified{ErrChanged, fmt.Errorf("its ETag is not %.80q any more", v.tag)}
	}
	return nil
}

// before has the library send the CRC-64 of each block. Retention can only be
// set on the container: the library's upload has no place for it.
func (azureDialect) before(as func(any) bool, opts WriterOptions, _ string) error {
	if opts.Retention != (Retention{}) {
		return &classified{ErrRetention, errors.New("on Azure, set a time-based retention policy on the container instead")}
	}
	var up *azblob.UploadStreamOptions
	if !as(&up) {
		return errLibrary
	}
	up.TransactionalValidation = azblobblob.TransferValidationTypeComputeCRC64()
	return nil
}

func (azureDialect) status(err error) int {
	var e *azcore.ResponseError
	if errors.As(err, &e) {
		return e.StatusCode
	}
	return 0
}
