package pipeline

import "slices"

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
