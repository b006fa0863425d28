package pipeline

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

// laneList knows the lanes of a flow, to be able to say what hangs.
type laneList struct {
	mu    sync.Mutex
	first *lane
}

// listed is where a lane stands in the list; guarded by its lock.
type listed struct {
	before, after *lane
	in            bool
}

func (ll *laneList) add(l *lane) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	l.in, l.after = true, ll.first
	if l.after != nil {
		l.after.before = l
	}
	ll.first = l
}

// remove may be called for one that is not in the list.
func (ll *laneList) remove(l *lane) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	if !l.in {
		return
	}
	if l.before != nil {
		l.before.after = l.after
	} else {
		ll.first = l.after
	}
	if l.after != nil {
		l.after.before = l.before
	}
	l.listed = listed{}
}

func (ll *laneList) all() (lanes []*lane) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	for l := ll.first; l != nil; l = l.after {
		lanes = append(lanes, l)
	}
	return lanes
}

// perStep counts the events under way by the step they have reached. A lane whose event
// was split does not count: its parts have lanes of their own.
func (ll *laneList) perStep() map[int32]int {
	lanes := ll.all()
	split, counts := map[*lane]bool{}, map[int32]int{}
	for _, l := range lanes {
		if parent := l.seq.parent; parent != nil {
			split[parent] = true
		}
	}
	for _, l := range lanes {
		if !split[l] {
			counts[l.reached.Load()]++
		}
	}
	return counts
}

// where says how many events are under way in which step.
func (ll *laneList) where(p *Pipeline) string {
	counts := map[string]int{}
	for id, n := range ll.perStep() {
		counts[p.steps[id].describe()] += n
	}
	var parts []string
	for at, n := range counts {
		parts = append(parts, fmt.Sprintf("%d in %s", n, at))
	}
	sort.Strings(parts)
	if len(parts) == 0 {
		return "its router never gave messages back"
	}
	return "events still " + strings.Join(parts, ", ")
}

func (s *step) describe() string {
	if s.sink {
		return "sink " + s.name
	}
	return "stage " + s.name
}
