package identify

import (
	"cmp"
	"log/slog"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// watch notices events without a time, which nothing can put in order: a layout that does
// not fit makes no error.
type watch struct {
	untimed *pipeline.Counter
	log     *slog.Logger
	warned  sync.Once
}

func newWatch(env *pipeline.Env) *watch {
	return &watch{untimed: env.Counter(pipeline.CountUntimed), log: env.Log}
}

// missed counts an event without a time. Of the first that has something in its place that
// is none, rule says where it is; the event itself is not for the log.
func (w *watch) missed(rule *TimeRule) {
	w.untimed.Inc()
	if rule == nil {
		return
	}
	w.warned.Do(func() {
		w.log.Warn("a time cannot be read, so that its event has none: see leat inspect; others are only counted",
			"from", rule.From.String(), "layout", cmp.Or(rule.Layout, "rfc3339"))
	})
}
