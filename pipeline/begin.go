package pipeline

import (
	"context"
	"errors"
	"slices"
)

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
