package reorder

import (
	"slices"
	"sort"
	"time"
)

// lineUp puts a waiter whose due time is known into its queue and in line. A late
// one has nothing to wait for but the event that is on its way.
func (s *stage) lineUp(w *waiter) {
	q := w.queue
	switch last := q.last(); {
	case w.untimed || s.config.By == byArrival:
		w.where = isHeld // in line only: it has no place in the order of time
	case w.time.Before(last):
		w.late = last.Sub(w.time)
		q.makeReady(w)
		s.run(q)
		return
	case w.time.Before(q.before):
		w.late, w.sorted = q.before.Sub(w.time), true
		q.insert(w)
	default:
		q.insert(w)
	}
	s.line = append(s.line, w)
}

// advance releases what is due at now. Everyone waits equally long, so the line
// is in the order of due times.
func (s *stage) advance(now time.Time) {
	for len(s.line) > 0 {
		w := s.line[0]
		if w.where == isHeld {
			if w.due.After(now) && now != endOfTime {
				break
			}
			if w.doubtful && !s.mark.isBeyond(w.time) && now != endOfTime {
				s.believe(w)
				continue
			}
			s.letGo(w, now)
		}
		s.shift()
	}
	s.setTimer(now)
}

func (s *stage) shift() {
	s.line[0] = nil
	s.line = s.line[1:]
}

// believe gives the first in line the place it would have had, if its time had
// not been ahead of a clock that knew no better and has just been confirmed.
func (s *stage) believe(w *waiter) {
	w.doubtful, w.due = false, w.time.Add(s.config.Window)
	s.shift()
	i := sort.Search(len(s.line), func(i int) bool { return s.line[i].due.After(w.due) })
	s.line = slices.Insert(s.line, i, w)
}

// letGo releases a waiter with everything of its key that is earlier. One
// without a usable time goes alone: as everything that came before it is due
// already, that is its place of arrival.
func (s *stage) letGo(w *waiter, now time.Time) {
	if s.config.By == byArrival {
		w.queue.releaseAlone(w)
	} else if w.untimed || s.isFarAhead(w, now) {
		w.alone = true
		w.queue.releaseAlone(w)
	} else {
		w.queue.releaseUpTo(w)
	}
	s.run(w.queue)
}

// isFarAhead reports whether an event's time is more likely a mistake.
func (s *stage) isFarAhead(w *waiter, now time.Time) bool {
	if s.finite {
		return !s.mark.at.IsZero() && s.mark.isBeyond(w.time)
	}
	return w.time.After(now.Add(s.config.MaxAhead))
}

// run gives the turn to the next event of a key, if none has it. When the flow stops nobody
// gets it any longer: of what waits each event goes back by itself, and one must not go
// when an earlier one has gone back already.
func (s *stage) run(q *queue) {
	select {
	case <-s.stopping:
		s.sendBack(q)
		return
	default:
	}
	if w := q.take(); w != nil {
		s.signal(w)
	}
}

// setTimer sees to it that the first in line does not wait longer than it must.
func (s *stage) setTimer(now time.Time) {
	if s.finite || s.closed || len(s.line) == 0 || s.timer != nil {
		return
	}
	s.timer = s.clock.AfterFunc(s.line[0].due.Sub(now), func() {
		s.lock()
		defer s.unlock()
		s.timer = nil
		s.advance(s.clock.Now())
	})
}

// pass has the events of messages enter, in their order, of which and of all before them
// everything has come.
func (s *stage) pass(last uint64) {
	for s.seen < last {
		s.seen++
		s.enterStaged(s.seen)
	}
}

func (s *stage) enterStaged(number uint64) {
	ws := s.takeStaged(number)
	if len(ws) == 0 {
		return
	}
	if s.config.By == byArrival {
		s.passArrived(ws)
		return
	}
	s.mark.see(ws)
	for _, w := range ws {
		w.due = s.mark.now().Add(s.config.Window)
		w.doubtful = !w.untimed && s.mark.isBeyond(w.time)
		s.lineUp(w)
	}
	s.advance(s.replayTime())
}

// takeStaged returns the events of a message that wait for their number, in order. What it
// returns is good until the next call.
func (s *stage) takeStaged(number uint64) []*waiter {
	w := s.staged[number]
	if w == nil {
		return nil
	}
	delete(s.staged, number)
	clear(s.entering)
	ws := s.entering[:0]
	for w != nil {
		if w.where != isGone {
			ws = append(ws, w)
		}
		w, w.sibling = w.sibling, nil // one that is held for long must not keep the others
	}
	s.entering = ws
	slices.SortFunc(ws, func(a, b *waiter) int { return a.seq.Compare(b.seq) })
	return ws
}

// replayTime is the clock of a finite source.
func (s *stage) replayTime() time.Time {
	if s.over {
		return endOfTime
	}
	return s.mark.now()
}

// passArrived lets events go in the order of their source. They wait only after
// a killed run, for those before them that a queue has yet to send again.
func (s *stage) passArrived(ws []*waiter) {
	for _, w := range ws {
		w.untimed, w.due = false, s.notBefore
		s.lineUp(w)
	}
	s.advance(s.clock.Now())
}

// endOfTime is the clock of a source that has ended.
var endOfTime = time.Unix(1<<40, 0)

// letGoEarly lets n events go or a few more, those that have been held longest, each
// with everything of its key before it, because no more may be held.
func (s *stage) letGoEarly(n int) (gone int) {
	s.lock()
	defer s.unlock()
	for len(s.line) > 0 && gone < n {
		w := s.line[0]
		s.shift()
		if w.where == isHeld {
			gone += s.force(w)
		}
	}
	return gone
}

func (s *stage) force(w *waiter) (gone int) {
	q, before := w.queue, len(w.queue.ready)
	if w.untimed || s.isFarAhead(w, s.mark.now()) {
		w.alone = true
		q.releaseAlone(w)
	} else {
		q.releaseUpTo(w)
	}
	early := q.ready[before:]
	for _, r := range early {
		r.forced = true
	}
	s.run(q)
	return len(early)
}
