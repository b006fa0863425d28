package pipeline

import (
	"slices"
	"sync/atomic"
	"time"
)

// took adds up how long messages were under way.
type took struct{ messages, nanoseconds atomic.Int64 }

func (t *took) add(d time.Duration) {
	t.messages.Add(1)
	t.nanoseconds.Add(int64(d))
}

// FlowStats is what one flow has done since it was started, and what it has now.
type FlowStats struct {
	Flow     string
	Read     int64 // events that came from its sources
	InFlight int
	Held     int
	// HeldBytes is what the held events count against max_held_bytes.
	HeldBytes                int64
	MaxInFlight, MaxHeld     int
	MaxHeldBytes             int64
	Messages                 int64         // that came from its sources and are settled or went back
	Took                     time.Duration // from their source to there, added up
	Sources                  []SourceStats
	Steps                    []StepStats // stages, then sinks
	Windows                  []WindowStats
	DeadLetters              int64
	Finite                   bool
	ProgressDone, ProgressOf int64 // of a finite flow; 0 of 0: not known
}

// SourceStats is what a source has given.
type SourceStats struct {
	Source string
	Read   int64
}

// StepStats is how one stage, or one sink as this flow uses it, gets on.
type StepStats struct {
	Step    string
	Sink    bool
	Inside  int   // events that are in it and wait: for a turn, an answer, or another attempt
	Retried int   // those of them that are to be tried again
	Failed  int64 // attempts
	Buried  int64 // events that became dead letters
}

// WindowStats is what a stage holds to put it in order.
type WindowStats struct {
	Stage  string
	Length time.Duration
	// Held counts the events whose window is not over by how much of it is: in
	// [WindowParts] parts, the first for those that came just now.
	Held [WindowParts]int
	// Due are those whose window is over, and that wait for others of their key to be
	// settled.
	Due int
}

// WindowParts is how many parts a window is shown in.
const WindowParts = 12

// Part adds an event to the one that it belongs to. age is how long ago it entered.
func (w *WindowStats) Part(age time.Duration) {
	i := int(age * WindowParts / max(w.Length, 1))
	w.Held[min(max(i, 0), WindowParts-1)]++
}

// among completes it by those who are in the stage and not held.
func (w WindowStats) among(steps []StepStats) WindowStats {
	for _, s := range steps {
		if s.Step == w.Stage && !s.Sink {
			w.Due = s.Inside
		}
	}
	for _, n := range w.Held {
		w.Due -= n
	}
	w.Due = max(w.Due, 0)
	return w
}

// OnWindow has f called to fill in what the stage holds. It is called from any goroutine
// and must not wait.
func (env *Env) OnWindow(f func(w *WindowStats)) {
	name := env.Name
	env.flow.windows = append(env.flow.windows, func() WindowStats {
		w := WindowStats{Stage: name}
		f(&w)
		return w
	})
}

func (f *flow) stats() FlowStats {
	s := FlowStats{
		Flow: f.name, MaxInFlight: f.limits.maxInFlight, MaxHeld: f.limits.maxHeld, MaxHeldBytes: f.limits.maxBytes,
		Messages: f.took.messages.Load(), Took: time.Duration(f.took.nanoseconds.Load()), Finite: f.group.finite,
	}
	s.InFlight, s.Held, s.HeldBytes = f.limits.now()
	for _, g := range f.control.list() {
		n := g.read.Load()
		s.Read += n
		s.Sources = append(s.Sources, SourceStats{g.source.name, n})
	}
	s.Steps = f.stepStats()
	windows := f.windows
	if !f.group.guests.started() {
		windows = nil
	}
	for _, w := range windows {
		s.Windows = append(s.Windows, w().among(s.Steps))
	}
	if f.policy != nil {
		s.DeadLetters = f.policy.count.Value()
	}
	s.ProgressDone, s.ProgressOf = f.progress()
	return s
}

func (l *limits) now() (inFlight, held int, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.work(), l.held, l.bytes
}

// stepStats puts the steps of a name together: a sink is one for each way to it.
func (f *flow) stepStats() (list []StepStats) {
	inside, at := f.lanes.perStep(), map[string]int{}
	for _, s := range f.steps() {
		n, _, _ := s.trials.now()
		if s.entry && n+inside[s.id] == 0 && s.trials.failed.Load()+s.trials.buried.Load() == 0 {
			continue
		}
		key := s.describe()
		i, known := at[key]
		if !known {
			i = len(list)
			at[key] = i
			list = append(list, StepStats{Step: s.name, Sink: s.sink})
		}
		one := &list[i]
		one.Inside += inside[s.id]
		one.Retried += n
		one.Failed += s.trials.failed.Load()
		one.Buried += s.trials.buried.Load()
	}
	slices.SortStableFunc(list, func(a, b StepStats) int { return order(a.Sink) - order(b.Sink) })
	return list
}

func order(sink bool) int {
	if sink {
		return 1
	}
	return 0
}

// progress adds up what the finite sources have read.
func (f *flow) progress() (done, total int64) {
	for _, s := range f.sources {
		if s.Progress == nil {
			return 0, 0
		}
		d, t := s.Progress()
		done, total = done+d, total+t
	}
	return done, total
}
