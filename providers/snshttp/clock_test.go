package snshttp

import (
	"log/slog"
	"time"

	"github.com/leat-io/leat/pipeline"
)

var quiet = slog.New(slog.DiscardHandler)

// handClock is a clock that a test moves by hand. It has no timers.
type handClock struct {
	pipeline.Clock
	now time.Time
}

func (c *handClock) Now() time.Time          { return c.now }
func (c *handClock) advance(d time.Duration) { c.now = c.now.Add(d) }
