package snssig

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	timeout   = 10 * time.Second
	maxAnswer = 64 << 10
)

// reach makes requests to SNS: one GET each, which follows no redirect, uses no
// proxy and keeps no connection.
type reach struct {
	endpoint  *url.URL // instead of the scheme and host of places, or nil
	transport http.RoundTripper
}

// ParseEndpoint reads the URL of an endpoint: http or https, a host, and nothing
// else. The error does not quote it.
func ParseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("want a URL such as https://sns.eu-west-1.amazonaws.com or http://127.0.0.1:4566")
	}
	if u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, errors.New("want nothing but scheme and host: they replace those of the URLs in messages, whose paths stay")
	}
	return u, nil
}

func newReach(o Options) *reach {
	r := &reach{endpoint: o.Endpoint, transport: o.Transport}
	if r.transport == nil {
		r.transport = newTransport(o.Endpoint == nil)
	}
	return r
}

// newTransport leaves out the proxies of the environment on purpose: they would
// be another place that certificates can come from.
func newTransport(publicOnly bool) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout}
	if publicOnly {
		dialer.ControlContext = refusePrivate
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		TLSHandshakeTimeout:    timeout,
		MaxResponseHeaderBytes: maxAnswer,
	}
}

// get returns the status and body of the answer. An error says that there was
// none; its text is free of the URL.
func (r *reach) get(ctx context.Context, p place) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url(), http.NoBody)
	if err != nil {
		return 0, nil, errNoAnswer
	}
	if r.endpoint != nil {
		q.URL.Scheme, q.URL.Host, q.Host = r.endpoint.Scheme, r.endpoint.Host, ""
	}
	q.Header.Set("User-Agent", "leat")
	answer, err := r.transport.RoundTrip(q)
	if err != nil {
		return 0, nil, speakable(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, speakable(err)
	}
	return answer.StatusCode, body, nil
}

var errNoAnswer = errors.New("no usable answer")

// speakable drops the text of errors that may quote what was sent or received.
func speakable(err error) error {
	var network *net.OpError
	var stranger *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s: %w", timeout, context.DeadlineExceeded)
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &network):
		return network
	case errors.As(err, &stranger):
		return stranger
	case errors.As(err, &plain):
		return errors.New("it does not speak TLS")
	}
	return errNoAnswer
}

// mayPass tells from a status whether asking again can help.
func mayPass(status int) bool {
	return status >= 500 || status < 200 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status == http.StatusTooEarly
}
