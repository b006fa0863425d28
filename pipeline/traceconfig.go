package pipeline

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// TracingConfig is what is said of traces: where spans are sent, and how many.
type TracingConfig struct {
	// Endpoint is the URL that spans are sent to: http:// goes unencrypted, https:// with TLS. Over
	// HTTP /v1/traces is added to a URL without a path. Empty: that of
	// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT, else port 4318 of this
	// machine, or 4317 with grpc.
	Endpoint string `yaml:"endpoint,short"`
	// Protocol is how they are sent, always as OTLP. Empty: as OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
	// or OTEL_EXPORTER_OTLP_PROTOCOL says, else http/protobuf.
	Protocol string `yaml:"protocol" values:"http/protobuf grpc"`
	// Headers are sent with each request, for a collector that wants to know who sends.
	// Empty: those of OTEL_EXPORTER_OTLP_HEADERS.
	Headers map[string]Secret `yaml:"headers"`
	// Certificate is the path of a PEM file with the certificates that the collector's is
	// checked against. Empty: OTEL_EXPORTER_OTLP_CERTIFICATE, else those of the system.
	Certificate string `yaml:"certificate"`
	// Timeout is how long a request may take, and how long the end of a run waits for spans
	// that are not sent yet.
	Timeout time.Duration `yaml:"timeout"`
	// Sample is of how many traces that begin here the spans are recorded, from 0 to 1. A
	// trace that began elsewhere is recorded if it is recorded there. Empty: as
	// OTEL_TRACES_SAMPLER says, else all.
	Sample *float64 `yaml:"sample"`
	// Incoming says what is done about the trace that an event comes with: parent goes on
	// with it; link begins another one, which names it, so that senders cannot choose what
	// is recorded; ignore does as if there were none.
	Incoming string `yaml:"incoming" values:"parent link ignore"`
	// Service is the name under which the spans are found. Empty: OTEL_SERVICE_NAME, else
	// leat.
	Service string `yaml:"service"`
	// Resource is further attributes of all spans, beside those of
	// OTEL_RESOURCE_ATTRIBUTES.
	Resource map[string]string `yaml:"resource"`
	// Queue is how many spans may wait to be sent. While it is full, spans are dropped and
	// counted; events never wait for it.
	Queue int `yaml:"queue"`
}

// Values of the settings, and what they are where nothing is said.
const (
	TraceHTTP = "http/protobuf"
	TraceGRPC = "grpc"

	TraceParent = "parent"
	TraceLink   = "link"
	TraceIgnore = "ignore"
)

var defaultTracing = TracingConfig{Timeout: 10 * time.Second, Incoming: TraceParent, Queue: 4096}

// Validate checks what one setting cannot.
func (c TracingConfig) Validate() error {
	errs := []error{c.checkEndpoint()}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, FieldError(field, "%s", message))
		}
	}
	need(c.Timeout > 0, "timeout", "must be longer than 0s")
	need(c.Sample == nil || *c.Sample >= 0 && *c.Sample <= 1, "sample", "want a part of all traces from 0 to 1, such as 0.05 for one of twenty")
	need(c.Queue >= 1 && c.Queue <= mostSpans, "queue", "want 1 to 1000000 spans")
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		need(isToken(name), "headers", `"`+name+`" cannot be the name of a header`)
		need(isPrintable(c.Headers[name].Reveal()), "headers", "the value of "+name+" must be printable ASCII")
	}
	return errors.Join(errs...)
}

const mostSpans = 1_000_000

// checkEndpoint does not repeat the URL: it may hold a secret.
func (c TracingConfig) checkEndpoint() error {
	if c.Endpoint == "" {
		return nil
	}
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return FieldError("endpoint", `want a URL such as "http://127.0.0.1:4318", with https for TLS`)
	case u.User != nil:
		return FieldError("endpoint", "must not hold a user or password: use headers")
	case u.RawQuery != "" || u.Fragment != "":
		return FieldError("endpoint", "has a query, which is not sent: use headers")
	case c.Protocol == TraceGRPC && strings.Trim(u.Path, "/") != "":
		return FieldError("endpoint", "has a path, and with grpc there is none")
	}
	return nil
}

func isToken(name string) bool {
	return name != "" && http.CanonicalHeaderKey(name) != "" && strings.IndexFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	}) < 0
}

func isPrintable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// Tracing is what the file says of traces, nil if it says nothing.
func (p *Pipeline) Tracing() *TracingConfig { return p.tracing }

// checkTracing warns of what others on the network could read.
func (b *fileBuilder) checkTracing() {
	c := b.config.Tracing
	if c == nil || len(c.Headers) == 0 {
		return
	}
	u, err := url.Parse(c.Endpoint)
	if err == nil && u.Scheme == "http" && !onLoopback(hostPort(u)) {
		b.problems.Warnf(b.root.Get("tracing"), "headers are sent to %s unencrypted: others on the way can read them", u.Host).
			Hint = "write https:// in endpoint, or have a collector on this machine send the spans on"
	}
}

func hostPort(u *url.URL) string {
	if u.Port() == "" {
		return u.Host + ":80"
	}
	return u.Host
}

// traceWith takes what the program lends for what the file says.
func (b *fileBuilder) traceWith() {
	if b.root.Get("tracing") == nil {
		b.config.Tracing = nil // what stands there are the defaults
	}
	b.p.tracing = b.config.Tracing
	if f := b.options.Tracer; f != nil {
		b.p.tracer = f(b.config.Tracing)
	}
}
