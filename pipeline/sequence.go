package pipeline

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// sequence is a number of events that start in order: the lines of a message,
// the parts of a split, or one event on its way to several targets. Whoever
// starts the next one owns next, credits and done; there is always exactly one
// such goroutine, the one whose lane has not yielded.
type sequence struct {
	ctx     context.Context
	flow    *flow
	parent  *lane
	handler Handler   // for all events
	targets []Handler // or one for each, of the same event
	events  []*Event  // one for each, or a single one
	owned   bool      // events is ours to change
	roots   []*root   // for the events of a source's message
	passed  uint64    // what the lanes start with
	next    int       // the first event that has not started
	credits int       // slots already taken for events that have not started
	done    chan struct{}
	tell    func(index int, err error) // nil: nobody wants to know of each event
	open    atomic.Int32

	mu   sync.Mutex // guards err
	err  error
	dead atomic.Bool
}

func (s *sequence) len() int { return max(len(s.events), len(s.targets)) }

// run starts the events and returns once all of them are settled or have failed.
func (s *sequence) run(l *lane) error {
	s.open.Store(int32(s.len()))
	s.work(l)
	if s.open.Load() != 0 {
		<-s.done
	}
	return s.err
}

// work starts events on l until none is left or the rest has moved on.
func (s *sequence) work(l *lane) {
	for s.next < s.len() {
		i := s.next
		s.next++
		l.begin(i)
		err := l.handle(i)
		moved := l.yielded
		l.end()
		s.forget(i)
		s.settle(i, err)
		if moved {
			return
		}
	}
	s.leaveRest()
}

func (l *lane) begin(i int) {
	s := l.seq
	l.passed, l.dead = s.passed, false
	l.event = s.events[min(i, len(s.events)-1)]
	l.size = int64(len(l.event.payload.raw)) // now: another target may change the event
	if s.roots != nil {
		l.root = s.roots[i]
	}
}

func (l *lane) handle(i int) error {
	if l.seq.targets != nil {
		return l.seq.targets[i](l, l.event)
	}
	return l.seq.handler(l, l.event)
}

// end closes the books on the lane's event. A lane that yielded is finished and
// gives its slot back; any other goes on to the next event with it.
func (l *lane) end() {
	if l.root != nil {
		l.passAll()
	}
	if l.dead {
		l.seq.dead.Store(true)
	}
	if l.yielded {
		l.leave()
	}
}

// forget lets go of an event that is settled, while others of its message may be
// held for long.
func (s *sequence) forget(i int) {
	if s.owned {
		s.events[i] = nil
	}
}

func (s *sequence) settle(i int, err error) {
	if s.tell != nil {
		s.tell(i, err)
	}
	if err != nil {
		s.mu.Lock()
		s.err = errors.Join(s.err, err)
		s.mu.Unlock()
	}
	if s.open.Add(-1) == 0 && s.done != nil {
		close(s.done)
	}
}

// moveOn starts the rest of the sequence on a new lane.
func (s *sequence) moveOn() {
	rest := s.len() - s.next
	if surplus := s.credits - rest; surplus > 0 {
		s.flow.limits.free(surplus)
		s.credits = rest
	}
	if rest == 0 {
		return
	}
	if s.done == nil {
		s.done = make(chan struct{})
	}
	if s.credits == 0 {
		s.flow.limits.want()
	}
	l := &lane{Context: s.ctx, flow: s.flow, seq: s, root: s.rootOfParent()}
	if s.parent != nil {
		l.reached.Store(s.parent.reached.Load())
	}
	s.flow.lanes.add(l)
	s.flow.crew.work(l)
}

func (s *sequence) rootOfParent() *root {
	if s.parent == nil {
		return nil
	}
	return s.parent.root
}

// continueOn takes a slot for the next event, waiting for one if need be, and
// works on. When the flow ends first, the rest has failed.
func (s *sequence) continueOn(l *lane) {
	defer s.flow.lanes.remove(l)
	if s.credits > 0 {
		s.credits--
	} else if err := s.flow.limits.enter(l); err != nil {
		s.failRest(l, err)
		return
	}
	l.slot = slotInFlight
	s.work(l)
	l.leave()
}

func (s *sequence) failRest(l *lane, err error) {
	for s.next < s.len() {
		i := s.next
		l.begin(i)
		s.next++
		l.end()
		s.settle(i, &returned{err})
	}
}

// leaveRest returns the slots of events that ran on another event's slot.
func (s *sequence) leaveRest() {
	if s.credits > 0 {
		s.flow.limits.free(s.credits)
		s.credits = 0
	}
}
