package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
)

// Outside is what a process meets outside of itself.
type Outside interface {
	// Deliver is a sink: nil once the event is there. It is called concurrently.
	Deliver(ctx context.Context, p *Process, sink string, e *pipeline.Event) error
	// Settled is told that a source may forget a message.
	Settled(p *Process, s *Sent)
	// Returned is told that a message goes back to its source.
	Returned(p *Process, s *Sent)
}

// Load reads the file of a flow.
type Load func(pipeline.Options) (*pipeline.Pipeline, *pipeline.Report)

// Process is one run of a pipeline.
type Process struct {
	Pipeline *pipeline.Pipeline

	world   *World
	outside Outside
	session *session          // with the store
	inlets  map[string]*inlet // by flow and source
	order   []string          // of their names
	killed  atomic.Bool
	cutAt   atomic.Pointer[time.Time]
	cancel  context.CancelFunc
	ended   chan struct{}
	err     error
}

// NewProcess loads a pipeline that is cut off from everything but the world, outside and
// store. It is nil when the report has an error.
func NewProcess(w *World, load Load, o pipeline.Options, outside Outside, store *Store) (*Process, *pipeline.Report) {
	p := &Process{world: w, outside: outside, inlets: map[string]*inlet{}, ended: make(chan struct{})}
	o.Clock, o.Offline = w.Clock, true
	o.Isolation = &pipeline.Isolation{
		Source: p.source, Sink: p.sink, Random: store.random,
		State: func(real pipeline.State) pipeline.State { return store.open(p, real) },
	}
	var report *pipeline.Report
	if p.Pipeline, report = load(o); report.Err() != nil {
		return nil, report
	}
	return p, report
}

func (p *Process) source(flow, name string, s pipeline.Source) message.Subscriber {
	in := &inlet{process: p, Inlet: Inlet{Flow: flow, Source: name, Can: s}, wake: make(chan struct{}, 1)}
	address := flow + "/" + name
	p.inlets[address] = in
	p.order = append(p.order, address)
	return in
}

func (p *Process) sink(name string) pipeline.Handler {
	return func(ctx context.Context, e *pipeline.Event) error {
		if p.killed.Load() {
			return pipeline.ErrReturned
		}
		err := p.outside.Deliver(ctx, p, name, e)
		if p.killed.Load() {
			return pipeline.ErrReturned
		}
		return err
	}
}

// Inlet is where a process takes its events from.
type Inlet struct {
	Flow, Source string
	Can          pipeline.Source // what the source of the file can do
}

// Inlets are those of the process, in the order of the file.
func (p *Process) Inlets() (list []Inlet) {
	for _, name := range p.order {
		list = append(list, p.inlets[name].Inlet)
	}
	return list
}

// Start has the process run until it is stopped, killed, or all its sources have ended.
func (p *Process) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() {
		defer close(p.ended)
		p.err = p.Pipeline.Run(ctx)
	}()
}

// Send has a source give a message.
func (p *Process) Send(to Inlet, s *Sent) { p.inlets[to.Flow+"/"+to.Source].add(s) }

// End ends a source; see [pipeline.Source].Finite.
func (p *Process) End(in Inlet) { p.inlets[in.Flow+"/"+in.Source].end() }

// Reads reports whether the process has begun to read a source. One that is to lead, and does
// not yet, has not.
func (p *Process) Reads(in Inlet) bool {
	i := p.inlets[in.Flow+"/"+in.Source]
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.read
}

// Ended reports whether the process runs no longer.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// stopPatience is longer than any stop timeout that somebody might want.
const stopPatience = 48 * time.Hour

// Stop stops the process as an operator would, lets time pass until it has ended, and
// returns the error of the run.
func (p *Process) Stop() error {
	p.cancel()
	end := p.world.Clock.Now().Add(stopPatience)
	if !p.world.Until(end, p.Ended) {
		return fmt.Errorf("the pipeline did not stop within %s", stopPatience)
	}
	if p.session != nil && !p.Killed() {
		p.session.close()
	}
	return p.Err()
}

// Cut ends everything that the process does to the world at once, as if it were killed:
// from now on nothing that it does has an effect. [Process.Bury] ends its goroutines.
func (p *Process) Cut() {
	now := p.world.Clock.Now()
	p.cutAt.Store(&now)
	p.killed.Store(true)
}

// Killed reports whether the process was cut off.
func (p *Process) Killed() bool { return p.killed.Load() }

// Bury has what is left of a process that was cut off end, as time passes.
func (p *Process) Bury() {
	if p.session != nil {
		p.session.store.shared.wake()
	}
	p.cancel()
}

// Err is what the run has ended with.
func (p *Process) Err() error {
	if !p.Ended() {
		return errors.New("the pipeline still runs")
	}
	return p.err
}

// Sent is a message on its way into a flow.
type Sent struct {
	ID      string
	Payload []byte
	Meta    map[string]string
	// Origin is whatever the message came from.
	Origin any

	mu       sync.Mutex
	settled  bool
	returned int
}

// Settled reports whether the source may forget the message.
func (s *Sent) Settled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settled
}

// Returned is how often it went back to its source.
func (s *Sent) Returned() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.returned
}

func (s *Sent) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = true
}

func (s *Sent) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.returned++
}
