package turnstile

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// line is the events of a key that this process has. The lock of its shard guards it.
type line struct {
	shard   *shard
	name    string
	places  map[string]*place // by id; those that wait, and the one under way
	running *place            // has its turn
	calling bool              // Redis is being asked whose turn it is
	again   bool              // and has to be asked once more
	wakeAt  time.Time
	timer   pipeline.Timer
	hinted  bool // somebody says that it is our turn
	misses  int  // how often it was looked in vain since something happened
	idle    bool // it is among the lines that may be forgotten

	last  int64 // the newest time in µs that was released here
	order int64 // the newest number that was given to an event here
}

// A line that waits for another replica hears from it when it is our turn. Should that
// not arrive, it is found by looking.
const (
	firstLook   = 250 * time.Millisecond
	longestLook = 5 * time.Second
	afterError  = 500 * time.Millisecond
)

// look asks Redis whose turn it is, unless an event is under way here.
func (l *line) look() {
	s := l.shard
	if s.closed || l.running != nil || len(l.places) == 0 && !l.hinted {
		return
	}
	if l.calling {
		l.again = true
		return
	}
	l.stopTimer()
	l.calling, l.hinted = true, false
	go l.ask()
}

func (l *line) ask() {
	r, err := l.call(context.Background(), nextScript)
	s := l.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	l.calling = false
	l.apply(r, err)
	if l.again {
		l.again = false
		l.look()
	}
}

// apply acts on what Redis answers.
func (l *line) apply(r reply, err error) {
	switch {
	case err != nil:
		l.lookIn(afterError)
	case r.verb == "GO":
		l.grant(r)
	case r.verb == "WAIT":
		l.wait(r)
		l.misses++
	case r.verb == "NONE" && l.waiting() > 0:
		go l.enterAgain() // what stands in line here does not stand there
	}
	l.shard.rest(l)
}

// grant gives the turn to an event.
func (l *line) grant(r reply) {
	l.misses = 0
	p := l.places[r.id]
	if p == nil { // it has gone back meanwhile, or nobody knows how it got there
		go l.close(r.id, pipeline.TurnBack, l.shard.t.o.whileAway())
		return
	}
	l.order = max(l.order, r.turn.Order)
	if l.running == nil && !p.granted {
		l.running, p.granted, p.since, p.counts = p, true, l.shard.t.o.Clock.Now(), r.counts
		p.entrant.Go()
		p.turn <- r.turn
	}
}

// wait looks again when it may be our turn.
func (l *line) wait(r reply) {
	if r.session == l.shard.t.session && r.wait >= 0 {
		l.lookIn(r.wait + time.Millisecond)
		return
	}
	pause := min(firstLook<<min(l.misses, 5), longestLook)
	l.lookIn(max(0, r.wait) + pause)
}

// lookIn sets the timer, unless it goes off earlier anyway.
func (l *line) lookIn(d time.Duration) {
	s := l.shard
	at := s.t.o.Clock.Now().Add(d)
	if s.closed || len(l.places) == 0 || l.timer != nil && !l.wakeAt.After(at) {
		return
	}
	l.stopTimer()
	l.wakeAt = at
	l.timer = s.t.o.Clock.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		l.timer = nil
		l.look()
	})
}

func (l *line) stopTimer() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}

func (l *line) waiting() int {
	if l.running != nil {
		return len(l.places) - 1
	}
	return len(l.places)
}

// close has an event leave that nobody here has.
func (l *line) close(id string, o pipeline.TurnOutcome, wait time.Duration) {
	l.closed(id, o, wait)(l.callDone(context.Background(), id, o, "", wait))
}

// closed returns what is to be done with the answer. Without one it is tried again: an
// event that Redis believes to be here keeps its key waiting.
func (l *line) closed(id string, o pipeline.TurnOutcome, wait time.Duration) func(reply, error) {
	return func(r reply, err error) {
		s := l.shard
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil && !s.closed {
			s.t.o.Clock.AfterFunc(afterError, func() { l.close(id, o, wait) })
			return
		}
		l.apply(r, err)
		if p := l.places[id]; p != nil && o == pipeline.TurnBack && !p.granted {
			p.tryLater() // it came here again meanwhile, and was given back with the other
		}
	}
}
