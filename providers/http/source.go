package http

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// NewSource returns a source that listens from the moment it is subscribed to.
func NewSource(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
	if c.exposed() && c.Token == "" {
		env.Warn("listens on %s without a token: everybody who can connect may send events", c.Listen)
	}
	r := newReceiver(c, env.Clock, env.Log)
	return &pipeline.Source{Subscriber: r, Topic: c.Path, Hold: c.Timeout, Push: true, Err: r.Err}, nil
}

// Limits for clients that are slow or send too much before there is a body.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// closeGrace is how long Close waits for events to be settled. The engine
	// closes a source after they are, or after it has given up on them.
	closeGrace = 5 * time.Second
)

// receiver is the Watermill subscriber of the source, with a listener of its own.
type receiver struct {
	config SourceConfig
	token  [sha256.Size]byte
	clock  pipeline.Clock
	log    *slog.Logger
	server *http.Server

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

func newReceiver(c SourceConfig, clock pipeline.Clock, log *slog.Logger) *receiver {
	r := &receiver{
		config: c, token: sha256.Sum256([]byte(c.Token)), clock: clock, log: log,
		slots:    make(chan struct{}, c.MaxRequests),
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	r.waiting, r.giveUp = context.WithCancel(context.Background())
	r.door = newDoor(r.stopping)
	r.server = &http.Server{
		Handler:           r,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + c.Timeout + 10*time.Second,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return r
}

// Subscribe opens the listener. When ctx ends no more requests are taken and the
// channel closes; requests whose messages are out still get their answers.
func (r *receiver) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != nil || r.stopped() {
		return nil, errors.New("an http source can be subscribed to once, before it is closed")
	}
	l, err := r.listen(ctx)
	if err != nil {
		return nil, err
	}
	r.listener = l
	r.log.Info("listening for events", "address", l.Addr().String(), "path", r.config.Path)
	go r.serve(l)
	go r.end(context.AfterFunc(ctx, func() { r.stop(nil) }))
	return r.door.messages, nil
}

func (r *receiver) listen(ctx context.Context) (net.Listener, error) {
	address, err := r.config.address()
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for events: %w", err)
	}
	return l, nil
}

func (r *receiver) serve(l net.Listener) {
	if err := r.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		r.stop(fmt.Errorf("listen for events: %w", err))
	}
}

// end waits for the stop, then closes the door first and the server once the
// requests under way have their answers.
func (r *receiver) end(unwatch func() bool) {
	defer close(r.done)
	defer r.giveUp()
	<-r.stopping
	unwatch()
	r.door.close()
	if r.server.Shutdown(r.waiting) != nil {
		_ = r.server.Close()
	}
}

func (r *receiver) stop(err error) {
	r.stopOnce.Do(func() {
		r.err = err
		close(r.stopping)
	})
}

func (r *receiver) stopped() bool {
	select {
	case <-r.stopping:
		return true
	default:
		return false
	}
}

// Close stops the source and returns when all requests have their answers. Those
// whose messages are not settled in time get 503, though the flow may yet settle
// them.
func (r *receiver) Close() error {
	r.mu.Lock()
	r.stop(nil)
	subscribed := r.listener != nil
	r.mu.Unlock()
	if !subscribed {
		return nil
	}
	timer := r.clock.AfterFunc(closeGrace, r.giveUp)
	defer timer.Stop()
	<-r.done
	return nil
}

// Err says what ended the source, nil if it was asked to end. It is known once
// the channel is closed.
func (r *receiver) Err() error { return r.err }

// Addr returns the address that the source listens on, nil before it does.
func (r *receiver) Addr() net.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		return nil
	}
	return r.listener.Addr()
}
