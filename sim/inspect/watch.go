package inspect

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/leat-io/leat/internal/redact"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// watch writes down where events go.
type watch struct {
	world    *sim.World
	pipeline *pipeline.Pipeline
	hide     *redact.Redactor

	mu    sync.Mutex
	come  int                      // messages so far
	sent  map[string]*Message      // by their names
	ended bool                     // what comes from now on is of the stop
	drops map[pipeline.Count]int64 // counts at the last event that was dropped
}

// Where an event is on its way, as its context knows it.
type (
	wayKey  struct{} // *Way: what it does next is written down there
	stepKey struct{} // *Step: the stage that it is in
)

// comes is told that a message comes now.
func (w *watch) comes(m *Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.come++
	w.sent[m.Name] = m
}

// inputEnds is told that no message comes any more.
func (w *watch) inputEnds() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.come++
}

func (w *watch) moment() Moment { return Moment{w.world.Clock.Now(), w.come} }

// Enter implements [pipeline.Watcher].
func (w *watch) Enter(ctx context.Context, at pipeline.Watched, e *pipeline.Event) context.Context {
	look := w.look(e)
	w.mu.Lock()
	defer w.mu.Unlock()
	way := w.wayOf(ctx, e)
	if n := len(way.Steps); n > 0 && w.isAgain(way.Steps[n-1], at) {
		s := way.Steps[n-1]
		s.Attempts, s.Went, s.Error = s.Attempts+1, nil, ""
		return context.WithValue(context.WithValue(ctx, wayKey{}, &s.Way), stepKey{}, s)
	}
	s := &Step{
		Flow: at.Flow, Stage: at.Stage, Type: at.Type, detail: at.Detail, holds: at.Holds,
		Came: w.moment(), Event: look, Attempts: 1,
	}
	w.add(way, s)
	return context.WithValue(context.WithValue(ctx, wayKey{}, &s.Way), stepKey{}, s)
}

// isAgain reports whether a stage is called once more for an event that failed in it.
func (w *watch) isAgain(s *Step, at pipeline.Watched) bool {
	return s.Flow == at.Flow && s.Stage == at.Stage && s.Error != ""
}

// wayOf is where an event writes down what it does next. One that comes from its source has
// the name of its message still.
func (w *watch) wayOf(ctx context.Context, e *pipeline.Event) *Way {
	if way, ok := ctx.Value(wayKey{}).(*Way); ok {
		return way
	}
	if m := w.sent[e.ID]; m != nil {
		return &m.Way
	}
	return &Way{}
}

func (w *watch) add(way *Way, s *Step) {
	if !w.ended {
		way.Steps = append(way.Steps, s)
	}
}

// Pass implements [pipeline.Watcher].
func (w *watch) Pass(ctx context.Context, e *pipeline.Event) context.Context {
	look := w.look(e)
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := ctx.Value(stepKey{}).(*Step)
	if !ok {
		return ctx
	}
	now := w.moment()
	part := &Part{At: now, Event: look, Changes: changes(&s.Event, &look)}
	if !w.ended {
		s.Parts = append(s.Parts, part)
		s.went(now)
	}
	return context.WithValue(ctx, wayKey{}, &part.Way)
}

func (s *Step) went(at Moment) {
	if s.Went == nil {
		s.Went = &at
	}
}

// Leave implements [pipeline.Watcher].
func (w *watch) Leave(ctx context.Context, err, failed error) {
	counted := w.counted()
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := ctx.Value(stepKey{}).(*Step)
	if !ok || w.ended {
		return
	}
	if failed != nil {
		s.Error, s.Rejected = failed.Error(), pipeline.Rejected(err)
	}
	if err == nil && len(s.Parts)+len(s.Steps) == 0 {
		s.Dropped = w.reason(s, counted)
	}
	if err == nil || s.Rejected { // else it is called again
		s.went(w.moment())
	}
}

// counted is what stages have counted so far.
func (w *watch) counted() map[pipeline.Count]int64 {
	all := map[pipeline.Count]int64{}
	for _, c := range w.pipeline.Stats().Counts {
		n := c.Value
		c.Value = 0
		all[c] = n
	}
	return all
}

// reasons are the counters of events that a stage drops.
var reasons = []string{pipeline.CountDuplicates, pipeline.CountEarlier, pipeline.CountDropped}

// reason is the counter of the stage that has grown.
func (w *watch) reason(s *Step, counted map[pipeline.Count]int64) string {
	before := w.drops
	w.drops = counted
	for c, n := range counted {
		if c.Flow == s.Flow && c.Part == s.Stage && slices.Contains(reasons, c.Name) && n > before[c] {
			return c.Name
		}
	}
	return pipeline.CountDropped
}

func (w *watch) deliver(ctx context.Context, sink string, dead bool, e *pipeline.Event) {
	look := w.look(e)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.moment()
	s := &Step{Sink: sink, Came: now, Went: &now, Event: look}
	if dead {
		s.Letter = letterIn(look.Body)
	}
	w.add(w.wayOf(ctx, e), s)
	if in, ok := ctx.Value(stepKey{}).(*Step); ok {
		in.went(now) // a route, which gives the event to the sink itself
	}
}

// letterIn reads a dead letter; nil: it is none.
func letterIn(body []byte) *Letter {
	var d pipeline.DeadLetter
	if err := json.Unmarshal(body, &d); err != nil || d.Version == 0 || d.Error == "" {
		return nil
	}
	return &Letter{Stage: d.Stage, Sink: d.Sink, Error: d.Error}
}

func (w *watch) finish(m *Message, is Fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		m.Fate = is
	}
}

func (w *watch) over(all []*Message) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !slices.ContainsFunc(all, func(m *Message) bool { return m.Fate == FateOpen })
}

// end has what happens from now on, because the flow stops, not be written down.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}
