package tiki

import (
	"context"
	"log/slog"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// trouble tells an operator that pulls fail: once when that lasts, or when it will not
// pass by itself, and once when it is over. Single pulls that fail are nobody's business.
// Only the goroutine that pulls has it.
type trouble struct {
	clock  pipeline.Clock
	log    *slog.Logger
	since  time.Time // zero while pulls succeed
	told   bool
	failed int
}

// troubleAfter is how long pulls have to fail before it is said.
const troubleAfter = 2 * time.Second

func (t *trouble) failure(err error) {
	now := t.clock.Now()
	if t.since.IsZero() {
		t.since = now
	}
	t.failed++
	if t.told || !lasting(err) && now.Sub(t.since) < troubleAfter {
		t.log.Debug("a pull failed", "error", err)
		return
	}
	t.told = true
	level := slog.LevelWarn
	if lasting(err) {
		level = slog.LevelError
	}
	t.log.Log(context.Background(), level, "events cannot be pulled from Tiki, trying again", "since", t.since, "error", explained(err))
}

func (t *trouble) success() {
	if t.told {
		t.log.Info("events can be pulled from Tiki again", "failed", t.failed, "after", t.clock.Now().Sub(t.since).Round(time.Millisecond).String())
	}
	t.since, t.told, t.failed = time.Time{}, false, 0
}
