package stages_test

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// slowState is a state store that takes a while to note what was delivered.
type slowState struct{ *flowtest.State }

type slowClaims struct{ pipeline.Claims }

func (s slowState) Claims(space string) pipeline.Claims { return slowClaims{s.State.Claims(space)} }

func (c slowClaims) Commit(ctx context.Context, id pipeline.Digest, ttl time.Duration, o pipeline.Outcome) error {
	time.Sleep(10 * time.Millisecond)
	return c.Claims.Commit(ctx, id, ttl, o)
}

// laterState says later that it has recorded an event, every third time only that it could
// not, and sometimes before it is asked for the next one.
type laterState struct{ *flowtest.State }

type laterClaims struct {
	pipeline.Claims
	asked *atomic.Int32
}

func (s laterState) Claims(space string) pipeline.Claims {
	return laterClaims{s.State.Claims(space), new(atomic.Int32)}
}

func (c laterClaims) CommitLater(id pipeline.Digest, ttl time.Duration, o pipeline.Outcome, done func(error)) {
	n := c.asked.Add(1)
	go func() {
		time.Sleep(time.Duration(n%2) * 10 * time.Millisecond)
		if n%3 == 0 {
			done(errAway)
			return
		}
		done(c.Commit(context.Background(), id, ttl, o))
	}()
}

// askedState says later what is claimed as well, to all that have asked within 10 ms
// together. Of seven that ask, one has to wait, one learns nothing and one has to ask again.
type askedState struct{ *flowtest.State }

type askedClaims struct {
	laterClaims
	mu      sync.Mutex
	n       int
	waiting []func(c *pipeline.Convoy)
}

func (s askedState) Claims(space string) pipeline.Claims {
	return &askedClaims{laterClaims: laterClaims{s.State.Claims(space), new(atomic.Int32)}}
}

func (c *askedClaims) ClaimLater(_ context.Context, id pipeline.Digest, done func(*pipeline.Convoy, pipeline.Verdict, error)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	n := c.n % 7
	if n == 6 {
		return false
	}
	c.waiting = append(c.waiting, func(convoy *pipeline.Convoy) {
		switch n {
		case 2:
			done(convoy, pipeline.Unsure, errAway)
		case 4:
			done(convoy, pipeline.Elsewhere, nil)
		default:
			v, err := c.Claim(context.Background(), id)
			done(convoy, v, err)
		}
	})
	if len(c.waiting) == 1 {
		time.AfterFunc(10*time.Millisecond, c.answer)
	}
	return true
}

func (c *askedClaims) answer() {
	c.mu.Lock()
	waiting := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	together := &pipeline.Convoy{}
	for _, tell := range waiting {
		tell(together)
	}
	together.Go()
}
