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
// such goroutine, the one whose lane has not yielded. Whoever runs the sequence counts as
// open too, until it has started what it could.
type sequence struct {
	ctx     context.Context
	flow    *flow
	parent  *lane
	handler Handler                    // for all events
	targets []Handler                  // or one for each, of the same event
	events  []*Event                   // one for each, or a single one
	owned   bool                       // events is ours to change
	roots   []*root                    // for the events of a source's message
	passed  uint64                     // what the lanes start with
	next    int                        // the first event that has not started
	credits int                        // slots already taken for events that have not started
	done    chan struct{}              // closed once nothing is open, where somebody waits for that
	late    *Pending                   // in its place: the event of the parent, whose outcome is known then
	weight  uint8                      // of the event on its way to several targets
	tell    func(index int, err error) // nil: nobody wants to know of each event
	open    atomic.Int32

	mu   sync.Mutex // guards err
	err  error
	dead atomic.Bool
}

func (s *sequence) len() int { return max(len(s.events), len(s.targets)) }

// run starts the events and returns once all of them are settled or have failed.
func (s *sequence) run(l *lane) error {
	s.open.Store(int32(s.len()) + 1)
	if last, _ := s.work(l); last != nil {
		last.leave()
	}
	return s.wait()
}

// wait returns once nothing is open.
func (s *sequence) wait() error {
	if s.open.Add(-1) != 0 {
		<-s.done
	}
	return s.err
}

// settleLater makes the outcome of the sequence that of l's event, its parent.
func (s *sequence) settleLater(l *lane) error {
	s.late = l.later()
	if s.open.Add(-1) != 0 {
		return ErrLater
	}
	l.dead = l.dead || s.dead.Load()
	return s.err
}

// work starts events on l until none is left or the rest has moved on. It returns the
// lane that is left then, which may be another one, or nil. Later: the outcome of some
// events is known later.
func (s *sequence) work(l *lane) (last *lane, later bool) {
	for l != nil && s.next < s.len() {
		l.begin(s.next)
		s.next++
		switch err := l.handle(); {
		case err == ErrLater:
			later = true
			l = l.goOnWithout((*lane).publish)
		case l.yielded:
			l = l.goOnWithout(func(l *lane) { l.settle(err) })
		default:
			l.settle(err)
		}
	}
	if l != nil {
		s.leaveRest()
	}
	return l, later
}

func (l *lane) begin(i int) {
	s := l.seq
	l.index = i
	l.passed, l.dead = s.passed, false
	l.event = s.events[min(i, len(s.events)-1)]
	l.size = int64(len(l.event.payload.raw)) // now: another target may change the event
	if s.roots != nil {
		l.root = s.roots[i]
	}
	if s.flow.measure {
		l.meter, l.weight = nil, s.weigh(i)
	}
}

// handle returns what became of the event, or [ErrLater] when that is not known yet.
func (l *lane) handle() (err error) {
	if l.seq.targets != nil {
		err = l.seq.targets[l.index](l, l.event)
	} else {
		err = l.seq.handler(l, l.event)
	}
	if err == ErrLater && l.pending.met.Load() {
		return l.pending.rise()
	}
	return err
}

// settle closes the books on the lane's event. A lane that yielded is finished and gives
// its slot back; any other goes on to the next event with it.
func (l *lane) settle(err error) {
	if l.root != nil {
		l.passAll()
	}
	if l.dead {
		l.seq.dead.Store(true)
	}
	s, i := l.seq, l.index
	if l.yielded {
		l.leave()
	}
	s.forget(i)
	s.settle(i, err)
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
	switch left := s.open.Add(-1); {
	case left != 0:
	case s.late != nil:
		s.late.lane.dead = s.late.lane.dead || s.dead.Load()
		s.late.Settle(s.err)
	case s.done != nil:
		close(s.done)
	}
}
