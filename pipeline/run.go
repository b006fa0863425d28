package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// hook is something to do when a pipeline starts or ends.
type hook struct {
	name   string
	start  func(context.Context) error
	close  func() error
	reload func()
	source bool
	sink   bool

	flow   *flow   // whose it is, nil for a part
	part   *part   // whose it is, nil for a flow
	estate *estate // it belongs to a source that may be handed over
}

// Run opens what the pipeline needs, moves events until all sources have ended
// or ctx ends, and closes everything again. When ctx ends, sources stop, held
// events go back to them, and events under way are finished, for at most the
// stop timeout. The error says what could not be opened, read, finished or
// closed; events that became dead letters are no error. A pipeline runs once.
func (p *Pipeline) Run(ctx context.Context) error {
	r, err := start(ctx, p)
	if err != nil {
		return err
	}
	return r.Wait()
}

// start runs the start hooks; when one fails, what was started is closed again.
func (p *Pipeline) start(ctx context.Context) error {
	if p.started.Swap(true) {
		return errors.New("a pipeline runs once: load it again to run it again")
	}
	if err := startHooks(ctx, p.hooks); err != nil {
		return errors.Join(err, p.close())
	}
	return nil
}

func startHooks(ctx context.Context, hooks []hook) error {
	for _, h := range sourcesFirst(hooks) {
		if h.start == nil {
			continue
		}
		if err := startWith(ctx, h.start); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return nil
}

// startWith calls f with a context that ends with ctx only while f runs: a stop cuts
// a start short, and ends nothing that was started.
func startWith(ctx context.Context, f func(context.Context) error) error {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	started := context.AfterFunc(ctx, cancel)
	err := f(lasting)
	started()
	return err
}

// sourcesFirst puts the hooks of sources before those of stages, which may ask
// what sources have learnt ([Env.NotBefore]), also of those in linked flows.
func sourcesFirst(hooks []hook) []hook {
	return slices.SortedStableFunc(slices.Values(hooks), func(a, b hook) int {
		switch {
		case a.source == b.source:
			return 0
		case a.source:
			return -1
		}
		return 1
	})
}

// close closes all of the pipeline that it has started itself.
func (p *Pipeline) close() error {
	err := closeHooks(p.hooks)
	for _, u := range p.units {
		if !u.running.Load() {
			u.free()
		}
	}
	return err
}

// addTo adds a consumer handler for each source of the flow.
func (f *flow) addTo(r *message.Router) (gates []*gate) {
	for _, s := range f.sources {
		g := newGate(f, s)
		r.AddConsumerHandler("leat/"+f.name+"/"+s.name, s.Topic, g, g.handle)
		gates = append(gates, g)
	}
	return gates
}

// subscribeAll opens all sources, or none: beside others that can be read, one
// that cannot be must not go unnoticed.
func subscribeAll(ctx context.Context, gates []*gate) error {
	for _, g := range gates {
		if err := g.subscribe(ctx); err != nil {
			return errors.Join(err, finishAll(gates))
		}
	}
	return nil
}

// finishAll waits for all gates and closes their sources.
func finishAll(gates []*gate) error {
	errs := make([]error, len(gates))
	var wg sync.WaitGroup
	for i, g := range gates {
		wg.Go(func() { errs[i] = g.finish() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// failed joins why flows were stopped.
func (p *Pipeline) failed() error {
	var errs []error
	for _, u := range p.units {
		errs = append(errs, u.flows[0].group.failures.err())
	}
	return errors.Join(errs...)
}

// Stop asks all flows to stop: what [Run] does when its context ends.
func (p *Pipeline) Stop() {
	for _, f := range p.flows {
		f.stop()
	}
}
