package spapi

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/webcall"
)

// userAgent is required by Amazon in every call.
const userAgent = "leat/1 (Language=Go)"

const maxAnswer = 1 << 20 // bytes; what is read of an answer

// exchange sends a request and reads the answer, which must not be larger than
// maxAnswer.
func exchange(c *http.Client, r *http.Request) (status int, header http.Header, body []byte, err error) {
	answer, err := c.Do(r)
	if err != nil {
		return 0, nil, nil, webcall.WithoutURL(err)
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, nil, nil, fmt.Errorf("read the answer: %w", err)
	case len(body) > maxAnswer:
		return 0, nil, nil, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	return answer.StatusCode, answer.Header, body, nil
}

// refusal is an answer that is no success.
type refusal struct {
	call    string // what was asked
	status  int
	code    string // Amazon's name for the reason, or ""
	message string
	wait    time.Duration // how long to wait before the same is asked again; 0: not told
}

func (e *refusal) Error() string {
	text := fmt.Sprintf("%s: %d", e.call, e.status)
	if e.code != "" {
		text += " " + e.code
	}
	if e.message != "" {
		text += ": " + e.message
	}
	if what := e.advice(); what != "" {
		text += " (" + what + ")"
	}
	return text
}

// advice says what to do about it.
func (e *refusal) advice() string {
	switch {
	case e.code == invalidClient:
		return "Amazon does not know client_id, or not with this client_secret: copy both from the app's LWA credentials"
	case e.code == invalidGrant:
		return "the seller's refresh token is not valid, or of another app: have the seller authorize the app again"
	case e.status == http.StatusUnauthorized || e.status == http.StatusForbidden:
		return "the app has no role for this, or the seller has not authorized it since it has: check the app's roles, then have the seller authorize it again"
	case e.status == http.StatusTooManyRequests:
		return "Amazon still asks for fewer calls: try again later; what is made stays made"
	case e.status >= http.StatusInternalServerError:
		return "Amazon has trouble: try again later; what is made stays made"
	}
	return ""
}

// refusedWith reports whether err is a refusal with this status.
func refusedWith(err error, status int) bool {
	var e *refusal
	return errors.As(err, &e) && e.status == status
}

// codeOf returns Amazon's name for the reason of a refusal, or "".
func codeOf(err error) string {
	var e *refusal
	if !errors.As(err, &e) {
		return ""
	}
	return e.code
}

// transient reports whether the same call may succeed later.
func (e *refusal) transient() bool {
	return e.status == http.StatusTooManyRequests || e.status >= http.StatusInternalServerError
}

var codePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// code returns a name for a reason if it looks like one.
func code(s string) string {
	if !codePattern.MatchString(s) {
		return ""
	}
	return s
}

const maxMessage = 300 // bytes of a message that are repeated

func short(message string) string {
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}

// longest is how long an answer can have us wait.
const longest = time.Minute

// retryAfter reads how long an answer asks to wait: x-amzn-RateLimit-Limit holds the
// calls allowed in a second, which may be a fraction.
func retryAfter(h http.Header) time.Duration {
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
		return min(time.Duration(min(s, 3600))*time.Second, longest)
	}
	rate, err := strconv.ParseFloat(h.Get("x-amzn-RateLimit-Limit"), 64)
	if err != nil || math.IsNaN(rate) || rate <= 0 {
		return 0
	}
	return time.Duration(min(float64(time.Second)/rate, float64(longest)))
}
