package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// hook is something to do when a pipeline starts or ends.
type hook struct {
	name   string
	start  func(context.Context) error
	close  func() error
	source bool
	sink   bool
}

// Run opens what the pipeline needs, moves events until all sources have ended
// or ctx ends, and closes everything again. When ctx ends, sources stop, held
// events go back to them, and events under way are finished, for at most the
// stop timeout. The error says what could not be opened, read, finished or
// closed; events that became dead letters are no error. A pipeline runs once.
func (p *Pipeline) Run(ctx context.Context) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	gates, routers, err := p.routers()
	if err == nil {
		err = subscribeAll(ctx, gates)
	}
	if err == nil {
		p.guests.open()
		err = errors.Join(runAll(ctx, p, gates, routers), p.seeOff())
	}
	return errors.Join(err, p.close())
}

// start runs the start hooks; when one fails, what was started is closed again.
func (p *Pipeline) start(ctx context.Context) error {
	if p.started.Swap(true) {
		return errors.New("a pipeline runs once: load it again to run it again")
	}
	for _, h := range sourcesFirst(p.hooks) {
		if h.start == nil {
			continue
		}
		if err := startWith(ctx, h.start); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", h.name, err), p.close())
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

// close runs the close hooks, those of the parts built last first.
func (p *Pipeline) close() error {
	var errs []error
	for i := len(p.hooks) - 1; i >= 0; i-- {
		if h := p.hooks[i]; h.close != nil {
			if err := h.close(); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", h.name, err))
			}
		}
	}
	for _, f := range p.flows {
		f.kill()
		f.crew.end()
	}
	return errors.Join(errs...)
}

// routers makes one Watermill router per flow: a router closes itself when its
// last handler stops, which must not concern other flows. Waiting for events is
// the gates' business, so the router need not.
func (p *Pipeline) routers() (gates []*gate, routers []*message.Router, err error) {
	for _, f := range p.flows {
		if len(f.sources) == 0 {
			continue
		}
		r, err := message.NewRouter(message.RouterConfig{CloseTimeout: time.Second}, quietLogger{p.log})
		if err != nil {
			return nil, nil, err
		}
		gates = append(gates, f.addTo(r)...)
		routers = append(routers, r)
	}
	return gates, routers, nil
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

// runAll runs the routers until the last one ends.
func runAll(ctx context.Context, p *Pipeline, gates []*gate, routers []*message.Router) error {
	errs := make([]error, len(routers))
	unwatch := context.AfterFunc(ctx, p.Stop)
	defer unwatch()
	var routed sync.WaitGroup
	for i, r := range routers {
		routed.Go(func() {
			if errs[i] = r.Run(context.WithoutCancel(ctx)); errs[i] != nil {
				p.Stop()
			}
		})
	}
	routed.Wait()
	return errors.Join(append(errs, finishAll(gates), p.failures.err())...)
}

// Stop asks all flows to stop: what [Run] does when its context ends.
func (p *Pipeline) Stop() {
	for _, f := range p.flows {
		f.stop()
	}
}
