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
	lanes map[*lane]struct{}
}

func (ll *laneList) add(l *lane) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	if ll.lanes == nil {
		ll.lanes = map[*lane]struct{}{}
	}
	ll.lanes[l] = struct{}{}
}

func (ll *laneList) remove(l *lane) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	delete(ll.lanes, l)
}

// where says how many events are under way in which step. A lane whose event
// was split says nothing: its parts have lanes of their own.
func (ll *laneList) where(p *Pipeline) string {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	split := map[*lane]bool{}
	for l := range ll.lanes {
		split[l.seq.parent] = true
	}
	counts := map[string]int{}
	for l := range ll.lanes {
		if !split[l] {
			counts[p.steps[l.reached.Load()].describe()]++
		}
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
