package awsapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// sessionName is what AWS's logs call a session of an assumed role.
const sessionName = "leat"

// Load finds region, credentials and endpoint. fallback is the region to use
// when the settings name none; it comes before that of the environment, because
// the name of a queue knows better. service is the SDK's name for the service
// whose AWS_ENDPOINT_URL_… counts, such as SQS.
//
// Files are read, and nothing is asked of the network yet: credentials are
// fetched with the first request.
func (s Settings) Load(ctx context.Context, fallback, service string) (*Caller, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(buildable()),
		config.WithRetryer(func() aws.Retryer { return retry.NewStandard() }),
	}
	if region := cmp.Or(s.Region, fallback); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if s.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.Profile))
	}
	if s.AccessKeyID != "" {
		options = append(options, config.WithCredentialsProvider(s.fixed()))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	client := newClient(c.HTTPClient)
	c.HTTPClient = client
	if c.Region == "" {
		return nil, errors.New("no AWS region: set region, or AWS_REGION in the environment")
	}
	if s.AssumeRole != "" {
		c.Credentials = aws.NewCredentialsCache(s.role(c))
	}
	return newCaller(c, client, cmp.Or(s.Endpoint, endpointOf(ctx, c, service))), nil
}

// fixed is a provider of its own because the SDK's refuses an empty secret.
func (s Settings) fixed() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey.Reveal(), SessionToken: s.SessionToken.Reveal(),
			Source: "pipeline.yaml",
		}, nil
	})
}

func (s Settings) role(c aws.Config) aws.CredentialsProvider {
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c), s.AssumeRole, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName
		if s.ExternalID != "" {
			o.ExternalID = aws.String(s.ExternalID.Reveal())
		}
	})
}

// endpointOf looks where the SDK's own clients look: AWS_ENDPOINT_URL_SQS,
// AWS_ENDPOINT_URL, and the same in the profile.
func endpointOf(ctx context.Context, c aws.Config, service string) string {
	for _, source := range c.ConfigSources {
		if s, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if endpoint, found, err := s.GetServiceBaseEndpoint(ctx, service); err == nil && found {
				return endpoint
			}
		}
	}
	return aws.ToString(c.BaseEndpoint)
}
