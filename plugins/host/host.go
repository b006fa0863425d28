// Package host runs plugins for leat: it starts their processes, gives them events, and
// sees to it that one that crashes, hangs or is replaced loses none.
//
// What becomes of an event is known only when the plugin has said so. Until then, and
// when the plugin has died with it, the event is with its caller; it is offered to the
// next process. An event that has crashed three of them is rejected; which one it was
// is found out by giving them to the plugin in ever smaller groups.
package host

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// Options say for whom a plugin works.
type Options struct {
	// Flow and Name are those of the stage or sink.
	Flow, Name string
	// Sink: events end in the plugin.
	Sink bool
	// Folder is the plugin folder.
	Folder string
	Log    *slog.Logger
	// Clock is that of the flow, which stands while the plugin has an event if it is
	// that of a test. Nil: it is the system's.
	Clock pipeline.Clock
	// Count counts what happens: restarts, crashes, timeouts, culprits, replacements.
	// Nil: nobody does.
	Count func(what string)
	// Carrier names the trace of an event; nil: nobody does.
	Carrier pipeline.Carrier
	// Place puts what is wrong at its place in the file. Nil: it stays as it is.
	Place func(error) error
}

// Host is a plugin and what is known of its processes. It serves any number of callers.
type Host struct {
	config  Config
	options Options
	secrets []string
	log     *slog.Logger
	folder  *folder
	pace    pace

	closing context.Context // ends with Close
	close   context.CancelFunc
	working sync.WaitGroup

	mu      sync.Mutex
	waiting queue             // not sent yet
	current *child            // the process that gets events; nil: there is none
	trial   *trial            // it is to be found out which event crashes the plugin; nil: none does
	cell    []*call           // events that crash it, as it seems, in too long a row
	row     int               // how many were found out one after another
	marked  map[string]*crime // events that were given up by the time a process died with them
	seq     uint64
	closed  bool
	given   given     // events whose callers do not wait
	died    time.Time // when there was no process any more

	fresh chan *connection // to take the place of the current process
	looks chan struct{}    // asks whether there is a new file
}

// New prepares a plugin. Nothing is started yet.
func New(c Config, o Options) *Host {
	if o.Count == nil {
		o.Count = func(string) {}
	}
	if o.Clock == nil {
		o.Clock = pipeline.System
	}
	if o.Place == nil {
		o.Place = func(err error) error { return err }
	}
	h := &Host{config: c, options: o, log: o.Log.With("plugin", c.Run), pace: defaultPace, marked: map[string]*crime{}, fresh: make(chan *connection), looks: make(chan struct{}, 1)}
	h.secrets = c.Config.Expanded()
	for _, s := range c.Env {
		h.secrets = append(h.secrets, s.Reveal())
	}
	h.closing, h.close = context.WithCancel(context.Background())
	return h
}

// Start starts the plugin; an error says why it cannot be used.
func (h *Host) Start(ctx context.Context) error {
	folder, err := newFolder()
	if err != nil {
		return err
	}
	h.folder = folder
	running, _ := h.fileVersion()
	c, err := h.connect(ctx)
	if err != nil {
		h.folder.remove()
		h.folder = nil
		return h.options.Place(err)
	}
	k := h.employ(c)
	h.working.Go(func() { h.supervise(k) })
	h.working.Go(func() { h.watch(running) })
	return nil
}

// Check starts the plugin, has it look at its settings and ends it again.
func (h *Host) Check(ctx context.Context) error {
	folder, err := newFolder()
	if err != nil {
		return err
	}
	defer folder.remove()
	h.folder = folder
	c, err := h.connect(ctx)
	if err != nil {
		return err
	}
	c.leave()
	return nil
}

// Close ends the plugin. All callers have got their events back before.
func (h *Host) Close() error {
	if h.folder == nil {
		return nil
	}
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.close()
	h.working.Wait()
	h.abandon()
	h.folder.remove()
	return nil
}

// errClosed is for events that come after Close.
var errClosed = errors.New("the plugin was closed")

// Handle gives an event to the plugin and returns what it says. The outcome is an emit
// or a drop; what the plugin wants to be tried again, has not answered in time or
// rejects is an error, as is an event that crashes it. When ctx ends, or the flow stops
// while no process runs, the event comes back with its outcome unknown.
func (h *Host) Handle(ctx context.Context, e *pipeline.Event) (*proto.Result, error) {
	c := newCall()
	if err := h.fill(ctx, c, e); err != nil {
		return nil, err
	}
	defer pipeline.InRealTime(h.options.Clock)()
	if err := h.add(c); err != nil {
		return nil, err
	}
	r, err := h.await(ctx, c)
	wire.Release(c.body)
	return r, err
}

func (h *Host) await(ctx context.Context, c *call) (*proto.Result, error) {
	select {
	case <-c.done:
		return c.outcome()
	case <-ctx.Done():
		return h.withdraw(c, ctx.Err())
	case <-pipeline.Stopping(ctx):
	}
	h.hasten(c)
	select {
	case <-c.done:
		return c.outcome()
	case <-ctx.Done():
		return h.withdraw(c, ctx.Err())
	}
}
