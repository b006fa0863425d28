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
