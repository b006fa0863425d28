package tiki

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/webcall"
)

// Error is an answer of Tiki that is an error.
type Error struct {
	// Status is that of the answer.
	Status int
	// RetryAfter is how long Tiki asks to wait, 0 if it does not.
	RetryAfter time.Duration

	text string
}

// Error says what was asked for, and the beginning of the answer.
func (e *Error) Error() string { return e.text }

// statusOf returns the status of an answer that is an error, 0 for other errors.
func statusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// errNotUnderstood is an answer that is none of Tiki's.
var errNotUnderstood = errors.New("the answer is not understood")

// lasting reports whether an error will be the same until somebody acts.
func lasting(err error) bool {
	switch code := statusOf(err); code {
	case 0:
		return false
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	default:
		return code < 500
	}
}

// explained adds to an error what can be done about it.
func explained(err error) error {
	switch statusOf(err) {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w (check client_id and client_secret, or get another token)", err)
	case http.StatusForbidden:
		return fmt.Errorf("%w (the queue of a client platform needs the platform's own client_id and client_secret, that of a seller needs the seller's token)", err)
	case http.StatusNotFound:
		return fmt.Errorf("%w (check the code of the queue)", err)
	}
	return err
}

// refused is the error of an answer with a status that is none of success.
func (c *client) refused(what string, answer *http.Response, body []byte) error {
	code := answer.StatusCode
	text := strings.TrimSpace(fmt.Sprintf("%s: %d %s", what, code, http.StatusText(code)))
	if code >= 300 && code < 400 {
		text += ": redirects are not followed"
	} else if said := excerpt(c.keys.hide(string(body))); said != "" {
		text += ": " + said
	}
	return &Error{code, webcall.RetryAfter(answer.Header.Get("Retry-After"), c.clock.Now()), text}
}

// unanswered is the error of a request that got no answer, or not all of it. It does not
// wrap err, whose text may hold secrets.
func (c *client) unanswered(ctx context.Context, what string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, ctx.Err())
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: no answer within %s", what, c.account.Timeout)
	}
	return fmt.Errorf("%s: %s", what, c.keys.hide(err.Error()))
}

const excerptLen = 200

// excerpt is the beginning of a text on one line that upsets no terminal.
func excerpt(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > excerptLen {
		text = strings.ToValidUTF8(text[:excerptLen], "") + "…"
	}
	return text
}
