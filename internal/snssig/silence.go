package snssig

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// AfterFunc calls f once d has passed, unless stop is called before.
type AfterFunc func(d time.Duration, f func()) (stop func() bool)

// silenceAfter is how long nothing may come before it is said.
const silenceAfter = 10 * time.Minute

// Silence tells an operator that SNS has sent nothing since the start, neither an event
// nor what a subscription begins with: then it is most likely not there, or not let in.
type Silence struct {
	heard atomic.Bool
	log   *slog.Logger
	after AfterFunc

	mu   sync.Mutex
	stop func() bool
}

// NewSilence returns one that has not begun.
func NewSilence(after AfterFunc, log *slog.Logger) *Silence {
	return &Silence{after: after, log: log}
}

// Begin begins to wait. hint says what to look at.
func (s *Silence) Begin(hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = s.after(silenceAfter, func() {
		if !s.heard.Load() {
			s.log.Warn("SNS has sent neither an event nor the confirmation of a subscription so far: "+hint+", and ask who owns the topic to send the confirmation again", "for", silenceAfter.String())
		}
	})
}

// Heard notes that something has come.
func (s *Silence) Heard() {
	if !s.heard.Load() {
		s.heard.Store(true)
	}
}

// End ends the waiting.
func (s *Silence) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
}
