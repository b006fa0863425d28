// Package webcall has what all requests over HTTP to services of others need.
package webcall

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// NewTransport returns where requests go. It is used without an http.Client, which would
// look at redirects even to not follow them, and quote the URL in its errors. Answers are
// not unpacked, so that a limit on their size bounds what comes out as well.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    100,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

// proxy asks the environment. What is wrong there is not quoted: addresses of
// proxies hold passwords.
func proxy(q *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(q)
	if err != nil {
		return nil, errors.New("the environment (HTTP_PROXY, HTTPS_PROXY) names a proxy that is not a URL")
	}
	return u, nil
}
