package sqs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
)

// trouble tells an operator that requests of one kind fail: once when it begins,
// then each minute while it lasts, and when it is over if it lasted. Single
// requests that fail are nobody's business.
type trouble struct {
	clock pipeline.Clock
	log   *slog.Logger
	what  string

	mu     sync.Mutex
	since  time.Time // zero while requests succeed
	told   time.Time
	failed int // requests since then
}

const (
	// troubleAfter is how long requests have to fail before it is said.
	troubleAfter = 2 * time.Second
	troubleEvery = time.Minute
)

// failure notes that a request failed. What will not pass by itself is said at
// once.
func (t *trouble) failure(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	if t.since.IsZero() {
		t.since = now
	}
	t.failed++
	lasting := !awsapi.Transient(err)
	if !lasting && now.Sub(t.since) < troubleAfter || !t.told.IsZero() && now.Sub(t.told) < troubleEvery {
		t.log.Debug(t.what, "error", err)
		return
	}
	t.told = now
	level := slog.LevelWarn
	if lasting {
		level = slog.LevelError
	}
	t.log.Log(context.Background(), level, t.what+", trying again", "failed", t.failed, "since", t.since, "error", explained(err))
}

// success notes that a request succeeded.
func (t *trouble) success() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		return
	}
	if !t.told.IsZero() {
		t.log.Info("over: "+t.what, "failed", t.failed, "after", t.clock.Now().Sub(t.since).Round(time.Millisecond).String())
	}
	t.since, t.told, t.failed = time.Time{}, time.Time{}, 0
}

// lasting is since when requests fail, zero if the last one succeeded or was the only one
// that failed.
func (t *trouble) lasting() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed < 2 {
		return time.Time{}
	}
	return t.since
}

// denied reports whether trying again is of no use until somebody acts.
func denied(err error) bool { return awsapi.Denied(err) || awsapi.Unknown(err) }

func (s *subscription) troubleWith(what string) *trouble {
	return &trouble{clock: s.clock, log: s.log.With("queue", s.queue.url), what: what}
}

// troubleOf tells what an answer with entries that failed says about a kind of
// request.
func (s *subscription) troubleOf(t *trouble, failed map[int]*entryError) {
	for _, f := range failed {
		if !f.senders {
			s.counts.failed.Inc()
			t.failure(f)
			return
		}
	}
	t.success()
}
