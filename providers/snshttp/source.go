package snshttp

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

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
	return newSource(c, env, outside{listen: listen})
}

// outside is what a source has of the world.
type outside struct {
	listen    func(ctx context.Context, address string) (net.Listener, error)
	transport http.RoundTripper // to SNS; nil: that of snssig
}

func newSource(c SourceConfig, env *pipeline.Env, o outside) (*pipeline.Source, error) {
	c.warn(env)
	r := newReceiver(c, env)
	r.listen = o.listen
	if err := r.setUpTLS(); err != nil {
		return nil, err
	}
	if err := r.setUp(env, o.transport); err != nil {
		return nil, err
	}
	return &pipeline.Source{Subscriber: r, Topic: c.Path, Hold: c.Timeout, Push: true, Redelivery: redelivery, Err: r.Err}, nil
}

// Limits for clients that are slow or send too much before there is a body. SNS
// sends a request in one go.
const (
	readTimeout    = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// closeGrace is how long Close waits for events to be settled. The engine
	// closes a source after they are, or after it has given up on them.
	closeGrace = 5 * time.Second
)

// receiver is the Watermill subscriber of the source, with a listener of its own.
type receiver struct {
	config  SourceConfig
	login   [sha256.Size]byte
	clock   pipeline.Clock
	log     *slog.Logger
	tally   tally
	notices *notices
	judge   judge
	server  *http.Server
	listen  func(ctx context.Context, address string) (net.Listener, error)

	door  *door         // where messages enter the flow
	slots chan struct{} // one for each request under way

	stopOnce sync.Once
	err      error           // what made it stop, if nobody asked for it
	stopping chan struct{}   // closed when no more requests are taken
	done     chan struct{}   // closed when the server has ended
	waiting  context.Context // ends when requests are waited for no longer
	giveUp   context.CancelFunc

	mu       sync.Mutex
	listener net.Listener // nil until subscribed to
}

func newReceiver(c SourceConfig, env *pipeline.Env) *receiver {
	r := &receiver{
		config: c, login: digest(c.Username, c.Password.Reveal()), clock: env.Clock, log: env.Log,
		tally: newTally(env.Counter), notices: newNotices(env.Clock, env.Log),
		slots:    make(chan struct{}, c.MaxRequests),
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	r.waiting, r.giveUp = context.WithCancel(context.Background())
	r.door = newDoor(r.stopping, env.Stopping())
	r.server = &http.Server{
		Handler:           r,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + c.Timeout + 10*time.Second,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(env.Log.Handler(), slog.LevelDebug),
	}
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
	r.server.TLSConfig = pair.config()
	return nil
}
