package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/internal/backoff"
)

// failure is the story of an event that could not be handled.
type failure struct {
	err      error
	attempts int
	first    time.Time
	givenUp  bool
}

// retry calls a failed step again until it succeeds, the event is given up or
// the flow stops. A nil err means that there was no first attempt, because the
// sink is known to be down.
func (s *step) retry(ctx context.Context, l *lane, e *Event, call Handler, err error) error {
	f, call := &failure{err: err, first: s.flow.clock.Now()}, Await(call)
	s.trials.begin(f.first)
	defer s.trials.end()
	if err != nil {
		f.attempts = 1
		s.noteFailure(e, f)
	}
	l.yield()
	giveUp, release := s.giveUpTimer()
	defer release()
	for {
		done, waitErr := s.waitTurn(ctx, l, f, giveUp)
		if errors.Is(waitErr, errGiveUp) {
			f.err = cmp.Or(f.err, waitErr)
			s.givenUp(f)
			return s.bury(ctx, l, e, f)
		}
		if waitErr != nil {
			return &returned{err: errors.Join(waitErr, s.flow.pipeline.tellable(e, f.err))}
		}
		l.reached.Store(s.id)
		if f.attempts > 0 {
			s.counts.retried.Inc()
		}
		f.err = call(ctx, e)
		f.attempts++
		done(f.err == nil || Rejected(f.err))
		switch {
		case f.err == nil:
			s.settled.Add(1)
			return nil
		case isReturned(f.err):
			return f.err
		case errors.Is(f.err, ErrReturned):
			return &returned{err: f.err}
		case l.reached.Load() != s.id:
			return s.giveBack(e, f.err)
		case Rejected(f.err) || s.givenUp(f):
			return s.bury(ctx, l, e, f)
		}
		s.noteFailure(e, f)
	}
}

// giveUpTimer returns a channel that closes when an event that is tried from now
// on has to be given up; nil when that never is.
func (s *step) giveUpTimer() (giveUp <-chan struct{}, release func()) {
	limit := s.policy.giveUpAfter
	if limit <= 0 {
		return nil, func() {}
	}
	over := make(chan struct{})
	timer := s.flow.clock.AfterFunc(limit, func() { close(over) })
	return over, func() { timer.Stop() }
}

func (s *step) givenUp(f *failure) bool {
	limit := s.policy.giveUpAfter
	if limit <= 0 || s.flow.clock.Now().Sub(f.first) < limit {
		return false
	}
	f.givenUp = true
	f.err = fmt.Errorf("given up after %s: %w", limit, f.err)
	return true
}

// waitTurn waits out the backoff and, while the sink is down, until this event
// is the one that tries it. done reports how the attempt went.
func (s *step) waitTurn(ctx context.Context, l *lane, f *failure, giveUp <-chan struct{}) (done func(ok bool), err error) {
	done, attempts := func(bool) {}, f.attempts
	if s.breaker != nil {
		if done, err = s.breaker.acquire(ctx, l.flow.stopping, giveUp); err != nil {
			return nil, err
		}
		attempts = max(attempts, s.breaker.tries())
	}
	if attempts > 0 && !Sleep(ctx, s.flow.clock, s.pause(attempts, f.err), l.flow.stopping) {
		done(false)
		return nil, stopCause(ctx)
	}
	return done, nil
}

func stopCause(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrReturned
}

// pause is the backoff after so many attempts, with jitter, or longer when the
// other side asked for it.
func (s *step) pause(attempts int, err error) time.Duration {
	d := backoff.Doubled(s.policy.backoff.Min, s.policy.backoff.Max, attempts)
	d = d/2 + time.Duration(s.flow.pipeline.random(int64(d/2)+1))
	var asked *deferral
	if errors.As(err, &asked) {
		d = max(d, asked.d)
	}
	return d
}

// noteFailure logs a failure that is worth a line: the first of an event, then
// every tenth, so that a long outage can be seen without filling the log.
func (s *step) noteFailure(e *Event, f *failure) {
	err := s.flow.pipeline.tellable(e, f.err)
	s.trials.note(err)
	if s.breaker != nil && f.attempts == 1 {
		s.breaker.failed(err)
	}
	if f.attempts%10 == 1 && (s.breaker == nil || !s.breaker.tripped()) {
		s.flow.pipeline.log.Warn("trying again", "flow", s.flow.name, "stage", s.name, "id", e.ID, "attempts", f.attempts, "error", err)
	}
}
