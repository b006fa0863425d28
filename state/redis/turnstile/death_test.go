package turnstile

import (
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// TestWhatADeadProcessMayHaveDeliveredCounts: it had its turn, and nobody knows whether it
// arrived. What is earlier says that it is late.
func TestWhatADeadProcessMayHaveDeliveredCounts(t *testing.T) {
	for name, meanwhile := range map[string]func(t *testing.T, r *replica){
		"it is given up": func(t *testing.T, r *replica) {
			l := r.put(t, 3, 30*time.Second).(*place).line
			if _, err := l.call(t.Context(), nextScript); err != nil {
				t.Fatal(err)
			}
		},
		"it is received anew, and given back": func(t *testing.T, r *replica) {
			p := r.put(t, 1, 22*time.Second)
			r.await(t, p)
			p.Done(t.Context(), pipeline.TurnBack)
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := testservers.RedisURL(t)
			settings := func(o *Options) { o.Grace = time.Millisecond }
			dying, heir := newReplica(t, url, settings), newReplica(t, url, settings)
			p := dying.put(t, 1, 22*time.Second)
			dying.await(t, p)
			dying.die()
			line := p.(*place).line
			if err := heir.client.HSet(t.Context(), line.shard.tag+":s", dying.session, 1).Err(); err != nil {
				t.Fatal(err)
			}
			meanwhile(t, heir)
			if turn := heir.await(t, heir.put(t, 2, 21*time.Second)); turn.Late != time.Second {
				t.Errorf("%+v: want 1s late", turn)
			}
		})
	}
}

// put has an event of the key k get in line.
func (r *replica) put(t *testing.T, n int, at time.Duration) pipeline.Place {
	t.Helper()
	p, err := r.Enter(t.Context(), pipeline.Entrant{Event: event("k", n, at), Go: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
