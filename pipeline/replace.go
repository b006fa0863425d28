package pipeline

import (
	"context"
	"errors"
	"slices"
)

// Change is what a replacement did, by the names of flows.
type Change struct {
	// Kept were not touched.
	Kept []string `json:"kept,omitempty"`
	// Replaced were there before, and differ in what they do or in what they use.
	Replaced []string `json:"replaced,omitempty"`
	// Added were not there before.
	Added []string `json:"added,omitempty"`
	// Removed are not there any longer.
	Removed []string `json:"removed,omitempty"`
}

// Empty reports whether all flows are as they were.
func (c Change) Empty() bool { return len(c.Replaced)+len(c.Added)+len(c.Removed) == 0 }

// ErrOver is the error of a replacement when no flow runs any longer.
var ErrOver = errors.New("the run is over: its flows have ended or were stopped")

// Replace has next take the place of what runs. It must have been loaded with
// [Options].After for this run, after the last replacement.
//
// Flows that are the same in next go on, with the sinks and the state store that they
// share with others. All others stop: what they hold goes back to its source, what is
// under way is finished. When they have ended, what is new is opened and started. A
// source that ends by itself and is the same goes on where it was, with the flow of the
// same name.
//
// With an error nothing new runs, and what was to be replaced has stopped: load what
// ran before, or something better, and replace again. Only with [ErrOver] it is too late.
func (r *Running) Replace(next *Pipeline) (Change, error) {
	return r.replace(next, next.begin)
}

// Restore is [Running.Replace] for what ran before, after that has failed. What cannot be
// started is left out: [Running.Flows] says that it is down, and why.
func (r *Running) Restore(next *Pipeline) (Change, error) {
	return r.replace(next, next.beginEach)
}

func (r *Running) replace(next *Pipeline, begin func(context.Context) error) (Change, error) {
	r.replacing.Lock()
	defer r.replacing.Unlock()
	release, ok := r.Hold()
	if !ok {
		return Change{}, ErrOver
	}
	defer release()
	before := r.Pipeline()
	change := next.takeOver(before)
	if err := r.endUnits(before, next); err != nil {
		return change, errors.Join(ErrOver, err)
	}
	r.closeParts(before, next)
	if r.isStopped() {
		return change, ErrOver
	}
	kept := next.openHooks()
	err := begin(r.ctx)
	r.mu.Lock()
	r.current = next
	r.mu.Unlock()
	r.launch(next)
	if r.isStopped() {
		next.Stop()
	}
	tellReload(kept)
	return change, err
}

// openHooks are those of what goes on.
func (p *Pipeline) openHooks() (all []hook) {
	for _, pt := range p.parts {
		if pt.open() {
			all = append(all, pt.hooks...)
		}
	}
	for _, u := range p.units {
		if u.running.Load() {
			all = append(all, u.hooks...)
		}
	}
	return all
}

// takeOver puts the units of the pipeline before, with all that is theirs, in the place of
// those that are the same.
func (p *Pipeline) takeOver(before *Pipeline) (c Change) {
	p.replace = true
	for i, u := range p.units {
		old := before.same(u)
		switch {
		case old != nil:
			c.Kept = append(c.Kept, u.names()...)
			p.units[i] = old
			p.exchange(u, old)
		default:
			for _, name := range u.names() {
				if old := before.flow(name); old != nil {
					c.Replaced = append(c.Replaced, name)
					p.flow(name).succeed(old)
				} else {
					c.Added = append(c.Added, name)
				}
			}
		}
	}
	for _, f := range before.flows {
		if p.flow(f.name) == nil {
			c.Removed = append(c.Removed, f.name)
		}
	}
	return c
}

// same returns the unit that is the same as u and goes on.
func (p *Pipeline) same(u *unit) *unit {
	for _, old := range p.units {
		if old.mark == u.mark && old.goesOn() {
			return old
		}
	}
	return nil
}

func (p *Pipeline) exchange(u, old *unit) {
	p.hooks = slices.DeleteFunc(p.hooks, func(h hook) bool { return u.has(h.flow) })
	p.spools = slices.DeleteFunc(p.spools, func(s *spooled) bool { return u.has(s.flow) })
	for _, s := range old.flows[0].pipeline.spools {
		if old.has(s.flow) {
			p.spools = append(p.spools, s)
		}
	}
	for i, f := range p.flows {
		if u.has(f) {
			f.kill()
			p.flows[i] = old.flows[slices.IndexFunc(old.flows, func(o *flow) bool { return o.name == f.name })]
		}
	}
}

// endUnits stops what next has not taken over, and returns when all of it has ended.
func (r *Running) endUnits(before, next *Pipeline) error {
	var heirs []*estate
	for _, u := range next.units {
		if !u.running.Load() {
			heirs = append(heirs, estatesOf(u.flows)...)
		}
	}
	gone := slices.DeleteFunc(slices.Clone(before.units), func(u *unit) bool { return slices.Contains(next.units, u) })
	for _, u := range gone {
		if !u.running.Load() { // it could not be started, and kept what it was to get
			r.note(discard(u, heirs))
			continue
		}
		for _, e := range estatesOf(u.flows) {
			e.handOver(slices.Contains(heirs, e))
		}
		u.stop()
	}
	for _, u := range gone {
		if !u.running.Load() {
			continue
		}
		if err := u.ended(r.ctx); err != nil {
			return err
		}
		r.note(u.err)
	}
	return nil
}

// closeParts closes the parts that next has not taken over.
func (r *Running) closeParts(before, next *Pipeline) {
	for _, pt := range slices.Backward(before.parts) {
		if !slices.Contains(next.parts, pt) {
			r.note(pt.close())
		}
	}
}

// note logs how what is gone has ended, if not well: it does not count at the end of the
// run.
func (r *Running) note(err error) {
	if err != nil {
		r.Pipeline().log.Error("what a reload has replaced did not end well", "error", err)
	}
}
