package pipeline

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/valve"
)

// ErrNoFlow is the error for a flow that the pipeline does not have.
var ErrNoFlow = errors.New("there is no such flow")

// control is what a person can do to a flow that runs.
type control struct {
	paused valve.Valve

	mu       sync.Mutex
	gates    []*gate
	since    time.Time // when it was paused
	draining bool      // it was paused to be emptied
	heir     *flow     // that takes the place of the flow
}

func (c *control) add(g *gate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gates = append(c.gates, g)
}

// Pause has a flow take nothing more from its sources. What is under way, or held, goes
// on as it would. A queue is asked for nothing more, and what had been asked for but not
// let in goes back to it; a request over HTTP waits, and is refused when its time is
// over; a file is simply not read on. Nothing is lost, however long it lasts and however
// the process ends. To pause a flow twice does nothing. The error says that there is no
// such flow ([ErrNoFlow]), or that it has no sources of its own.
func (p *Pipeline) Pause(flow string) error { return p.turn(flow, true, false) }

// Drain is [Pipeline.Pause] for a flow that is to become empty: [FlowHealth] says
// draining until nothing of it is in flight or held, and then drained. What a flow holds
// whose input ends by itself waits for more of that input, and does not count.
func (p *Pipeline) Drain(flow string) error { return p.turn(flow, true, true) }

// Resume has a paused flow go on.
func (p *Pipeline) Resume(flow string) error { return p.turn(flow, false, false) }

func (p *Pipeline) turn(name string, pause, drain bool) error {
	f := p.flow(name)
	switch {
	case f == nil:
		return fmt.Errorf("flow %q: %w%s", name, ErrNoFlow, didYouMean(name, namesOf(p.flows, func(f *flow) string { return f.name })))
	case len(f.sources) == 0:
		return fmt.Errorf("flow %q has no source of its own: what it gets comes from other flows; pause those", name)
	}
	f.turn(pause, drain)
	return nil
}

// succeed pauses a flow that takes the place of one that is paused. What is done to that
// one from then on is done to f.
func (f *flow) succeed(old *flow) {
	c := &old.control
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(f.sources) == 0 {
		return
	}
	if c.heir = f; c.paused.IsShut() {
		f.turn(true, c.draining)
	}
}

func (f *flow) turn(pause, drain bool) {
	c := &f.control
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heir != nil {
		defer c.heir.turn(pause, drain)
	}
	c.draining = drain
	turned := false
	if pause {
		turned = c.paused.Shut()
	} else {
		turned = c.paused.Open()
	}
	if !turned {
		return
	}
	c.since = f.clock.Now()
	for _, s := range f.sources {
		if s.Pause != nil {
			s.Pause(pause)
		}
	}
	f.pipeline.log.Info(map[bool]string{true: "flow is paused", false: "flow goes on"}[pause], "flow", f.name)
}
