// Package awsapi reaches AWS, and services that speak its protocols.
//
// It signs and sends requests and tells the answers apart; what is asked for is
// up to the providers. Settings, credentials, signatures and endpoints are those
// of the AWS SDK. The requests of the queue and topic providers are written and
// read here and there by hand, because that is where a busy queue spends its
// time, and because both protocols of SQS are needed, of which the SDK has one.
package awsapi

import (
	"errors"
	"net/url"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// Settings say how a service is reached. A provider has them among its own.
type Settings struct {
	// Region such as eu-west-1. Empty: the one that the queue's or topic's own
	// name tells, else what AWS_REGION or the profile says.
	Region string `yaml:"region"`
	// Endpoint is the base URL of a service that is not AWS's own, such as
	// http://127.0.0.1:4566. Empty: what AWS_ENDPOINT_URL says, else AWS's.
	Endpoint string `yaml:"endpoint"`
	// Profile is a section of the shared AWS configuration files. Empty: what
	// AWS_PROFILE says.
	Profile string `yaml:"profile"`
	// AccessKeyID is the name of a fixed key. Empty: credentials are looked for
	// where AWS's own tools look: environment, shared files, SSO, a web identity,
	// the container's or the machine's role.
	AccessKeyID string `yaml:"access_key_id"`
	// SecretAccessKey belongs to access_key_id. It may be empty: some services
	// that speak AWS's protocol know no secret.
	SecretAccessKey conf.Secret `yaml:"secret_access_key"`
	// SessionToken belongs to a temporary access_key_id.
	SessionToken conf.Secret `yaml:"session_token"`
	// AssumeRole is the ARN of a role to take on with these credentials.
	AssumeRole string `yaml:"assume_role"`
	// ExternalID is what the role's owner asks for, if anything.
	ExternalID conf.Secret `yaml:"external_id"`
}

// Validate reports settings that cannot work.
func (s Settings) Validate() error {
	var errs []error
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, conf.FieldError(field, "%s", message))
		}
	}
	need(s.Endpoint == "" || isBase(s.Endpoint), "endpoint", `want an http or https URL such as "http://127.0.0.1:4566"`)
	need(s.AccessKeyID != "" || s.SecretAccessKey == "", "secret_access_key", "needs access_key_id beside it")
	need(s.AccessKeyID != "" || s.SessionToken == "", "session_token", "needs access_key_id beside it")
	need(s.AccessKeyID == "" || s.Profile == "", "profile", "a fixed access_key_id and a profile exclude each other: keep one of them")
	need(s.AssumeRole == "" || strings.HasPrefix(s.AssumeRole, "arn:"), "assume_role", `want the ARN of a role, such as "arn:aws:iam::123456789012:role/reader"`)
	need(s.AssumeRole != "" || s.ExternalID == "", "external_id", "needs assume_role beside it")
	need(!strings.ContainsAny(s.Region, " /:"), "region", `want a name such as "eu-west-1"`)
	return errors.Join(errs...)
}

// isBase does not repeat the URL, nor what url.Parse has to say about it: it may
// hold a secret.
func isBase(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
