package prove

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Story is the shortest schedule that breaks a promise, and what happens in it.
type Story struct {
	Violation Violation
	Schedule  *Schedule
	Lines     []Line
	// Tried is how many schedules were tried to find a short one.
	Tried int
}

// Line is something that happens, since the start.
type Line struct {
	At    time.Duration
	What  string
	Times int // in a row
}

// mostTries bounds the search for a short schedule.
const mostTries = 2000

// tell finds a schedule as short as it can that goes wrong in the same way, and tells what
// happens in it.
func (p *prover) tell(s *Schedule, kind Kind) (*Story, error) {
	story := &Story{Schedule: s}
	for story.shorten(p, kind) {
	}
	t := &telling{}
	r, err := p.run(story.Schedule, t)
	if err != nil {
		return nil, err
	}
	story.Lines = t.told()
	for _, v := range r.violations {
		if v.Kind == kind {
			story.Violation = v
			return story, nil
		}
	}
	story.Violation = Violation{kind, "it does not happen each time: try it again with the same seed"}
	return story, nil
}

// shorten looks for a shorter schedule; false: there is none.
func (story *Story) shorten(p *prover, kind Kind) bool {
	s := story.Schedule
	for _, list := range [][]*Schedule{s.simplest(), s.smaller(), s.points(), s.sooner()} {
		for _, shorter := range list {
			if story.Tried >= mostTries {
				return false
			}
			story.Tried++
			if p.goesWrong(shorter, kind) {
				story.Schedule = shorter
				return true
			}
		}
	}
	return false
}

func (p *prover) goesWrong(s *Schedule, kind Kind) bool {
	r, err := p.run(s, nil)
	if err != nil {
		return false
	}
	for _, v := range r.violations {
		if v.Kind == kind {
			return true
		}
	}
	return false
}

// telling writes down what happens.
type telling struct {
	mu    sync.Mutex
	lines []Line
}

func (t *telling) add(r *run, format string, args ...any) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, Line{At: r.world.Clock.Now().Sub(r.start), What: fmt.Sprintf(format, args...), Times: 1})
}

// told is what was written down.
func (t *telling) told() []Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

// addOnce is add for what happens again and again.
func (t *telling) addOnce(r *run, format string, args ...any) {
	if t == nil {
		return
	}
	t.add(r, format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := len(t.lines) - 1; last > 0 && t.lines[last].What == t.lines[last-1].What {
		t.lines[last-1].Times++
		t.lines = t.lines[:last]
	}
}

func (t *telling) delivered(r *run, d delivery) {
	if t == nil {
		return
	}
	what := fmt.Sprintf("%s gets %s", d.sink, d.id)
	if !d.time.IsZero() {
		what += fmt.Sprintf(", %s of key %s", clockTime(d.time), d.key)
	}
	if d.marked {
		what += ", marked"
	}
	t.add(r, "%s", what)
}

// about says what is in a message.
func (r *run) about(n int) string {
	var parts []string
	for _, o := range r.prover.messages[n].comes {
		text := o.id
		if !o.time.IsZero() {
			text += " at " + clockTime(o.time)
		}
		if !strings.Contains(strings.Join(parts, "; "), text) {
			parts = append(parts, text)
		}
	}
	if len(parts) > 2 {
		parts = append(parts[:2], fmt.Sprintf("%d more", len(parts)-2))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, "; ")
}
