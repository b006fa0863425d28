package awsapi

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// buildable is what the SDK makes a client of, with the certificates that
// AWS_CA_BUNDLE or the profile names. It has no timeout of its own: how long a
// request may take differs by action, and a long poll takes 20 s.
func buildable() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = 512
		t.MaxIdleConnsPerHost = 256
		t.IdleConnTimeout = 90 * time.Second
		t.DisableCompression = true
	})
}

// newClient takes over what the SDK has made of a buildable client.
func newClient(made aws.HTTPClient) *http.Client {
	var transport http.RoundTripper = http.DefaultTransport
	if b, ok := made.(*awshttp.BuildableClient); ok {
		transport = b.GetTransport()
	}
	return &http.Client{Transport: transport, CheckRedirect: stay}
}

// stay follows no redirect: it would take a signed request elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
