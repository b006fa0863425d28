package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Running is flows under way. With [Running.Replace] another pipeline takes the place of
// the one that runs: what it has in common with that goes on.
type Running struct {
	ctx context.Context
	// life ends with the run.
	life context.Context
	end  context.CancelFunc
	err  error // read it once life has ended

	replacing sync.Mutex // one replacement at a time

	mu      sync.Mutex
	current *Pipeline
	units   int // that have not ended
	holds   int // that keep the run from being over
	stopped bool
	over    bool
}

// Start opens what the pipeline needs and has its flows run, until all sources have ended
// or ctx ends; [Pipeline.Run] says what happens then. The flows can be replaced
// meanwhile. The error says what could not be opened.
func Start(ctx context.Context, p *Pipeline) (*Running, error) {
	p.replace = true
	return start(ctx, p)
}

func start(ctx context.Context, p *Pipeline) (*Running, error) {
	r := &Running{ctx: ctx, current: p, holds: 1}
	r.life, r.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := p.begin(ctx); err != nil {
		r.end()
		return nil, err
	}
	r.launch(p)
	unwatch := context.AfterFunc(ctx, r.Stop)
	context.AfterFunc(r.life, func() { unwatch() })
	r.release()
	return r, nil
}

// Wait returns when no flow runs any longer and everything is closed. The error is that
// of [Pipeline.Run].
func (r *Running) Wait() error {
	<-r.life.Done()
	return r.err
}

// Done is closed when no flow runs any longer and everything is closed.
func (r *Running) Done() <-chan struct{} { return r.life.Done() }

// Pipeline is the one that runs, with the flows that it took over from those before.
func (r *Running) Pipeline() *Pipeline {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

// Stop asks all flows to stop, as the end of the context does.
func (r *Running) Stop() {
	r.mu.Lock()
	r.stopped = true
	p := r.current
	r.mu.Unlock()
	p.Stop()
}

func (r *Running) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// begin starts what the pipeline did not take over, and opens all of its sources before an
// event moves, so that one that cannot be read is known in time. When something cannot be
// started, what was is closed again.
func (p *Pipeline) begin(ctx context.Context) error {
	fresh := slices.DeleteFunc(slices.Clone(p.parts), (*part).open)
	for _, pt := range fresh {
		pt.since.Store(p.clock.Now().UnixNano())
	}
	err := p.start(ctx)
	if err == nil {
		err = p.openAll(ctx)
	}
	if err != nil {
		for _, pt := range fresh {
			pt.since.Store(0)
		}
	}
	return err
}

// openAll opens the sources of all units that do not run, or of none.
func (p *Pipeline) openAll(ctx context.Context) error {
	for i, u := range p.units {
		if u.running.Load() {
			continue
		}
		if err := u.open(ctx, p); err != nil {
			return errors.Join(err, abandon(p.units[:i+1]), p.close())
		}
	}
	return nil
}

// beginEach is begin, but what cannot be started is left out, and with it the flows that
// use it.
func (p *Pipeline) beginEach(ctx context.Context) error {
	broken := map[*part]error{}
	for _, pt := range slices.DeleteFunc(slices.Clone(p.parts), (*part).open) {
		if err := startHooks(ctx, pt.hooks); err != nil {
			broken[pt] = errors.Join(err, closeHooks(pt.hooks))
			continue
		}
		pt.since.Store(p.clock.Now().UnixNano())
	}
	var errs []error
	for _, u := range p.units {
		if u.running.Load() {
			continue
		}
		if u.err = u.lacks(p, broken); u.err == nil {
			u.err = u.begin(ctx, p)
		}
		errs = append(errs, u.err)
	}
	return errors.Join(errs...)
}

// lacks says what of that which the unit uses is broken.
func (u *unit) lacks(p *Pipeline, broken map[*part]error) error {
	errs := []error{broken[p.parts[0]]}
	for _, f := range u.flows {
		for s := range f.sinks {
			errs = append(errs, broken[s.part])
		}
	}
	return errors.Join(errs...)
}

// begin starts the unit and opens its sources.
func (u *unit) begin(ctx context.Context, p *Pipeline) error {
	hooks := slices.DeleteFunc(slices.Clone(p.hooks), func(h hook) bool { return !u.has(h.flow) })
	err := startHooks(ctx, hooks)
	if err == nil {
		err = u.open(ctx, p)
	}
	if err == nil {
		return nil
	}
	err = errors.Join(err, abandon([]*unit{u}), closeHooks(hooks))
	u.free()
	return err
}

// abandon closes the sources of units that were opened in vain, but for those that came
// from the flow before: whatever is started next gets them.
func abandon(units []*unit) error {
	var errs []error
	for _, u := range units {
		if u.running.Load() {
			continue
		}
		errs = append(errs, finishAll(u.gates))
		for _, e := range estatesOf(u.flows) {
			e.forsake()
		}
	}
	return errors.Join(errs...)
}

// launch has units run that were opened.
func (r *Running) launch(p *Pipeline) {
	for _, u := range p.units {
		if !u.opened || u.running.Swap(true) {
			continue
		}
		for _, e := range estatesOf(u.flows) {
			e.handOver(false)
		}
		r.mu.Lock()
		r.units++
		r.mu.Unlock()
		go func() {
			u.run(r.ctx, r.Stop)
			r.unitEnded()
		}()
	}
}

func (r *Running) unitEnded() {
	r.mu.Lock()
	r.units--
	r.mu.Unlock()
	r.closeIfOver()
}

// Hold keeps what flows share open, also when none of them runs, until release is called:
// for what is to be replaced once more when a replacement fails. It is false when the run
// is over or was stopped.
func (r *Running) Hold() (release func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || r.stopped {
		return nil, false
	}
	r.holds++
	return sync.OnceFunc(r.release), true
}

func (r *Running) release() {
	r.mu.Lock()
	r.holds--
	r.mu.Unlock()
	r.closeIfOver()
}

// closeIfOver closes what flows share, once none of them runs.
func (r *Running) closeIfOver() {
	r.mu.Lock()
	over := r.units == 0 && r.holds == 0 && !r.over
	r.over = r.over || over
	r.mu.Unlock()
	if !over {
		return
	}
	var errs []error
	for _, u := range r.current.units {
		errs = append(errs, u.err, discard(u, nil))
	}
	for _, pt := range slices.Backward(r.current.parts) {
		errs = append(errs, pt.close())
	}
	r.err = errors.Join(errs...)
	r.end()
}

// FlowState is what a flow does.
type FlowState struct {
	Name string `json:"name"`
	// State is running, ended, failed when something ended it before its time, or down when it
	// could not be started.
	State string `json:"state"`
	// Error says why a flow failed.
	Error string `json:"error,omitempty"`
}

// States of a flow.
const (
	FlowRunning = "running"
	FlowEnded   = "ended"
	FlowFailed  = "failed"
	FlowDown    = "down"
)

// Flows are the flows of the file, in its order, and what they do.
func (r *Running) Flows() (all []FlowState) {
	p := r.Pipeline()
	for _, f := range p.flows {
		all = append(all, p.unitOf(f).state(f))
	}
	return all
}

func (p *Pipeline) unitOf(f *flow) *unit {
	return p.units[slices.IndexFunc(p.units, func(u *unit) bool { return u.has(f) })]
}

func (u *unit) state(f *flow) FlowState {
	s := FlowState{Name: f.name, State: FlowRunning}
	switch {
	case !u.running.Load():
		s.State = FlowDown
		if u.err != nil {
			s.Error = u.err.Error()
		}
	case !isClosed(u.done):
	case u.err != nil:
		s.State, s.Error = FlowFailed, u.err.Error()
	default:
		s.State = FlowEnded
	}
	return s
}
