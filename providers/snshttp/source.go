package snshttp

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

// redelivery is after what time a message comes again that a killed process had:
// the sender's 15 seconds, if it does not notice before, and the 20 seconds until
// it tries again.
const redelivery = 40 * time.Second

// NewSource returns a source that listens from the moment it is subscribed to. It
// reads the files that the settings name, so that check reports those that are
// missing or broken.
func NewSource(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
	return newSource(c, env, outside{})
}

// outside is what a source has of the world.
type outside struct {
	listen    func(ctx context.Context, address string) (net.Listener, error) // nil: the network
	transport http.RoundTripper                                               // to SNS; nil: that of snssig
}

func newSource(c SourceConfig, env *pipeline.Env, o outside) (*pipeline.Source, error) {
	c.warn(env)
	r := newReceiver(c, env)
	if o.listen != nil {
		r.Open = o.listen
	}
	if err := r.setUpTLS(); err != nil {
		return nil, err
	}
	if err := r.setUp(env, o.transport); err != nil {
		return nil, err
	}
	return &pipeline.Source{Subscriber: r, Topic: c.Path, Hold: c.Timeout, Push: true, Redelivery: redelivery, Err: r.Err}, nil
}

// readTimeout is short, for SNS sends a request in one go.
const readTimeout = 10 * time.Second

// receiver is the Watermill subscriber of the source, with a listener of its own.
type receiver struct {
	*listener.Listener
	config  SourceConfig
	login   [sha256.Size]byte
	clock   pipeline.Clock
	log     *slog.Logger
	tally   tally
	notices *notices
	judge   judge
	silence *snssig.Silence
	slots   chan struct{} // one for each request under way
}

func newReceiver(c SourceConfig, env *pipeline.Env) *receiver {
	r := &receiver{
		config: c, login: digest(c.Username, c.Password.Reveal()), clock: env.Clock, log: env.Log,
		tally: newTally(env.Counter), notices: newNotices(env.Clock, env.Log),
		slots: make(chan struct{}, c.MaxRequests),
	}
	r.silence = snssig.NewSilence(pipeline.AfterFuncOf(env.Clock), env.Log)
	r.Listener = listener.New(listener.Options{
		Source: "snshttp", Messages: "messages of SNS", Address: c.Listen, Handler: r,
		ReadTimeout: readTimeout, Timeout: c.Timeout, FlowStops: env.Stopping(),
		AfterFunc: pipeline.AfterFuncOf(env.Clock),
		Log:       env.Log, Attrs: []any{"path", c.Path, "https", c.TLS.on()},
	})
	return r
}

func (r *receiver) setUpTLS() error {
	if !r.config.TLS.on() {
		return nil
	}
	pair, err := loadKeyPair(r.config.TLS, r.clock, r.log)
	if err != nil {
		return err
	}
	r.Server.TLSConfig = pair.config()
	return nil
}
