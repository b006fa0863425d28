package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// tripAfter is how many events in a row, each a different one, must fail before
// a sink counts as down. A single event that always fails never gets there.
const tripAfter = 5

// breaker keeps all but one event away from a sink that is down. They take
// turns at trying it, so that one which can never succeed does not keep the
// sink closed to the others, and all go on together after the first success.
type breaker struct {
	name  string
	log   *slog.Logger
	clock Clock

	open     atomic.Bool
	failures atomic.Int32 // in a row

	mu     sync.Mutex
	since  time.Time
	cause  error         // what tripped it
	tried  int           // how often it was tried since it is down
	turn   chan struct{} // holds one token while open
	mended chan struct{} // closed when the sink works again
}

func (b *breaker) tripped() bool { return b.open.Load() }

// failed counts the first failure of an event.
func (b *breaker) failed(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures.Add(1) < tripAfter || b.open.Load() {
		return
	}
	b.since, b.tried, b.turn, b.mended = b.clock.Now(), tripAfter, make(chan struct{}, 1), make(chan struct{})
	b.turn <- struct{}{}
	b.cause = err
	b.open.Store(true)
	b.log.Error("sink is failing: its flows pause until it works again", "sink", b.name, "error", err)
}

// succeeded takes back what failures said. For a healthy sink it only reads a
// counter that nobody writes.
func (b *breaker) succeeded() {
	if b.failures.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures.Store(0)
	if b.open.Load() {
		b.open.Store(false)
		close(b.mended)
		b.log.Info("sink works again", "sink", b.name, "after", b.clock.Now().Sub(b.since).Round(time.Second))
	}
}

// acquire waits until the caller may try the sink. While the sink is down that
// is one caller at a time; done must be called with the result.
func (b *breaker) acquire(ctx context.Context, stop, giveUp <-chan struct{}) (done func(ok bool), err error) {
	b.mu.Lock()
	open, turn, mended := b.open.Load(), b.turn, b.mended
	b.mu.Unlock()
	if !open {
		return b.result(nil), nil
	}
	select {
	case <-turn:
		return b.result(turn), nil
	case <-mended:
		return b.result(nil), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-stop:
		return nil, ErrReturned
	case <-giveUp:
		return nil, errGiveUp
	}
}

// errGiveUp says that the event's time is over while it waited for its turn.
var errGiveUp = errors.New("sink is failing")

// tries returns how often the sink was tried since it is down, 0 when it works.
func (b *breaker) tries() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open.Load() {
		return 0
	}
	return b.tried
}

func (b *breaker) result(turn chan struct{}) func(bool) {
	return func(ok bool) {
		if ok {
			b.succeeded()
		} else {
			b.mu.Lock()
			b.tried++
			b.mu.Unlock()
		}
		if turn != nil {
			turn <- struct{}{}
		}
	}
}
