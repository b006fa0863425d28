// Package listener is how a source takes in requests over HTTP: where it listens,
// when it opens and closes, and how the messages of concurrent requests get into
// the one channel that the flow reads.
//
// What a request must look like, and what it is answered, is up to the source.
package listener

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Options say what a listener is for. All of them must be set, but FlowStops and
// Attrs.
type Options struct {
	// Source is the name of the source, and Messages what it listens for, as in
	// "messages of SNS".
	Source, Messages string
	// Address is the setting, see [Address].
	Address string
	// Handler answers requests. It calls [Listener.Deliver].
	Handler http.Handler
	// ReadTimeout is how long a request may take to come in, and Timeout how long
	// its events may take from then on.
	ReadTimeout, Timeout time.Duration
	// FlowStops closes when the flow takes nothing any more; nil: requests wait for
	// the flow until the listener stops.
	FlowStops <-chan struct{}
	// AfterFunc calls f in a goroutine of its own after d, unless stop is called
	// before.
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
	Log       *slog.Logger
	// Attrs is what the log says beside the address once it listens.
	Attrs []any
}

// Listener is a Watermill subscriber that listens from its one subscription on. It
// must be closed.
type Listener struct {
	// Server answers the requests, over HTTPS if it has a TLSConfig. It may be
	// changed before the subscription, as may Open.
	Server *http.Server
	// Open begins to listen.
	Open func(ctx context.Context, address string) (net.Listener, error)

	o    Options
	door *door // where messages enter the flow

	stopOnce sync.Once
	err      error           // what made it stop, if nobody asked for it
	stopping chan struct{}   // closed when no more requests are taken
	done     chan struct{}   // closed when the server has ended
	waiting  context.Context // ends when requests are waited for no longer
	giveUp   context.CancelFunc

	mu       sync.Mutex
	listener net.Listener // nil until subscribed to
}

// New returns a listener that does nothing yet.
func New(o Options) *Listener {
	l := &Listener{
		Server: serverFor(o), Open: listen, o: o,
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	l.door = newDoor(l.stopping, o.FlowStops)
	l.waiting, l.giveUp = context.WithCancel(context.Background())
	return l
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// Subscribe opens the listener. When ctx ends no more requests are taken and the
// channel closes; requests whose messages are out still get their answers.
func (l *Listener) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil || l.stopped() {
		return nil, fmt.Errorf("an %s source can be subscribed to once, before it is closed", l.o.Source)
	}
	if err := l.open(ctx); err != nil {
		return nil, l.failed(err)
	}
	l.o.Log.Info("listening for "+l.o.Messages, append([]any{"address", l.listener.Addr().String()}, l.o.Attrs...)...)
	go l.serve(l.listener)
	go l.end(context.AfterFunc(ctx, func() { l.stop(nil) }))
	return l.door.messages, nil
}

func (l *Listener) open(ctx context.Context) error {
	address, err := Address(l.o.Address)
	if err != nil {
		return err
	}
	opened, err := l.Open(ctx, address)
	if err != nil {
		return err
	}
	l.listener = opened
	return nil
}

func (l *Listener) failed(err error) error { return fmt.Errorf("listen for %s: %w", l.o.Messages, err) }

// Waiting ends when requests are waited for no longer: whoever waits for what
// becomes of a message gives up then.
func (l *Listener) Waiting() context.Context { return l.waiting }

// Err says what ended the source, nil if it was asked to end. It is known once
// the channel is closed.
func (l *Listener) Err() error { return l.err }

// Addr returns the address that the source listens on, nil before it does.
func (l *Listener) Addr() net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener == nil {
		return nil
	}
	return l.listener.Addr()
}
