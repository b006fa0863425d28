package enrich

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/recall"
	"github.com/leat-io/leat/pipeline"
)

// remote is a place that is asked over the network, and what is remembered of it.
type remote struct {
	name  string // in messages
	asked query
	known *recall.Cache
	hits  *pipeline.Counter
}

// query is what a place is asked for.
type query interface {
	// append appends what is asked for an event. The second result is false when
	// that is nothing.
	append(dst []byte, e *pipeline.Event) ([]byte, bool, error)
	describe(e *pipeline.Event) string
}

// newRemote returns a place whose memory is to be closed.
func newRemote(name string, asked query, s recall.Service, c CacheConfig, env *pipeline.Env) *remote {
	o := recall.Options{For: c.TTL, MissFor: c.NegativeTTL, MaxEntries: c.MaxEntries, MaxBytes: int64(c.MaxBytes), Now: env.Clock.Now}
	return &remote{name: name, asked: asked, known: recall.New(s, o), hits: env.Counter("cache_hits")}
}

// find lets the events behind this one go on while it waits for an answer. When the
// flow stops before there is one, the event goes back to its source.
func (r *remote) find(ctx context.Context, e *pipeline.Event) (value []byte, found bool, err error) {
	var room [128]byte
	key, ok, err := r.asked.append(room[:0], e)
	if err != nil {
		return nil, false, pipeline.Reject(fmt.Errorf("look up %s: %w", r.name, err))
	}
	if !ok {
		return nil, false, nil
	}
	if value, found, known := r.known.Known(key); known {
		r.hits.Inc()
		return value, found, nil
	}
	pipeline.Yield(ctx)
	value, found, err = r.known.Get(ctx, pipeline.Stopping(ctx), string(key))
	if errors.Is(err, recall.ErrStopped) {
		err = pipeline.ErrReturned
	}
	return value, found, err
}

func (r *remote) missed(e *pipeline.Event) string {
	return r.name + " has nothing for " + r.asked.describe(e)
}
