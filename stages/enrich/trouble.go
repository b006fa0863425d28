package enrich

import (
	"log/slog"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// troublePause is how often failures are logged at most.
const troublePause = time.Minute

// trouble logs why lookups fail while events pass in spite of it: nobody else hears
// of these failures.
type trouble struct {
	clock pipeline.Clock
	log   *slog.Logger

	mu   sync.Mutex
	next time.Time // nothing is logged before
}

func (t *trouble) tell(err error) {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.next) {
		return
	}
	t.next = now.Add(troublePause)
	t.log.Warn("a lookup failed: events go on without its value", "error", err)
}
