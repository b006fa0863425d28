package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// unit is the flows that are started and stopped together, because they are linked. What
// it shares with others are the parts of the pipeline.
type unit struct {
	flows []*flow
	mark  mark
	hooks []hook // of its flows; those of sources that are handed over are with these

	gates   []*gate
	routers []*message.Router
	opened  bool          // its sources are
	running atomic.Bool   // it was started
	done    chan struct{} // closed when all of it has ended
	err     error         // what went wrong; read it once done, or when it was not started
}

// addUnits puts together what is started and stopped together.
func (b *fileBuilder) addUnits() {
	for _, f := range b.p.flows {
		if f.group.flows[0] != f {
			continue
		}
		u := &unit{flows: f.group.flows, done: make(chan struct{})}
		u.mark = b.mark(u)
		for _, h := range b.p.hooks {
			if u.has(h.flow) && h.estate == nil {
				u.hooks = append(u.hooks, h)
			}
		}
		b.p.units = append(b.p.units, u)
	}
}

func (u *unit) has(f *flow) bool { return f != nil && slices.Contains(u.flows, f) }

func (u *unit) names() (names []string) {
	for _, f := range u.flows {
		names = append(names, f.name)
	}
	return names
}

// open makes the unit's routers and subscribes to its sources. A router for each flow:
// one closes itself when its last handler stops, which must not concern other flows.
// Waiting for events is the gates' business, so the router need not.
func (u *unit) open(ctx context.Context, p *Pipeline) error {
	for _, f := range u.flows {
		if len(f.sources) == 0 {
			continue
		}
		r, err := message.NewRouter(message.RouterConfig{CloseTimeout: time.Second}, quietLogger{p.log})
		if err != nil {
			return err
		}
		u.gates = append(u.gates, f.addTo(r)...)
		u.routers = append(u.routers, r)
	}
	err := subscribeAll(ctx, u.gates)
	u.opened = err == nil
	return err
}

// run moves events until the unit's sources have ended or it was stopped, and closes what
// is its own. failed is called when a router cannot work.
func (u *unit) run(ctx context.Context, failed func()) {
	defer close(u.done)
	errs := make([]error, len(u.routers))
	var routed sync.WaitGroup
	for i, r := range u.routers {
		routed.Go(func() {
			if errs[i] = r.Run(context.WithoutCancel(ctx)); errs[i] != nil {
				failed()
			}
		})
	}
	routed.Wait()
	u.err = errors.Join(append(errs, finishAll(u.gates), u.flows[0].group.failures.err(), u.close())...)
}

// close closes what belongs to the unit alone.
func (u *unit) close() error {
	err := errors.Join(closeHooks(u.hooks), closeEstates(u.flows))
	u.free()
	return err
}

// free ends what is left of its flows.
func (u *unit) free() {
	for _, f := range u.flows {
		f.kill()
		f.crew.end()
	}
}

// tellReload tells parts that go on of a reload.
func tellReload(hooks []hook) {
	for _, h := range hooks {
		if h.reload != nil {
			h.reload()
		}
	}
}

// stop asks all flows of the unit to stop.
func (u *unit) stop() { u.flows[0].group.stop() }

// ended waits until none of its events is under way any longer, also of those that were
// left behind; or until ctx ends.
func (u *unit) ended(ctx context.Context) error {
	<-u.done
	for _, g := range u.gates {
		select {
		case <-g.done:
			continue
		default:
		}
		g.flow.pipeline.log.Warn("what comes after the flow waits for events that do not end", "flow", g.flow.name, "where", g.flow.lanes.where(g.flow.pipeline))
		select {
		case <-g.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// goesOn reports whether the unit needs no other in its place.
func (u *unit) goesOn() bool { return u.running.Load() && (!isClosed(u.done) || u.err == nil) }
