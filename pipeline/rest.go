package pipeline

// goOnWithout leaves l to its event and returns the lane for the rest of the sequence;
// nil when there is none, or it is elsewhere.
func (l *lane) goOnWithout(leave func(*lane)) (next *lane) {
	l.part()
	parent := l.parent
	l.parent, next = nil, l.takeRest()
	leave(l)
	if next == nil {
		return nil
	}
	if next.parent = parent; !next.enter() {
		return nil
	}
	return next
}

// publish has the event go on its way up once its outcome is known.
func (l *lane) publish() {
	if p := l.pending; p.met.Swap(true) {
		p.climb(false)
	}
}

// laneForRest prepares the rest of the sequence for another lane; nil: there is no rest.
func (s *sequence) laneForRest() *lane {
	rest := s.len() - s.next
	if surplus := s.credits - rest; surplus > 0 {
		s.flow.limits.free(surplus)
		s.credits = rest
	}
	if s.done == nil {
		s.done = make(chan struct{})
	}
	if rest == 0 {
		return nil
	}
	if s.credits == 0 {
		s.flow.limits.want()
	}
	l := &lane{Context: s.ctx, flow: s.flow, seq: s, root: s.rootOfParent()}
	if s.parent != nil {
		l.reached.Store(s.parent.reached.Load())
	}
	s.flow.lanes.add(l)
	return l
}

func (s *sequence) rootOfParent() *root {
	if s.parent == nil {
		return nil
	}
	return s.parent.root
}

// do has the sequence go on, elsewhere.
func (l *lane) do() {
	if !l.enter() {
		return
	}
	if last, _ := l.seq.work(l); last != nil {
		last.leave()
	}
}

// enter takes a slot for the next event, waiting for one if need be. When the flow ends
// first, the rest has failed.
func (l *lane) enter() bool {
	s := l.seq
	if s.credits > 0 {
		s.credits--
	} else if !s.flow.limits.enterNow() && !l.awaitSlot() {
		return false
	}
	l.slot = slotInFlight
	return true
}

// awaitSlot waits for a slot. What would come behind in its goroutine has slots that may
// be needed for one to become free, and goes on elsewhere.
func (l *lane) awaitSlot() bool {
	l.parent.yield()
	err := l.seq.flow.limits.enter(l)
	if err != nil {
		l.seq.failRest(l, err)
	}
	return err == nil
}

func (s *sequence) failRest(l *lane, err error) {
	for s.next < s.len() {
		l.begin(s.next)
		s.next++
		l.settle(&returned{err: err})
	}
	l.leave()
}

// leaveRest returns the slots of events that ran on another event's slot.
func (s *sequence) leaveRest() {
	if s.credits > 0 {
		s.flow.limits.free(s.credits)
		s.credits = 0
	}
}
