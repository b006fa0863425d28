package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// numbering gives the messages of all sources of a group of linked flows their
// numbers and tells followers how far the group has come.
type numbering struct {
	mu        sync.Mutex
	last      uint64 // the numbers 1 to last are given out
	sources   int    // that may still give messages
	finite    bool   // all sources end by themselves
	followers []*Follower
	flows     []*flow
	failures  failures
	guests    guests // events of dead letters that running flows are given
}

// take gives out n numbers and returns the first.
func (g *numbering) take(n int) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := g.last + 1
	g.last += uint64(n)
	return first
}

// redelivery is the longest of the sources.
func (g *numbering) redelivery() (longest time.Duration) {
	for _, f := range g.flows {
		for _, s := range f.sources {
			longest = max(longest, s.Redelivery)
		}
	}
	return longest
}

// sourceEnded tells the followers, after the last source, that no number will
// follow.
func (g *numbering) sourceEnded() {
	g.mu.Lock()
	g.sources--
	over, last := g.sources == 0, g.last
	g.mu.Unlock()
	if !over {
		return
	}
	for _, f := range g.followers {
		f.finish(last)
	}
}

// ended reports whether all sources have come to their ends.
func (g *numbering) ended() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sources == 0
}

// root counts, for each follower, the events of a message that have neither
// entered it nor been settled.
type root struct {
	number uint64
	open   []atomic.Int32
}

func (g *numbering) roots(first uint64, n int) []*root {
	f := len(g.followers)
	if f == 0 {
		return nil
	}
	counts, slab, out := make([]atomic.Int32, n*f), make([]root, n), make([]*root, n)
	for i := range slab {
		slab[i] = root{first + uint64(i), counts[i*f : (i+1)*f]}
		for j := range slab[i].open {
			slab[i].open[j].Store(1)
		}
		out[i] = &slab[i]
	}
	return out
}

// Follower tells a stage how far its sources have come: up to which message everything has
// come past it.
type Follower struct {
	index  int
	moved  func()
	passed atomic.Uint64
	ended  atomic.Bool

	mu    sync.Mutex          // of who moves it on
	ahead map[uint64]struct{} // numbers that have passed before an earlier one
	last  uint64              // the last number there will be, once over
	over  bool
}

// Passed is the number of a message: of that one and all earlier ones each event has called
// [Follower.Enter] or is settled.
func (f *Follower) Passed() uint64 { return f.passed.Load() }

// Ended reports whether the sources have ended and all of their messages have passed.
func (f *Follower) Ended() bool { return f.ended.Load() }

// Enter says that the event of ctx has entered the stage. Before the next event
// of its message enters or settles, nothing of it is counted again.
func (f *Follower) Enter(ctx context.Context) {
	if l := laneOf(ctx); l != nil && l.root != nil {
		l.pass(f)
	}
}

func (l *lane) pass(f *Follower) {
	bit := uint64(1) << f.index
	if l.passed&bit != 0 {
		return
	}
	l.passed |= bit
	if l.root.open[f.index].Add(-1) == 0 {
		f.pass(l.root.number)
	}
}

// passAll is called when the lane's event is settled or has failed.
func (l *lane) passAll() {
	for _, f := range l.flow.group.followers {
		l.pass(f)
	}
}

// split counts more further events of the message; l itself counts no more.
func (l *lane) split(more int) {
	if l.root == nil {
		return
	}
	for i := range l.root.open {
		if l.passed&(1<<i) == 0 {
			l.root.open[i].Add(int32(more))
		}
	}
	l.passed = ^uint64(0)
}

func (f *Follower) pass(number uint64) {
	if f.moveTo(number) {
		f.moved()
	}
}

func (f *Follower) moveTo(number uint64) (moved bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if number != f.passed.Load()+1 {
		f.ahead[number] = struct{}{}
		return false
	}
	for len(f.ahead) > 0 {
		if _, there := f.ahead[number+1]; !there {
			break
		}
		number++
		delete(f.ahead, number)
	}
	f.passed.Store(number)
	f.checkEnd()
	return true
}

func (f *Follower) finish(last uint64) {
	f.mu.Lock()
	f.last, f.over = last, true
	f.checkEnd()
	f.mu.Unlock()
	f.moved()
}

func (f *Follower) checkEnd() {
	if f.over && f.passed.Load() >= f.last {
		f.ended.Store(true)
	}
}
