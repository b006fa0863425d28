package http

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// refused marks the error of a 4xx: another body may be welcome.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

func isRefused(err error) bool {
	var r refused
	return errors.As(err, &r)
}

// judge says what an answer means: nil for delivered, a permanent error where
// sending the same again cannot help, any other error where it may.
func (c *client) judge(answer *http.Response, body []byte) error {
	code := answer.StatusCode
	err := c.error(strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code))) + c.excerpt(body))
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return pipeline.Reject(c.error(fmt.Sprintf("%d: redirects are not followed", code)))
	case code == http.StatusTooManyRequests, code >= 500:
		return c.later(err, answer.Header.Get("Retry-After"))
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code < 200:
		return c.later(err, answer.Header.Get("Retry-After"))
	}
	return refused{pipeline.Reject(err)}
}

// later is the error of a request that is to be made again, when the receiver
// says so.
func (c *client) later(err error, retryAfter string) error {
	if d := webcall.RetryAfter(retryAfter, c.clock.Now()); d > 0 {
		return pipeline.RetryAfter(err, d)
	}
	return err
}

const excerptLen = 200

// excerpt is the beginning of an answer, on one line, without secrets.
func (c *client) excerpt(body []byte) string {
	text := strings.Join(strings.Fields(printable(c.hide.in(string(body)))), " ")
	if len(text) > excerptLen {
		text = strings.ToValidUTF8(text[:excerptLen], "") + "…"
	}
	if text == "" {
		return ""
	}
	return ": " + text
}
