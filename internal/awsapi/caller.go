package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/leat-io/leat/internal/webcall"
)

// MaxAnswer is how much of an answer is read: ten messages of 1 MiB, every
// character of which is escaped as \u00XX.
const MaxAnswer = 64 << 20

// Caller signs requests and sends them. It tries once: who calls knows whether
// and when to try again.
type Caller struct {
	// Region is the one that requests are signed for.
	Region string
	// Endpoint is the base URL to use instead of AWS's own, or "".
	Endpoint string

	credentials aws.CredentialsProvider
	signer      *v4.Signer
	client      *http.Client
	skew        atomic.Int64 // how far the service's clock is ahead, in ns
}

func newCaller(c aws.Config, client *http.Client, endpoint string) *Caller {
	return &Caller{Region: c.Region, Endpoint: endpoint, credentials: c.Credentials, signer: v4.NewSigner(), client: client}
}

// Request is one call of an action.
type Request struct {
	URL     string
	Service string // as signatures name it: sqs, sns
	Header  map[string]string
	Body    []byte
}

// Do sends a request and returns the body of the answer, or an [*Error] when the
// service refused it. Other errors mean that it is unknown what the service did.
func (c *Caller) Do(ctx context.Context, q Request) ([]byte, error) {
	r, err := c.sign(ctx, q)
	if err != nil {
		return nil, err
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, webcall.WithoutURL(err)
	}
	body, err := readAnswer(answer)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		refused := parseError(answer, body)
		c.learnTime(refused, answer)
		return nil, refused
	}
	return body, nil
}

func (c *Caller) sign(ctx context.Context, q Request) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, q.URL, bytes.NewReader(q.Body))
	if err != nil {
		return nil, webcall.WithoutURL(err)
	}
	for name, value := range q.Header {
		r.Header.Set(name, value)
	}
	r.Header.Set("User-Agent", "leat")
	keys, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("find AWS credentials: %w", err)
	}
	hash := sha256.Sum256(q.Body)
	now := time.Now().Add(time.Duration(c.skew.Load()))
	if err := c.signer.SignHTTP(ctx, keys, r, hex.EncodeToString(hash[:]), q.Service, c.Region, now.UTC()); err != nil {
		return nil, fmt.Errorf("sign the request: %w", err)
	}
	return r, nil
}

// readAnswer reads the whole body, so that the connection can be used again.
func readAnswer(answer *http.Response) ([]byte, error) {
	defer answer.Body.Close()
	var b bytes.Buffer
	if n := answer.ContentLength; n > 0 && n <= MaxAnswer {
		b.Grow(int(n) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(answer.Body, MaxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case n > MaxAnswer:
		return nil, fmt.Errorf("the answer is larger than %d bytes", MaxAnswer)
	}
	return b.Bytes(), nil
}

// Close gives up connections that no request uses. Further requests make new ones.
func (c *Caller) Close() { c.client.CloseIdleConnections() }

// Through has requests sent another way than over the network, as tests do.
func (c *Caller) Through(t http.RoundTripper) *Caller {
	client := &http.Client{Transport: t, CheckRedirect: stay}
	return &Caller{Region: c.Region, Endpoint: c.Endpoint, credentials: c.credentials, signer: c.signer, client: client}
}
