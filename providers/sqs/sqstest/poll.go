package sqstest

import (
	"context"
	"time"
)

// poll receives messages, and waits for them as long as the call wants to.
func (q *queue) poll(ctx context.Context, want *wanted) ([]delivery, *failure) {
	timeUp := q.timeUp(want.wait)
	defer timeUp.stop()
	for waits := want.wait > 0; ; {
		got, me, fail := q.tryReceive(ctx, want, waits)
		if me == nil {
			return got, fail
		}
		select {
		case <-me.woken:
		case <-timeUp.passed:
			waits = false
			q.leave(me)
		case <-ctx.Done():
			q.leave(me)
			return nil, errGone
		}
	}
}

// tryReceive returns what there is, or a waiter if there is nothing and the call
// is one that waits.
func (q *queue) tryReceive(ctx context.Context, want *wanted, waits bool) ([]delivery, *waiter, *failure) {
	now := q.server.now().UnixNano()
	q.mu.Lock()
	if ctx.Err() != nil {
		q.wake()
		q.mu.Unlock()
		return nil, nil, errGone
	}
	if q.gone {
		q.mu.Unlock()
		return nil, nil, noSuchQueue()
	}
	q.advance(now)
	got, dead, fail := q.take(now, want)
	var me *waiter
	if waits && len(got) == 0 && fail == nil {
		me = q.waiters.join()
	}
	q.wake()
	q.mu.Unlock()
	q.deadLetter(dead)
	return got, me, fail
}

// leave takes a waiter out; if it was to have a message, another one has.
func (q *queue) leave(me *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiters.leave(me) {
		q.wake()
	}
}

// wake has a waiter look if there is something for it, and sees to it that one
// will when the next message becomes visible.
func (q *queue) wake() {
	if q.waiters.l.Len() == 0 {
		return
	}
	if q.hasVisible() {
		q.waiters.wakeOne()
	}
	if len(q.hidden) > 0 && (q.timer == nil || q.hidden[0].due < q.timerAt) {
		q.setTimer(q.hidden[0].due)
	}
}

// hasVisible tells whether a receive would find something.
func (q *queue) hasVisible() bool {
	if q.inFlight >= q.server.options.MaxInFlight {
		return false
	}
	return q.visible.head != nil || q.ready.head != nil
}

func (q *queue) setTimer(due int64) {
	if q.timer != nil {
		q.timer.Stop()
	}
	clock := q.server.options.Clock
	q.timerAt = due
	q.timer = clock.AfterFunc(time.Duration(due-clock.Now().UnixNano()), q.onTimer)
}

// stopTimer ends what waits for messages to become visible. There are no waiters
// any more that could begin it again.
func (q *queue) stopTimer() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
}

func (s *Server) stopTimers() {
	s.queuesMu.RLock()
	defer s.queuesMu.RUnlock()
	for _, q := range s.queues {
		q.stopTimer()
	}
}

func (q *queue) onTimer() {
	now := q.server.now().UnixNano()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.timer = nil
	q.advance(now)
	q.wake()
}

// deadline is the end of a long poll.
type deadline struct {
	passed chan struct{}
	stop   func()
}

func (q *queue) timeUp(wait time.Duration) deadline {
	if wait <= 0 {
		return deadline{stop: func() {}}
	}
	d := deadline{passed: make(chan struct{})}
	timer := q.server.options.Clock.AfterFunc(wait, func() { close(d.passed) })
	d.stop = func() { timer.Stop() }
	return d
}
