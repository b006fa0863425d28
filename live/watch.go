package live

import (
	"context"
	"maps"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Look is how often [Runner.Watch] looks.
const Look = time.Second

// Watch reloads when one of the files that were read has changed and then stayed the same for
// one look, so that a file that is being written is not read by halves. It returns when
// ctx or the run ends.
func (r *Runner) Watch(ctx context.Context) {
	select {
	case <-r.started:
	case <-ctx.Done():
		return
	}
	var last map[string]content
	for r.look(ctx) {
		now := r.changed()
		if len(now) > 0 && maps.EqualFunc(now, last, content.same) {
			_, _ = r.Reload(ctx) // it says itself what came of it
			now = nil
		}
		last = now
	}
}

// look waits until the next look, or returns false when there is none.
func (r *Runner) look(ctx context.Context) bool {
	clock := r.options.Clock
	if clock == nil {
		clock = pipeline.System
	}
	pipeline.Sleep(ctx, clock, Look, r.running.Done())
	select {
	case <-r.running.Done():
		return false
	default:
		return ctx.Err() == nil
	}
}

// changed returns what the files hold that are not as they were when they were read last.
func (r *Runner) changed() map[string]content {
	r.slot <- struct{}{}
	defer func() { <-r.slot }()
	r.tried.mu.Lock()
	before := maps.Clone(r.loaded.files)
	maps.Copy(before, r.tried.files)
	r.tried.mu.Unlock()
	now := map[string]content{}
	for name, was := range before {
		var is content
		if is.data, is.err = r.tried.from(name); !is.same(was) {
			now[name] = is
		}
	}
	return now
}
