package reorder

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// stage holds the events of all keys. What its lock guards never waits: turns are given by
// signals, and a state store that may wait is asked outside of it.
type stage struct {
	config    Config
	clock     pipeline.Clock
	finite    bool
	notBefore time.Time          // nothing is released earlier behind a live source
	lease     pipeline.Lease     // of the one replica that orders; nil: every one does
	left      chan struct{}      // closed at the end
	stopping  <-chan struct{}    // of the flow
	turnstile pipeline.Turnstile // of all replicas; nil: this process orders alone
	follower  *pipeline.Follower
	times     pipeline.Times
	counts    counts

	quick bool // times waits for nothing
	inbox inbox

	mu       sync.Mutex
	keys     keys
	staged   map[uint64]*waiter // by message, until everything before has entered
	entering []*waiter          // those of the message that entered last
	line     []*waiter          // in the order in which they become due
	going    *pipeline.Convoy   // those that go on as soon as the lock is free
	seen     uint64             // the last number that everything has come past
	mark     watermark          // the clock of a finite source
	timer    pipeline.Timer     // of the first in line, behind a live source
	over     bool               // the finite sources have ended: nothing is worth waiting for
	closed   bool

	returning bool // the flow stops: nothing new is held without a goroutine
}

type counts struct{ late, forced, dropped, reordered *pipeline.Counter }

func newStage(c Config, env *pipeline.Env) *stage {
	s := &stage{
		config: c, clock: env.Clock, times: env.Times(), keys: newKeys(), left: make(chan struct{}), stopping: env.Stopping(), staged: map[uint64]*waiter{},
		counts: counts{env.Counter(pipeline.CountLate), env.Counter(pipeline.CountForced), env.Counter(pipeline.CountDropped), env.Counter(pipeline.CountReordered)},
	}
	s.follower, s.quick = env.Follow(s.moved), pipeline.IsQuick(s.times)
	env.OnFull(s.letGoEarly)
	if c.By == byTime {
		env.OnWindow(s.window)
	}
	return s
}

// enter puts an event in its queue. Where everything before has to have entered, it counts
// only from then on: who runs first is chance, and must not decide anything.
func (s *stage) enter(ctx context.Context, e *pipeline.Event, next pipeline.Handler) (*waiter, error) {
	w := &waiter{stage: s, ctx: ctx, event: e, next: next, hold: pipeline.NewHold(ctx), id: e.ID, time: e.Time, seq: e.Seq, untimed: e.Time.IsZero()}
	w.patient = s.isPatient(ctx) && pipeline.LaterIn(ctx, &w.pending)
	if s.quick {
		s.inbox.add(w)
		return w, nil
	}
	s.lock()
	defer s.unlock()
	q, err := s.queueOf(ctx, e.Key)
	if err != nil {
		return nil, err
	}
	s.place(w, q)
	return w, nil
}

// place puts an event in its queue, or where it waits for its number.
func (s *stage) place(w *waiter, q *queue) {
	if w.queue = q; s.isNumbered() {
		s.awaitNumber(w)
	} else {
		s.enterNow(w)
	}
	if s.returning {
		s.giveBack(w)
	}
}

// isNumbered reports whether events enter in the order of their numbers: behind a finite
// source, and by arrival.
func (s *stage) isNumbered() bool { return s.finite || s.config.By == byArrival }

func (s *stage) enterNow(w *waiter) {
	now := s.clock.Now()
	w.due = now.Add(s.config.Window)
	if w.due.Before(s.notBefore) {
		w.due = s.notBefore
	}
	s.lineUp(w)
	s.advance(now)
}

// awaitNumber has an event wait for its number. The number may be over already: the
// event is then a copy that takes the place of one that failed.
func (s *stage) awaitNumber(w *waiter) {
	number := w.seq.Message
	w.sibling, s.staged[number] = s.staged[number], w
	if number <= s.seen {
		s.enterStaged(number)
	}
}

// withdraw takes an event out that has to go back to its source. It returns
// false when the event got its turn before.
func (s *stage) withdraw(w *waiter) bool {
	s.lock()
	defer s.unlock()
	return s.take(w)
}

// take is withdraw under the lock.
func (s *stage) take(w *waiter) bool {
	switch w.where {
	case isRunning, isGone:
		return false
	case isHeld:
		w.queue.held = without(w.queue.held, w)
	case isReady:
		w.queue.ready = without(w.queue.ready, w)
		if !s.finite {
			s.sendBack(w.queue) // none of them may overtake it
		}
	}
	w.where = isGone
	s.keys.leave(w.queue)
	return true
}

// done closes the books on an event that had its turn. Unless it is settled,
// those behind it go back to the source as well, to come again in order; a
// finite source does not give anything twice, so there they go on.
//
// The time is saved before the next event of the key gets its turn: so nobody
// needs a lock for it, and an older time is never saved after a newer one.
func (s *stage) done(w *waiter, settled, dead bool) {
	w.settled, w.dead, w.moves = settled, dead, settled && !w.judged && w.counts()
	if w.moves {
		q := w.queue
		s.times.Save(q.key, latest(latest(q.settled, q.before), w.time))
	}
	s.inbox.add(w)
	s.takeIn()
}

func (s *stage) finish(w *waiter) {
	q := w.queue
	w.where, q.running = isGone, nil
	q.gap = q.gap || w.dead || !w.settled || w.gap && w.judged
	if !w.settled && !w.gap {
		q.missing = w.id
	}
	if w.moves {
		q.settled = latest(q.settled, w.time)
	}
	if !w.settled && !s.finite {
		s.sendBack(q)
	}
	s.run(q)
	s.keys.leave(q)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// errOvertaken is no failure of the event it is returned for.
var errOvertaken = fmt.Errorf("%w: an earlier event of its key went back", pipeline.ErrReturned)

func (s *stage) sendBack(q *queue) {
	for _, w := range append(q.ready, q.held...) {
		w.refused, w.where = errOvertaken, isGone
		s.signal(w)
		s.keys.leave(q)
	}
	q.ready, q.held = nil, nil
}

func (s *stage) stopTimer() {
	s.lock()
	defer s.unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
