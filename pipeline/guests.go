package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// guests are events that came into running flows by another way than their sources.
// They have to be gone before what they pass through is closed.
type guests struct {
	mu      sync.Mutex
	welcome bool
	began   bool // they were welcome once: all parts have been started
	inside  sync.WaitGroup
}

func (g *guests) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.welcome, g.began = true, true
}

// started reports whether all parts have been started, and may be asked.
func (g *guests) started() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.began
}

// enter is false when nothing may come in; otherwise inside.Done has to be called.
func (g *guests) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.welcome {
		g.inside.Add(1)
	}
	return g.welcome
}

// gone lets nobody in any longer, and returns what closes after the last has left.
func (g *guests) gone() <-chan struct{} {
	g.mu.Lock()
	g.welcome = false
	g.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		g.inside.Wait()
		close(gone)
	}()
	return gone
}

func (p *Pipeline) welcomeGuests() {
	for _, u := range p.units {
		u.flows[0].group.guests.open()
	}
}

func (p *Pipeline) seeOff() error {
	var errs []error
	for _, u := range p.units {
		errs = append(errs, u.seeOff())
	}
	return errors.Join(errs...)
}

// seeOff hands the events of letters back that are still under way: their letters stay.
func (u *unit) seeOff() error {
	group, p := u.flows[0].group, u.flows[0].pipeline
	gone := group.guests.gone()
	group.stop()
	if !Sleep(context.Background(), p.clock, p.stopTimeout, gone) {
		return nil
	}
	for _, f := range u.flows {
		f.kill()
	}
	Sleep(context.Background(), p.clock, killGrace, gone)
	return fmt.Errorf("events of dead letters were still under way %s after the flows had ended", short(p.stopTimeout))
}

// ErrNotRunning is the error for what only a pipeline that runs can do.
var ErrNotRunning = errors.New("the pipeline does not run")

// Replay puts the event of a dead letter into the running pipeline, at the stage or sink
// that failed, marked [MarkReplayed], among the events that come from the sources: it
// takes its turn with those of its key and counts against the same limits. It returns
// once the event is settled, with what became of the letter, which the caller has to
// record. After an error the letter stays as it is: the event is not settled, because
// ctx ended, the flow stopped, or the letter cannot be replayed. Of r only FromStart and
// Redacted count. A paused flow takes letters too.
func (p *Pipeline) Replay(ctx context.Context, l *Letter, r Replay) (LetterStatus, error) {
	f := p.flow(l.Flow)
	if f == nil {
		return LetterWaits, fmt.Errorf("there is no flow %q any longer", l.Flow)
	}
	r.OnlySinks = false
	if _, err := f.entries.entry(&l.DeadLetter, &r); err != nil {
		return LetterWaits, err
	}
	if !f.group.guests.enter() {
		return LetterWaits, ErrNotRunning
	}
	defer f.group.guests.inside.Done()
	return f.receive(ctx, l, &r)
}

// receive runs the event of a letter through the flow.
func (f *flow) receive(ctx context.Context, l *Letter, r *Replay) (became LetterStatus, err error) {
	if !f.limits.admitUnless(f.stopping, ctx.Done(), 1) {
		if ctx.Err() != nil {
			return LetterWaits, ctx.Err()
		}
		return LetterWaits, ErrReturned
	}
	number, open := f.group.takeOne()
	if !open {
		f.limits.free(1)
		return LetterWaits, fmt.Errorf("flow %q has come to its end: %w", f.name, ErrNotRunning)
	}
	m := NewBatch(ctx, []*Event{l.event(r.FromStart)})
	t := &ticket{number: number, slots: 1, batch: eventsOf(m, f.clock.Now())}
	run := func(ctx context.Context, e *Event) error {
		var err error
		became, err = f.entries.run(ctx, e, l, r)
		return err
	}
	err = f.consume(m, t, f.tracedEvent(Leg{Kind: LegEvent, Flow: f.name, Name: replaySource, Letter: &l.DeadLetter}, run))
	return became, err
}

// takeOne is [numbering.take] unless the sources have ended, after which no stage that
// follows them expects a number.
func (g *numbering) takeOne() (number uint64, open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sources == 0 {
		return 0, false
	}
	g.last++
	return g.last, true
}
