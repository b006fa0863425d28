package snshttp

import (
	"log/slog"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// notices tells the operator what became of requests, each reason once in a while:
// whoever can connect could fill the log otherwise.
type notices struct {
	clock pipeline.Clock
	log   *slog.Logger

	mu   sync.Mutex
	told map[*reason]*telling
}

// telling is when a reason was told last, and how often it was not since.
type telling struct {
	at      time.Time
	skipped int
}

const tellEvery = time.Minute

func newNotices(clock pipeline.Clock, log *slog.Logger) *notices {
	return &notices{clock: clock, log: log, told: map[*reason]*telling{}}
}

// tell logs the reason's note with attrs, unless it was told just now.
func (n *notices) tell(r *reason, attrs ...any) {
	if r.note == "" {
		return
	}
	skipped, due := n.due(r)
	if !due {
		return
	}
	if skipped > 0 {
		attrs = append(attrs, "more_since_last_told", skipped)
	}
	n.log.Warn(r.note, attrs...)
}

// due reports whether it is time to tell a reason, and how many were skipped.
func (n *notices) due(r *reason) (skipped int, due bool) {
	now := n.clock.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.told[r]
	if t != nil && now.Sub(t.at) < tellEvery {
		t.skipped++
		return 0, false
	}
	if t != nil {
		skipped = t.skipped
	}
	n.told[r] = &telling{at: now}
	return skipped, true
}
