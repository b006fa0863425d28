package reorder

import "github.com/leat-io/leat/pipeline"

// window says what the stage holds, by how long. Behind a finite source ages are those of
// its own clock, the newest event time.
func (s *stage) window(w *pipeline.WindowStats) {
	s.lock()
	defer s.unlock()
	w.Length = s.config.Window
	now := s.clock.Now()
	if s.finite {
		now = s.replayTime()
	}
	for _, one := range s.line {
		if one.where == isHeld {
			w.Part(now.Sub(one.due.Add(-s.config.Window)))
		}
	}
}
