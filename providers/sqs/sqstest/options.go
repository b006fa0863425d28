package sqstest

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Protocols is which of its two protocols SQS is spoken in.
type Protocols string

// JSON is AWS JSON 1.0, which SDKs of today speak; Query is form in, XML out,
// which older ones and many servers that are not AWS speak. SNS is always Query.
const (
	JSON  Protocols = "json"
	Query Protocols = "query"
	Both  Protocols = "both"
)

// Options says what a server is like. The zero value is a server like AWS's.
type Options struct {
	// Addr is where to listen, "127.0.0.1:0" by default: a free port. It has to
	// be a loopback address.
	Addr string
	// Region is the region in ARNs and certificate addresses, us-east-1 by
	// default.
	Region string
	// Clock is the time of queues and topics: of visibility, delays, long polls,
	// retries and certificates. The default is the machine's.
	Clock Clock
	// Protocols is what is spoken, Both by default. To calls in the other one the
	// server answers as one that has never heard of it.
	Protocols Protocols
	// Actions are the only actions that the server knows, such as
	// ReceiveMessage; all others are answered as unknown. Empty means all.
	Actions []string
	// Deny are actions that are answered with AccessDenied (403).
	Deny []string
	// Credentials is the only access key id that is let in. Its secret, and the
	// signature, are not looked at. Empty lets everybody in, also who sends no
	// Authorization at all.
	Credentials string
	// OnlyQueue makes the server a proxy of this one queue, which exists from the
	// start: every queue URL and name in a call means it, also an empty one.
	OnlyQueue string
	// Intercept, if not nil, sees every call before it is done and may have it
	// fail; nil from it means that nothing is wrong. It is called concurrently.
	Intercept func(Call) *Fault
	// MaxInFlight is how many messages of a queue can be in flight, 120,000 by
	// default.
	MaxInFlight int
	// NewestHandleDeletes has a standard queue ignore receipt handles of earlier
	// receives in DeleteMessage, which AWS allows itself to do: the call succeeds
	// and the message stays. By default every handle of a message deletes it.
	NewestHandleDeletes bool
	// Delivery is how SNS delivers to HTTP endpoints.
	Delivery HTTPDelivery
}

// HTTPDelivery is how SNS delivers to HTTP endpoints.
type HTTPDelivery struct {
	// Attempts is how often a message is offered, 4 by default: once and three
	// times again. A confirmation of a subscription is offered until it is
	// confirmed.
	Attempts int
	// Gap is the time between attempts, 20 s by default.
	Gap time.Duration
	// Timeout is how long an endpoint has for its answer, 15 s by default.
	Timeout time.Duration
	// Transport makes the requests, for endpoints with certificates that only a
	// test trusts. The default is a plain one without proxies.
	Transport http.RoundTripper
}

func (o Options) withDefaults() (Options, error) {
	o.Addr = or(o.Addr, "127.0.0.1:0")
	o.Region = or(o.Region, "us-east-1")
	o.Protocols = or(o.Protocols, Both)
	o.MaxInFlight = or(o.MaxInFlight, 120_000)
	o.Delivery.Attempts = or(o.Delivery.Attempts, 4)
	o.Delivery.Gap = or(o.Delivery.Gap, 20*time.Second)
	o.Delivery.Timeout = or(o.Delivery.Timeout, 15*time.Second)
	if o.Clock == nil {
		o.Clock = pipeline.System
	}
	if o.Delivery.Transport == nil {
		o.Delivery.Transport = &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: time.Minute, DisableCompression: true}
	}
	return o, o.check()
}

func (o Options) check() error {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("sqstest: Addr %q: write host:port, such as 127.0.0.1:0: %w", o.Addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return fmt.Errorf("sqstest: Addr %q is not a loopback address: the server lets everybody in", o.Addr)
	}
	switch o.Protocols {
	case JSON, Query, Both:
		return nil
	}
	return fmt.Errorf("sqstest: Protocols %q: want json, query or both", o.Protocols)
}

// or returns v, or def if v is the zero value.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
