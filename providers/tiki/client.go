package tiki

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// transport is where requests go.
type transport interface {
	http.RoundTripper
	CloseIdleConnections()
}

// client makes requests as one account. None is made again but one whose token was
// refused.
type client struct {
	account Account
	base    string // of all paths
	clock   pipeline.Clock
	through transport
	keys    keys
}

func newClient(a Account, clock pipeline.Clock, through transport) *client {
	c := &client{account: a, base: strings.TrimSuffix(a.BaseURL, "/"), clock: clock, through: through}
	c.keys.init(c)
	return c
}

func openClient(a Account, clock pipeline.Clock) *client {
	return newClient(a, clock, webcall.NewTransport())
}

func (c *client) close() { c.through.CloseIdleConnections() }

// call makes a request below the base URL and returns the body of its answer. When the
// token is refused, it is made once more with a new one.
func (c *client) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	key, err := c.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := c.try(ctx, method, path, body, key)
	if statusOf(err) != http.StatusUnauthorized || !c.keys.forget(key) {
		return answer, err
	}
	if key, err = c.keys.get(ctx); err != nil {
		return nil, err
	}
	return c.try(ctx, method, path, body, key)
}

func (c *client) try(ctx context.Context, method, path string, body []byte, key string) ([]byte, error) {
	header := http.Header{"Authorization": {"Bearer " + key}}
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	return c.send(ctx, method+" "+c.base+path, method, c.base+path, header, body)
}

// send makes one request, what for messages.
func (c *client) send(ctx context.Context, what, method, address string, header http.Header, body []byte) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, c.account.Timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(limited, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: the request cannot be made", what)
	}
	q.Header = header
	q.Header.Set("User-Agent", "leat")
	q.Header.Set("Accept", "application/json")
	answer, err := c.through.RoundTrip(q)
	if err != nil {
		return nil, c.unanswered(ctx, what, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, c.refused(what, answer, beginning(answer))
	}
	return c.whole(ctx, what, answer)
}

// beginning reads some of an answer that is an error, so that its connection can serve the
// next request.
func beginning(answer *http.Response) []byte {
	if answer.StatusCode < 200 { // the connection now speaks another protocol
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	return body
}

// whole reads an answer. One that is cut off is an error.
func (c *client) whole(ctx context.Context, what string, answer *http.Response) ([]byte, error) {
	limit := int64(c.account.MaxResponse)
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, c.unanswered(ctx, what, err)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("%s: %w: it is larger than max_response, which is %s", what, errNotUnderstood, c.account.MaxResponse)
	}
	return body, nil
}
