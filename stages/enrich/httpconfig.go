package enrich

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

// HTTPConfig is which service is asked, and for what.
type HTTPConfig struct {
	// URL is what is asked for with GET, with expressions in braces behind the host,
	// as in https://api.example.com/stations/{body.code}. A value is percent-encoded,
	// so that it stays in its place; one that could lead out of the path all the same,
	// such as "..", fails. When an expression is null or empty there is no value, and
	// the service is not asked. The host may be one of a private network: no event
	// can change it. Connections go through the proxy that HTTPS_PROXY, HTTP_PROXY and
	// NO_PROXY of the environment name. Errors name only the host.
	URL Address `yaml:"url,required,short"`
	// Hosts are the hosts that the URL may name, with or without their port, for a
	// URL that comes from outside of the file. Empty: the one in the URL.
	Hosts []string `yaml:"hosts,one"`
	// Headers are added to every request.
	Headers map[string]conf.Secret `yaml:"headers"`
	// Timeout is how long one request may take, with its answer.
	Timeout time.Duration `yaml:"timeout"`
	// MaxResponse is how large an answer may be; a larger one is a failure for good.
	MaxResponse conf.Size `yaml:"max_response"`
	// MaxRequests is how many requests are under way at the same time.
	MaxRequests int `yaml:"max_requests"`
}

// Validate checks what the types of the settings do not.
func (c HTTPConfig) Validate() error {
	errs := []error{c.checkURL()}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.Timeout > 0, "timeout", "must be longer than 0s")
	need(c.MaxResponse > 0 && c.MaxResponse <= maxResponse, "max_response", "want 1B to 64MiB")
	need(c.MaxRequests > 0, "max_requests", "must be at least 1")
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		errs = append(errs, checkHeader(name, c.Headers[name].Reveal()))
	}
	return errors.Join(errs...)
}

const maxResponse = 64 << 20

func (c HTTPConfig) checkURL() error {
	u, err := c.URL.check()
	switch {
	case err != nil:
		return pipeline.FieldError("url", "%w", err)
	case len(c.Hosts) > 0 && !slices.ContainsFunc(c.Hosts, func(host string) bool { return isHostOf(u, host) }):
		return pipeline.FieldError("hosts", "the host of the url, %s, is not among them", u.Host)
	}
	return nil
}

// isHostOf compares a host, with or without a port, with that of a URL.
func isHostOf(u *url.URL, host string) bool {
	return strings.EqualFold(host, u.Host) || strings.EqualFold(host, u.Hostname())
}

// ownHeaders are set by the stage, or by Go for each connection.
var ownHeaders = map[string]string{
	"Accept-Encoding":   "answers are read as they are",
	"Connection":        "connections are kept open",
	"Content-Length":    "there is no body",
	"Host":              "it is that of the url",
	"Range":             "answers are read as a whole",
	"Trailer":           "there is none",
	"Transfer-Encoding": "there is no body",
}

// tokenChars are the characters that names of headers are made of.
const tokenChars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func checkHeader(name, value string) error {
	canonical := http.CanonicalHeaderKey(name)
	why, own := ownHeaders[canonical]
	switch {
	case name == "" || strings.Trim(name, tokenChars) != "":
		return pipeline.FieldError("headers", "%q cannot be the name of a header", name)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return pipeline.FieldError("headers", "the value of %s must be printable ASCII", canonical)
	case own:
		return pipeline.FieldError("headers", "%s cannot be set: %s", canonical, why)
	}
	return nil
}
