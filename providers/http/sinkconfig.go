package http

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// SinkConfig are the settings of the http sink.
//
// The body of a request is the payload of one event, byte for byte. Its headers
// say what the event is: Idempotency-Key and X-Leat-Id (the event's id),
// X-Leat-Key, X-Leat-Time, X-Leat-Type, and its marks, as in X-Leat-Late: true.
// What a header cannot hold (control characters, anything outside ASCII, the
// percent sign, spaces at either end) is percent-encoded. Where flows are traced,
// traceparent and tracestate say to which trace the event belongs.
//
// An event is delivered when the answer is a 2xx. After 408, 425, 429, 5xx or no
// answer at all it is sent again, no earlier than a Retry-After header asks for
// (at most an hour). After any other answer it is a dead letter; redirects are
// not followed. The first 200 bytes of the answer are part of the error.
type SinkConfig struct {
	// URL is where events are sent, http or https. Connections go through the
	// proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment name.
	// Errors name only its host: its query may hold secrets.
	URL string `yaml:"url,required,short"`
	// Method is that of the requests.
	Method string `yaml:"method" values:"POST PUT PATCH"`
	// Headers are added to every request.
	Headers map[string]conf.Secret `yaml:"headers"`
	// Token is sent as "Authorization: Bearer <token>".
	Token conf.Secret `yaml:"token"`
	// ContentType is the type of the body. Empty: application/json for JSON,
	// text/xml for what begins with <, else application/octet-stream.
	ContentType string `yaml:"content_type"`
	// Timeout is how long one request may take, with its answer.
	Timeout time.Duration `yaml:"timeout"`
	// MaxRequests is how many requests are under way at the same time; events
	// beyond that wait for their turn, and their timeout begins with it.
	MaxRequests int `yaml:"max_requests"`
	// Batch is how many events go into one request, as a JSON array; 0 and 1:
	// each event has a request of its own, without the array. A batch has no
	// headers for its events, and its Idempotency-Key is a digest of their ids.
	// Events that are not JSON are dead letters. When a batch is refused with a
	// 4xx its events are sent again one by one, each in an array of its own, so
	// that only the bad ones become dead letters.
	Batch int `yaml:"batch"`
	// BatchWait is how long a batch waits for more events before it is sent.
	BatchWait time.Duration `yaml:"batch_wait"`
}

// Validate checks what the types of the settings do not.
func (c SinkConfig) Validate() error {
	errs := []error{c.checkURL()}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(headerSafe(c.Token.Reveal()), "token", "must be printable ASCII")
	need(headerSafe(c.ContentType), "content_type", "must be printable ASCII")
	need(c.Timeout > 0, "timeout", "must be longer than 0s")
	need(c.MaxRequests > 0, "max_requests", "must be at least 1")
	need(c.Batch >= 0 && c.Batch <= maxBatch, "batch", "want 0 to 10000")
	need(c.BatchWait >= 0, "batch_wait", "must not be negative")
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		errs = append(errs, c.checkHeader(name, c.Headers[name].Reveal()))
	}
	return errors.Join(errs...)
}

const maxBatch = 10_000

// checkURL does not repeat the URL, nor what url.Parse has to say about it.
func (c SinkConfig) checkURL() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return pipeline.FieldError("url", `want a URL such as "https://example.com/events"`)
	case u.User != nil:
		return pipeline.FieldError("url", "must not hold a user or password: use token or headers")
	}
	return nil
}

// ownHeaders are set by the sink, or by Go for each connection.
var ownHeaders = map[string]string{
	"Content-Type":      "set content_type",
	"Content-Length":    "it follows from the body",
	"Transfer-Encoding": "it follows from the body",
	"Connection":        "connections are kept open",
	"Host":              "it is that of the url",
	"Trailer":           "there is none",
	"Idempotency-Key":   "it is the event's id",
}

func (c SinkConfig) checkHeader(name, value string) error {
	canonical := http.CanonicalHeaderKey(name)
	why, own := ownHeaders[canonical]
	switch {
	case name == "" || strings.Trim(name, tokenChars) != "":
		return pipeline.FieldError("headers", "%q cannot be the name of a header", name)
	case !headerSafe(value):
		return pipeline.FieldError("headers", "the value of %s must be printable ASCII", canonical)
	case own:
		return pipeline.FieldError("headers", "%s cannot be set: %s", canonical, why)
	case strings.HasPrefix(canonical, leatPrefix):
		return pipeline.FieldError("headers", "%s cannot be set: the names X-Leat-… say what the event is", canonical)
	case canonical == "Authorization" && c.Token != "":
		return pipeline.FieldError("headers", "Authorization and token exclude each other: keep one of them")
	}
	return nil
}
