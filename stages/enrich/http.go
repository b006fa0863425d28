package enrich

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/leat-io/leat/pipeline"
)

// httpLookup asks a service with GET.
type httpLookup struct {
	config HTTPConfig
	name   string // of the service, in messages: all they say of the URL
	header http.Header
	hide   *redactor
	clock  pipeline.Clock
	slots  chan struct{} // one for each request that may be under way
	// transport is used without an http.Client, which would look at redirects
	// even to not follow them, and quote the URL in its errors.
	transport http.RoundTripper
}

// transport is where requests go.
type transport interface {
	http.RoundTripper
	CloseIdleConnections()
}

func openHTTP(c Config, env *pipeline.Env, transport transport) (place, error) {
	where, err := c.HTTP.URL.check()
	if err != nil {
		return nil, err
	}
	l := newHTTPLookup(c.HTTP, where, transport, env.Clock)
	r := newRemote(l.name, &c.HTTP.URL, l, c.Cache, env)
	env.OnClose(func() error {
		r.known.Close()
		transport.CloseIdleConnections()
		return nil
	})
	return r, nil
}

func newHTTPLookup(c HTTPConfig, where *url.URL, transport http.RoundTripper, clock pipeline.Clock) *httpLookup {
	header := http.Header{"User-Agent": {"leat"}, "Accept": {"application/json"}}
	for name, value := range c.Headers {
		header.Set(name, value.Reveal())
	}
	return &httpLookup{
		config: c, name: where.Scheme + "://" + where.Host, header: header, hide: newRedactor(c, where),
		clock: clock, slots: make(chan struct{}, c.MaxRequests), transport: transport,
	}
}

// Lookup returns the JSON that a URL answers with.
func (l *httpLookup) Lookup(ctx context.Context, address string) (value []byte, found bool, err error) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	defer func() { <-l.slots }()
	limited, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(limited, http.MethodGet, address, nil)
	if err != nil {
		return nil, false, pipeline.Reject(l.error("the request cannot be made"))
	}
	q.Header = l.header.Clone()
	answer, err := l.transport.RoundTrip(q)
	if err != nil {
		return nil, false, l.unanswered(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return l.read(answer)
}

// unanswered is the error of a request that got no answer, or not all of it. It does
// not wrap err, whose text may hold secrets.
func (l *httpLookup) unanswered(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return l.error(fmt.Sprintf("no answer within %s", l.config.Timeout))
	}
	return l.error(err.Error())
}

// error makes an error that says where it happened and tells no secret.
func (l *httpLookup) error(text string) error {
	return fmt.Errorf("GET %s: %s", l.name, l.hide.in(text))
}
