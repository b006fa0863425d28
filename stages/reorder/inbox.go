package reorder

import "sync/atomic"

// inbox is what has happened that the stage has yet to take in: events have entered or are
// done, and the source has come further. Whoever adds to it takes it in, unless somebody is
// at it, who takes that in too. So nobody waits for the lock whose work another can do: under
// load more and more of it is done at once, instead of waiting in line.
type inbox struct {
	newest atomic.Pointer[waiter]
	news   atomic.Bool
}

func (b *inbox) add(w *waiter) {
	for {
		w.older = b.newest.Load()
		if b.newest.CompareAndSwap(w.older, w) {
			break
		}
	}
	b.news.Store(true)
}

// take returns what was added, the oldest first.
func (b *inbox) take() (oldest *waiter) {
	for w := b.newest.Swap(nil); w != nil; {
		w, w.older, oldest = w.older, oldest, w
	}
	return oldest
}

// moved is called when the source has come further.
func (s *stage) moved() {
	s.inbox.news.Store(true)
	s.takeIn()
}

// takeIn takes in what is new, unless somebody else does so.
func (s *stage) takeIn() {
	for s.inbox.news.Load() && s.mu.TryLock() {
		s.catchUp()
		s.release()
	}
}

// lock takes the lock, for what is not in the inbox.
func (s *stage) lock() {
	s.mu.Lock()
	s.catchUp()
}

// unlock ends what the lock guards, has those go on that were signalled, and takes in what
// has become new meanwhile.
func (s *stage) unlock() {
	s.release()
	s.takeIn()
}

func (s *stage) release() {
	going := s.going
	s.going = nil
	s.mu.Unlock()
	if going != nil {
		going.Go()
	}
}

// catchUp takes in what is new. Events are in the inbox before their messages have passed.
func (s *stage) catchUp() {
	if !s.inbox.news.Swap(false) {
		return
	}
	ended, passed := s.follower.Ended(), s.follower.Passed()
	for w := s.inbox.take(); w != nil; {
		next := w.older
		w.older = nil
		s.takeInOne(w)
		w = next
	}
	s.pass(passed)
	if ended && !s.over {
		s.over = true // there is nothing left to wait for
		s.advance(endOfTime)
	}
}

// takeInOne takes in that an event has entered, or that one that has a queue is done.
func (s *stage) takeInOne(w *waiter) {
	if w.queue != nil {
		s.finish(w)
		return
	}
	q, err := s.queueOf(w.ctx, w.event.Key)
	if err != nil {
		w.refused, w.where = err, isGone
		s.signal(w)
		return
	}
	s.place(w, q)
}
