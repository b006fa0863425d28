package awsmessage

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Limit is how large a message may be by the settings of one queue or topic. The
// zero value knows of no limit. It may be used by several goroutines at once.
type Limit struct {
	most atomic.Int64 // 0: unknown

	mu    sync.Mutex // held while the service is asked; others who need to know wait
	asked time.Time
	err   error // of the last question
}

// askEvery is how often a service is asked whether it has raised a limit.
const askEvery = time.Minute

// Set notes what the service says: bytes.
func (l *Limit) Set(bytes int64) { l.most.Store(bytes) }

// Of returns the limit in bytes for a message of size bytes, and whether the message
// is too large for it. If it is too large for what is known, ask is called, which is
// to call Set: the limit may have been raised. That is done once a minute at most.
// The error is that of ask: nothing is known then, and the message has to come again.
func (l *Limit) Of(ctx context.Context, size int, now func() time.Time, ask func(context.Context) error) (bytes int64, exceeded bool, err error) {
	if !l.ExceededBy(size) {
		return l.most.Load(), false, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ExceededBy(size) && (l.asked.IsZero() || now().Sub(l.asked) >= askEvery) {
		err := ask(ctx)
		if ctx.Err() != nil { // it says nothing to others
			return 0, true, err
		}
		l.asked, l.err = now(), err
	}
	exceeded = l.ExceededBy(size)
	if exceeded && l.err != nil {
		return 0, true, l.err
	}
	return l.most.Load(), exceeded, nil
}

// ExceededBy reports whether a message of size bytes is too large for what is known.
func (l *Limit) ExceededBy(size int) bool {
	most := l.most.Load()
	return most > 0 && int64(size) > most
}
