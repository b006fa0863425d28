package http

import (
	"errors"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/pipeline"
)

// SourceConfig are the settings of the http source.
//
// A request is a POST whose body is one event of any format, or a JSON array of
// events. It is answered with 204 once all its events are settled, with 503 and
// Retry-After when they are not: then the client has to send the request again.
// What the source refuses with a 4xx (401 without the token, 413 when it is too
// large, 400 when it is empty or a broken array) has not entered the flow, not
// even in part.
//
// The id of an event is the request's X-Leat-Id or Idempotency-Key header, with
// #index for the elements of an array. Without such a header the id is random: a
// repeated request then counts as new, for two equal bodies may well be two
// events. The headers of the request are metadata called http.header.<name in
// lower case>, except Authorization, Proxy-Authorization and Cookie; there are
// also http.path and http.remote, the address of the client.
type SourceConfig struct {
	// Listen is the address to listen on. Without a host, as in ":8080", only
	// this machine can connect; write "0.0.0.0:8080" or "[::]:8080" for all
	// interfaces. Port 0 takes any free port, which is logged.
	Listen string `yaml:"listen,short"`
	// Path is the only path that takes events; all others are answered with 404.
	Path string `yaml:"path"`
	// MaxBody is how large a body may be, before and after gzip is undone.
	MaxBody conf.Size `yaml:"max_body"`
	// MaxEvents is how many events the array of one request may hold.
	MaxEvents int `yaml:"max_events"`
	// MaxRequests is how many requests are worked on at the same time. More are
	// answered with 503 at once. The source keeps at most max_body of each.
	MaxRequests int `yaml:"max_requests"`
	// Token is what clients must send as "Authorization: Bearer <token>". Empty:
	// everybody who can connect may send events.
	Token conf.Secret `yaml:"token"`
	// Timeout is how long a request waits for its events to be settled. A stage
	// cannot hold an event for longer. When it is over, the answer is 503; the
	// flow goes on with the events, so the client's next attempt is a duplicate
	// for dedupe.
	Timeout time.Duration `yaml:"timeout"`
}

// Validate checks what the types of the settings do not.
func (c SourceConfig) Validate() error {
	var errs []error
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	_, err := listener.Address(c.Listen)
	need(err == nil, "listen", `want host:port, as in "127.0.0.1:8080" or ":8080"`)
	need(strings.HasPrefix(c.Path, "/") && !strings.ContainsAny(c.Path, "?#"), "path", `want a path such as "/events"`)
	need(c.MaxBody >= 1, "max_body", "must be at least 1B")
	need(c.MaxEvents >= 1, "max_events", "must be at least 1")
	need(c.MaxRequests >= 1, "max_requests", "must be at least 1")
	need(c.Timeout > 0, "timeout", "must be longer than 0s")
	need(headerSafe(c.Token.Reveal()), "token", "must be printable ASCII")
	return errors.Join(errs...)
}
