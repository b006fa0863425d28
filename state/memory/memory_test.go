package memory

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/state/statetest"
)

func TestState(t *testing.T) {
	statetest.Run(t, statetest.Subject{Open: func(_ testing.TB, _ string, clock pipeline.Clock) (pipeline.State, func() error) {
		return newStore(clock), func() error { return nil }
	}})
}

// TestExpiredEventsTakeNoRoom runs ten ttl long and looks at what is left.
func TestExpiredEventsTakeNoRoom(t *testing.T) {
	const perTTL = 10_000
	clock := flowtest.NewClock()
	c := newClaims(clock)
	for i := range uint64(10 * perTTL) {
		clock.Advance(time.Hour / perTTL)
		if err := c.Commit(t.Context(), digest(i), time.Hour, pipeline.OutcomeDelivered); err != nil {
			t.Fatal(err)
		}
	}
	known, queued := 0, 0
	for i := range c.shards {
		known += len(c.shards[i].expires)
		queued += len(c.shards[i].queues[0].entries)
	}
	if known > perTTL*5/4 || queued > perTTL*5/2 {
		t.Errorf("%d known and %d queued of %d that have not expired", known, queued, perTTL)
	}
}

func BenchmarkMemoryClaimCommit(b *testing.B) {
	c := newClaims(pipeline.System)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		ctx, next := context.Background(), rand.Uint64()
		for pb.Next() {
			next++
			id := digest(next)
			if v, _ := c.Claim(ctx, id); v != pipeline.Claimed {
				b.Error("known")
			}
			_ = c.Commit(ctx, id, time.Millisecond, pipeline.OutcomeDelivered)
		}
	})
}

// digest spreads numbers the way a real digest would.
func digest(n uint64) (d pipeline.Digest) {
	n *= 0x9e3779b97f4a7c15
	n ^= n >> 29
	binary.LittleEndian.PutUint64(d[:], n*0xbf58476d1ce4e5b9)
	binary.LittleEndian.PutUint64(d[8:], n*0x94d049bb133111eb)
	return d
}
