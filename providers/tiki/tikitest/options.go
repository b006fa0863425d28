package tikitest

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Options says what a server is like. The zero value is a server like Tiki's, with one
// client.
type Options struct {
	// Addr is where to listen, "127.0.0.1:0" by default: a free port. It has to be a
	// loopback address.
	Addr string
	// BasePath is what the paths of queues begin with, "/integration/v1" by default.
	BasePath string
	// TokenPath is where tokens are given out, "/sc/oauth2/token" by default.
	TokenPath string
	// Clock is the time of tokens, subscriptions and events. The default is the
	// machine's.
	Clock Clock

	// ClientID and ClientSecret are those of the client, "client" and "secret" by default.
	ClientID, ClientSecret string
	// InHouse: the client is a seller's own application, so that its token is also that
	// of a seller. By default it is a platform, whose token is for queues alone.
	InHouse bool
	// SellerTokens are tokens that sellers have given; each is another seller's.
	SellerTokens []string
	// TokenTTL is how long a token of the client lasts, an hour by default.
	TokenTTL time.Duration

	// MaxQueues is how many queues somebody may have, 5 by default.
	MaxQueues int
	// MaxEvents is how many events a pull brings, 100 by default.
	MaxEvents int
	// Activation is after what time a subscription acts, 3 minutes by default.
	Activation time.Duration
	// Retention is for how long events are kept, 7 days by default.
	Retention time.Duration
	// IgnoreStaleAcks has an ack_id that was used before, or is not known, change nothing.
	// By default such a call is refused with 400.
	IgnoreStaleAcks bool
	// Grow has a pull that repeats the old events bring those as well that have come
	// since, with an ack_id of its own. By default it is answered like the one before.
	Grow bool
	// AckIDWhenEmpty has an empty answer carry an ack_id. By default it is null.
	AckIDWhenEmpty bool
	// Intercept, if not nil, sees every call before it is done and may have it fail; nil
	// from it means that nothing is wrong. It is called concurrently.
	Intercept func(Call) *Fault
}

func (o Options) withDefaults() (Options, error) {
	o.Addr = or(o.Addr, "127.0.0.1:0")
	o.BasePath = strings.TrimSuffix(or(o.BasePath, "/integration/v1"), "/")
	o.TokenPath = or(o.TokenPath, "/sc/oauth2/token")
	o.ClientID, o.ClientSecret = or(o.ClientID, "client"), or(o.ClientSecret, "secret")
	o.TokenTTL = or(o.TokenTTL, time.Hour)
	o.MaxQueues, o.MaxEvents = or(o.MaxQueues, 5), or(o.MaxEvents, 100)
	o.Activation = or(o.Activation, 3*time.Minute)
	o.Retention = or(o.Retention, 7*24*time.Hour)
	if o.Clock == nil {
		o.Clock = pipeline.System
	}
	return o, o.check()
}

func (o Options) check() error {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("tikitest: Addr %q: write host:port, such as 127.0.0.1:0: %w", o.Addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return fmt.Errorf("tikitest: Addr %q is not a loopback address: the server is for tests on this machine", o.Addr)
	}
	return nil
}

// or returns v, or def if v is the zero value.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
