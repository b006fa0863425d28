package turnstile

import (
	"context"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// takenForDead has everybody believe that the replica is dead, and it notice.
func (r *replica) takenForDead(t *testing.T) {
	t.Helper()
	for _, s := range r.shards {
		if !s.used() {
			continue
		}
		if err := r.client.HSet(t.Context(), s.tag+":s", r.session, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if err := s.beat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *replica) await(t *testing.T, p pipeline.Place) pipeline.Turn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	turn, err := p.Await(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

func TestTurnsOfAProcessThatWasTakenForDeadAreDoubtful(t *testing.T) {
	r := newReplica(t, testservers.RedisURL(t), nil)
	held := r.put(t, 1, 1)
	r.takenForDead(t)
	if !r.await(t, held).Doubtful {
		t.Error("the turn of an event that was held meanwhile is not doubtful")
	}
	held.Done(t.Context(), pipeline.TurnSettled)
	later := r.put(t, 2, 2)
	if r.await(t, later).Doubtful {
		t.Error("the turn of a later event is doubtful")
	}
	later.Done(t.Context(), pipeline.TurnSettled)
}

// An event whose turn had come before its process was taken for dead gets in line anew:
// others may have gone on meanwhile.
func TestATurnFromBeforeIsWorthNothing(t *testing.T) {
	r := newReplica(t, testservers.RedisURL(t), func(o *Options) { o.Window = time.Millisecond })
	granted := make(chan struct{}, 2)
	p, err := r.Enter(t.Context(), pipeline.Entrant{Event: event("k", 1, 0), Go: func() { granted <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	<-granted
	r.takenForDead(t)
	if !r.await(t, p).Doubtful {
		t.Error("the turn is not doubtful")
	}
	if len(granted) != 1 {
		t.Error("the turn from before was used")
	}
	p.Done(t.Context(), pipeline.TurnSettled)
}

// A sign of life that comes too late is answered so once. Should that answer be lost, the
// next one must not hide it.
func TestALostAnswerHidesNotThatAProcessWasTakenForDead(t *testing.T) {
	r := newReplica(t, testservers.RedisURL(t), nil)
	p := r.put(t, 1, 0)
	s := p.(*place).line.shard
	s.mu.Lock()
	s.valid = time.Now().Add(-time.Second)
	s.mu.Unlock()
	if err := s.beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !r.await(t, p).Doubtful {
		t.Error("the turn is not doubtful")
	}
	p.Done(t.Context(), pipeline.TurnSettled)
}
