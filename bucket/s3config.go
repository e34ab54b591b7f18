//go:build !nos3

package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// s3Config reads the SDK's own sources (environment, files, what the machine
// has been given) and the settings of a location, which go by the names that
// the kit's documentation gives them (gocloud.dev/aws). Unlike the kit's, it
// keeps the SDK from writing to standard error.
func s3Config(ctx context.Context, settings url.Values) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	role := ""
	for name := range settings {
		value := settings.Get(name)
		switch name {
		case "region":
			options = append(options, config.WithRegion(value))
		case "profile":
			options = append(options, config.WithSharedConfigProfile(value))
		case "role":
			if role = value; !strings.HasPrefix(role, "arn:") {
				return aws.Config{}, errors.New("role is an ARN")
			}
		case "anonymous", "dualstack", "fips":
			on, err := strconv.ParseBool(value)
			if err != nil {
				return aws.Config{}, fmt.Errorf("%s is true or false, not %+q", name, value)
			}
			options = append(options, s3Switch(name, on))
		case "request_checksum_calculation":
			how := aws.RequestChecksumCalculationWhenSupported
			switch strings.ToLower(value) {
			case "when_supported":
			case "when_required":
				how = aws.RequestChecksumCalculationWhenRequired
			default:
				return aws.Config{}, fmt.Errorf("%s is when_supported or when_required, not %+q", name, value)
			}
			options = append(options, config.WithRequestChecksumCalculation(how))
		default:
			return aws.Config{}, fmt.Errorf("%+q is no setting of s3://", name)
		}
	}
	// Ranges have no checksum, and the SDK would say so each time.
	options = append(options, config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired))
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, err
	}
	cfg.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 2 * maxParallel
		t.ReadBufferSize, t.WriteBufferSize = 64<<10, 64<<10
	})
	if role != "" {
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role))
	}
	return cfg, nil
}

func s3Switch(name string, on bool) func(*config.LoadOptions) error {
	if !on {
		return func(*config.LoadOptions) error { return nil }
	}
	switch name {
	case "anonymous":
		return config.WithCredentialsProvider(aws.AnonymousCredentials{})
	case "dualstack":
		return config.WithUseDualStackEndpoint(aws.DualStackEndpointStateEnabled)
	}
	return config.WithUseFIPSEndpoint(aws.FIPSEndpointStateEnabled)
}
