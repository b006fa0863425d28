package pipeline

// admission is a message that waits for n slots.
type admission struct {
	n    int
	open chan struct{}
}

// admit waits until a message of n events may start, and takes their slots. A
// message larger than max_in_flight may start alone. It returns false when stop
// closes first.
func (l *limits) admit(stop <-chan struct{}, n int) bool { return l.admitUnless(stop, nil, n) }

// admitUnless is [limits.admit] for who also waits no longer once pause closes.
func (l *limits) admitUnless(stop, pause <-chan struct{}, n int) bool {
	l.mu.Lock()
	if len(l.gates) == 0 && l.roomFor(n) {
		l.take(n)
		l.mu.Unlock()
		return true
	}
	a := &admission{n, make(chan struct{})}
	l.gates = append(l.gates, a)
	l.mu.Unlock()
	select {
	case <-a.open:
		return true
	case <-stop:
	case <-pause:
	}
	l.withdraw(a)
	return false
}

func (l *limits) withdraw(a *admission) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, g := range l.gates {
		if g == a {
			l.gates = append(l.gates[:i], l.gates[i+1:]...)
			l.letIn() // those behind it may fit where it did not
			return
		}
	}
	l.release(a.n) // it was let in at the same moment
}

func (l *limits) roomFor(n int) bool {
	return len(l.lanes) == 0 && !l.full() && (l.isIdle() || l.work()+n <= l.maxInFlight)
}

// work is what max_in_flight bounds.
func (l *limits) work() int { return l.inFlight + l.going }

// isIdle reports whether a message of any size may start. Those of what was held that go on
// keep none from it, unless they are too many themselves: one may go on for long.
func (l *limits) isIdle() bool { return l.inFlight == 0 && l.going < l.maxInFlight }

func (l *limits) take(n int) {
	l.inFlight += n
	l.underWay.Add(int64(n))
}
