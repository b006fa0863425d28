package awsapi

import (
	"io"
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
func newClient(made aws.HTTPClient) *patient {
	var transport http.RoundTripper = http.DefaultTransport
	if b, ok := made.(*awshttp.BuildableClient); ok {
		transport = b.GetTransport()
	}
	return &patient{http.Client{Transport: transport, CheckRedirect: stay}}
}

// stay follows no redirect: it would take a signed request elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// patient keeps responses whole. The SDK closes a request's body as soon as the
// headers of the response have arrived. When the body also is an io.WriterTo,
// net/http may still be in its WriteTo then, takes the close for a failed write
// and ends the connection in the middle of the response; the SDK silently asks
// again, and the messages of the lost response stay invisible until their
// timeout. Behind a plain reader that does not happen.
type patient struct{ http.Client }

// Do implements the SDK's HTTPClient.
func (p *patient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		plain := r.WithContext(r.Context())
		plain.Body = struct{ io.ReadCloser }{r.Body}
		r = plain
	}
	return p.Client.Do(r)
}
