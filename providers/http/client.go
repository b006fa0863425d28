package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// client sends requests and says what their answers mean for the events in them.
type client struct {
	config SinkConfig
	host   string // all that errors say of the URL
	hide   *redactor
	clock  pipeline.Clock
	slots  chan struct{} // one for each request that may be under way
	// carrier names the trace of an event that has a request of its own; nil: it has none.
	carrier pipeline.Carrier
	// transport is used without an http.Client, which would look at redirects
	// even to not follow them, and quote the URL in its errors.
	transport interface {
		http.RoundTripper
		CloseIdleConnections()
	}
}

// readLimit is how much of an answer is read, so that its connection can serve
// the next request; an answer that is longer costs the connection.
const readLimit = 64 << 10

func newClient(c SinkConfig, clock pipeline.Clock) *client {
	where, _ := url.Parse(c.URL) // Validate has seen it
	return &client{
		config: c, host: where.Scheme + "://" + where.Host, hide: newRedactor(c, where), clock: clock, slots: make(chan struct{}, max(1, c.MaxRequests)),
		transport: webcall.NewTransport(),
	}
}

// send makes one request. Nil means that the receiver has taken the body.
func (c *client) send(ctx context.Context, body []byte, header http.Header) error {
	if err := c.takeSlot(ctx); err != nil {
		return err
	}
	defer func() { <-c.slots }()
	limited, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(limited, c.config.Method, c.config.URL, bytes.NewReader(body))
	if err != nil {
		return c.error("the request cannot be made")
	}
	q.Header = header
	c.sign(q.Header)
	answer, err := c.transport.RoundTrip(q)
	if err != nil {
		return c.unanswered(ctx, err)
	}
	return c.judge(answer, readSome(answer))
}

// takeSlot waits until the request may be made. A flow that stops finishes what
// need not wait.
func (c *client) takeSlot(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-pipeline.Stopping(ctx):
		return pipeline.ErrReturned
	}
}

// sign adds what is the same in all requests.
func (c *client) sign(h http.Header) {
	h.Set("User-Agent", "leat")
	maps.Copy(h, extraHeaders(c.config.Headers))
	if c.config.Token != "" {
		h.Set("Authorization", "Bearer "+c.config.Token.Reveal())
	}
}

func extraHeaders(headers map[string]conf.Secret) http.Header {
	h := make(http.Header, len(headers))
	for name, value := range headers {
		h.Set(name, value.Reveal())
	}
	return h
}

// unanswered is the error of a request that got no answer. It does not wrap err,
// whose text may hold secrets.
func (c *client) unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s %s: %w", c.config.Method, c.host, ctx.Err())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return c.error(fmt.Sprintf("no answer within %s", c.config.Timeout))
	}
	return c.error(err.Error())
}

// error makes an error that says where it happened and tells no secret.
func (c *client) error(text string) error {
	return fmt.Errorf("%s %s: %s", c.config.Method, c.host, c.hide.in(text))
}

// readSome reads the beginning of an answer and gives the connection back.
func readSome(answer *http.Response) []byte {
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode < 200 { // the connection now speaks another protocol
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Body, readLimit))
	return body
}

func (c *client) close() error {
	c.transport.CloseIdleConnections()
	return nil
}
