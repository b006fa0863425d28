package spapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// client calls the Notifications API at one host. Calls are made one after another.
type client struct {
	base   string // scheme and host
	http   *http.Client
	tokens *tokens
	pace   *pace
	clock  pipeline.Clock
}

// call is one call of the API.
type call struct {
	operation string // Amazon's name for it, by which calls are limited
	method    string
	path      []string // behind /notifications/v1
	query     url.Values
	body      any // nil: none
	who       bearer
}

// String is what messages call it.
func (c call) String() string { return c.method + " " + c.address() }

func (c call) address() string {
	var b strings.Builder
	b.WriteString("/notifications/v1")
	for _, part := range c.path {
		b.WriteString("/" + url.PathEscape(part))
	}
	if len(c.query) > 0 {
		b.WriteString("?" + c.query.Encode())
	}
	return b.String()
}

// attempts is how often a call is made that may succeed later.
const attempts = 7

// do makes a call, as often as it takes, and reads the payload of the answer. Its
// errors are a [refusal], or say that nothing is known of the answer.
func (c *client) do(ctx context.Context, q call, payload any) error {
	for attempt := 1; ; attempt++ {
		err := c.once(ctx, q, payload)
		if err == nil || ctx.Err() != nil || attempt == attempts || !worthAnother(err) {
			return err
		}
		if !pipeline.Sleep(ctx, c.clock, pauseAfter(attempt, err), nil) {
			return ctx.Err()
		}
	}
}

func worthAnother(err error) bool {
	var r *refusal
	return !errors.As(err, &r) || r.transient()
}

// pauseAfter is twice as long each time, or as long as Amazon asks for.
func pauseAfter(attempt int, err error) time.Duration {
	d := time.Second << (attempt - 1)
	var r *refusal
	if errors.As(err, &r) {
		d = max(d, r.wait)
	}
	return min(d, longest)
}

func (c *client) once(ctx context.Context, q call, payload any) error {
	token, err := c.tokens.get(ctx, q.who)
	if err != nil {
		return err
	}
	if err := c.pace.wait(ctx, q); err != nil {
		return err
	}
	var body []byte
	if q.body != nil {
		if body, err = json.Marshal(q.body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, q.method, c.base+q.address(), bytes.NewReader(body))
	if err != nil {
		return webcall.WithoutURL(err)
	}
	r.Header.Set("x-amz-access-token", token.Reveal())
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	status, header, answer, err := exchange(c.http, r)
	if err != nil {
		return fmt.Errorf("%s: %w", q, err)
	}
	return read(q, status, header, answer, payload)
}

// read takes the payload out of an answer, or the first of its errors.
func read(q call, status int, header http.Header, answer []byte, payload any) error {
	var found struct {
		Payload json.RawMessage
		Errors  []struct{ Code, Message string }
	}
	err := json.Unmarshal(answer, &found)
	if status/100 != 2 {
		r := &refusal{call: q.String(), status: status, wait: retryAfter(header)}
		if len(found.Errors) > 0 {
			r.code, r.message = code(found.Errors[0].Code), short(found.Errors[0].Message)
		}
		return r
	}
	if payload == nil {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(found.Payload, payload)
	}
	if err != nil {
		return &refusal{call: q.String(), status: status, message: "the answer holds no payload that can be read"}
	}
	return nil
}
