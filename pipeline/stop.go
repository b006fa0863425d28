package pipeline

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
)

// killGrace is how long events get to end after their contexts were cancelled.
const killGrace = 3 * time.Second

// await waits until the gate's messages are settled. After the stop timeout it
// cancels their contexts and says where they were; what does not even end then
// is left behind.
func (g *gate) await() error {
	f := g.flow
	if !isOpen(g.gaveUp) {
		return nil // it was said before
	}
	if Sleep(context.Background(), f.clock, f.pipeline.stopTimeout, g.done) {
		where := f.lanes.where(f.pipeline)
		f.kill()
		if Sleep(context.Background(), f.clock, killGrace, g.done) {
			close(g.gaveUp)
		}
		return fmt.Errorf("flow %s did not stop within %s: %s", f.name, f.pipeline.stopTimeout, where)
	}
	return nil
}

func isOpen(c <-chan struct{}) bool {
	select {
	case <-c:
		return false
	default:
		return true
	}
}

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
		split[l.parent] = true
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
	return "events still " + strings.Join(parts, ", ")
}

func (s *step) describe() string {
	if s.sink {
		return "sink " + s.name
	}
	return "stage " + s.name
}
