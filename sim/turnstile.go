package sim

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// turnstile is the order of events across processes, as a store keeps it that forgets
// nothing: who is next of each key, and for how long those are waited for whose process is
// gone.
type turnstile struct {
	shared  *shared
	process *Process
	space   string
	options pipeline.TurnstileOptions
}

// line is the events of a key.
type line struct {
	shared  *shared
	options pipeline.TurnstileOptions
	waiting []*stander
	current *stander
	last    time.Time // released
	gap     bool
	given   int64 // numbers of order
	entered int64
	newest  int64 // that has gone
	timer   pipeline.Timer
}

// stander is an event in line.
type stander struct {
	line    *line
	id      string
	process *Process // nil: it went back, and is waited for
	order   int64
	at, due time.Time
	till    time.Time // it is waited for
	late    time.Duration
	alone   bool // its time counts for nobody
	entrant pipeline.Entrant
	turn    chan pipeline.Turn
	granted bool
}

// Open implements [pipeline.Turnstile].
func (t *turnstile) Open(context.Context) error { return nil }

// Close implements [pipeline.Turnstile].
func (t *turnstile) Close() error { return nil }

// busy is after what time an event is tried again that another process has, too.
const busy = 500 * time.Millisecond

// Enter implements [pipeline.Turnstile].
func (t *turnstile) Enter(ctx context.Context, e pipeline.Entrant) (pipeline.Place, error) {
	if err := t.process.session.step("before an event got in line"); err != nil {
		return nil, err
	}
	digest := e.Digest()
	for {
		if s := t.enter(string(digest[:]), e); s != nil {
			return s, nil
		}
		if !pipeline.Sleep(ctx, t.shared.store.clock, busy, pipeline.Stopping(ctx)) {
			return nil, pipeline.ErrReturned
		}
	}
}

// enter puts an event in line; nil: another process that lives has it.
func (t *turnstile) enter(id string, e pipeline.Entrant) *stander {
	h := t.shared
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lines[t.space+"\x00"+e.Key]
	if l == nil {
		l = &line{shared: h, options: t.options}
		h.lines[t.space+"\x00"+e.Key] = l
	}
	i := slices.IndexFunc(l.waiting, func(s *stander) bool { return s.id == id })
	if i < 0 {
		return l.join(t.process, id, e)
	}
	s := l.waiting[i]
	if s.process == t.process || s.process != nil && !h.isGone(s.process) {
		return nil
	}
	l.orphan(s)
	s.process, s.entrant, s.granted, s.turn = t.process, e, false, make(chan pipeline.Turn, 1)
	l.advance()
	return s
}

func (l *line) join(p *Process, id string, e pipeline.Entrant) *stander {
	now := l.now()
	l.entered++
	s := &stander{line: l, id: id, process: p, order: l.entered, at: e.Time, due: now.Add(l.options.Window), entrant: e, turn: make(chan pipeline.Turn, 1)}
	if e.Time.IsZero() || e.Time.After(now.Add(l.options.MaxAhead)) {
		s.at, s.alone = now, true
	}
	last := l.last
	if l.current != nil && !l.current.alone && l.current.at.After(last) {
		last = l.current.at
	}
	if !s.alone && s.at.Before(last) {
		s.late, s.due = last.Sub(s.at), now
	}
	l.waiting = append(l.waiting, s)
	l.advance()
	return s
}

func (l *line) now() time.Time { return l.shared.store.clock.Now() }

// absent is for how long an event is still waited for whose process is gone.
func (l *line) absent(s *stander) (left time.Duration, gone bool) {
	if s.process == nil {
		return s.till.Sub(l.now()), true
	}
	over, cut := s.process.over()
	if !cut || l.now().Before(over) {
		return 0, false
	}
	return over.Add(l.options.Grace).Sub(l.now()), true
}

// orphan is called for an event whose process is gone: if it had its turn, it may have
// arrived.
func (l *line) orphan(s *stander) {
	if l.current == s {
		l.current = nil
		l.release(s)
	}
}

func (l *line) release(s *stander) {
	if !s.alone && s.at.After(l.last) {
		l.last = s.at
	}
}

func (l *line) drop(s *stander) {
	l.waiting = slices.DeleteFunc(l.waiting, func(w *stander) bool { return w == s })
	if l.current == s {
		l.current = nil
	}
}

// giveUp is for an event that is waited for no longer.
func (l *line) giveUp(s *stander) {
	l.orphan(s)
	l.drop(s)
	l.gap = true
}

// advance lets the next event go, or sets a clock for when to look again. It needs the lock.
func (l *line) advance() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if s := l.current; s != nil {
		if l.lives(s) {
			return
		}
	}
	for len(l.waiting) > 0 {
		head := slices.MinFunc(l.waiting, func(a, b *stander) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order)) })
		left, gone := l.absent(head)
		if gone && left <= 0 {
			l.giveUp(head)
			continue
		}
		due := slices.MinFunc(l.waiting, func(a, b *stander) int { return a.due.Compare(b.due) }).due
		switch {
		case gone:
			l.lookIn(left)
		case due.After(l.now()):
			l.lookIn(due.Sub(l.now()))
		default:
			l.grant(head)
		}
		return
	}
}

// lives reports whether the event under way is still waited for.
func (l *line) lives(s *stander) bool {
	left, gone := l.absent(s)
	switch over, cut := s.process.over(); {
	case !gone && cut:
		l.lookIn(over.Sub(l.now()))
	case gone && left > 0:
		l.lookIn(left)
	case gone:
		l.giveUp(s)
		return false
	}
	return true
}

func (l *line) lookIn(d time.Duration) {
	l.timer = l.shared.store.clock.AfterFunc(d, func() {
		l.shared.mu.Lock()
		defer l.shared.mu.Unlock()
		l.advance()
	})
}

func (l *line) grant(s *stander) {
	l.current, s.granted = s, true
	l.given++
	late := s.late
	if !s.alone && s.at.Before(l.last) {
		late = max(late, l.last.Sub(s.at))
	}
	t := pipeline.Turn{Order: l.given, Late: late, Gap: l.gap, Unordered: s.alone, Overtaken: s.order < l.newest}
	l.newest = max(l.newest, s.order)
	if _, cut := s.process.over(); cut {
		l.lookIn(sessionTTL) // it will never say what became of it
	}
	s.entrant.Go()
	s.turn <- t
}

// Await implements [pipeline.Place].
func (s *stander) Await(ctx context.Context, giveBack <-chan struct{}) (pipeline.Turn, error) {
	select {
	case t := <-s.turn:
		return t, nil
	case <-giveBack:
		s.Done(ctx, pipeline.TurnBack)
		return pipeline.Turn{}, pipeline.ErrReturned
	case <-ctx.Done():
		s.Done(ctx, pipeline.TurnBack)
		return pipeline.Turn{}, ctx.Err()
	}
}

// Done implements [pipeline.Place]. A process that was killed says nothing.
func (s *stander) Done(_ context.Context, o pipeline.TurnOutcome) {
	l := s.line
	l.shared.mu.Lock()
	by := s.process
	l.shared.mu.Unlock()
	if by == nil || by.session.step("before an event gave its turn on") != nil {
		return
	}
	l.shared.mu.Lock()
	defer l.shared.mu.Unlock()
	if s.process != by {
		return
	}
	mine := l.current == s
	switch {
	case o == pipeline.TurnBack:
		s.process, s.till = nil, l.now().Add(l.options.Grace)
		if mine {
			l.current = nil
		}
	default:
		if o != pipeline.TurnDropped {
			l.release(s)
			if mine {
				l.gap = o == pipeline.TurnDead
			}
		}
		l.drop(s)
	}
	l.advance()
}
