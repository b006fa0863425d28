package reorder

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// slowTimes answers when it is told to.
type slowTimes struct {
	pipeline.Times
	answer chan time.Time
}

func (t slowTimes) Last(context.Context, string) (time.Time, bool, error) {
	return <-t.answer, false, nil
}

// What the store answers is older than what has happened to the key meanwhile, which must
// not be forgotten for it.
func TestAKeyIsNotForgottenWhileItIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{keys: newKeys(), times: slowTimes{answer: make(chan time.Time)}}
		s.keys.most = 1
		found := make(chan *queue)
		go func() {
			s.lock()
			q, _ := s.queueOf(t.Context(), "a")
			s.unlock()
			found <- q
		}()
		synctest.Wait()
		s.lock()
		newer := s.keys.add("a", last{})
		newer.users++
		newer.settled = time.Unix(2000, 0)
		s.keys.leave(newer)
		for i := range 10 {
			q := s.keys.add(fmt.Sprint(i), last{})
			q.users++
			s.keys.leave(q)
		}
		s.unlock()
		s.times.(slowTimes).answer <- time.Unix(1000, 0)
		if q := <-found; q != newer || !q.settled.Equal(time.Unix(2000, 0)) {
			t.Errorf("the newest time is %v", q.settled)
		}
		s.keys.leave(newer)
		if n := len(s.keys.queues); n > 2 || len(s.keys.asked) > 0 {
			t.Errorf("%d keys are remembered, %d are being looked up", n, len(s.keys.asked))
		}
	})
}

func TestOnlyKeysThatTheStoreDoesNotKnowAllOfAreRemembered(t *testing.T) {
	k := newKeys()
	k.forgets = true
	for _, key := range []string{"whole", "gap"} {
		q := k.add(key, last{})
		q.users, q.gap = 1, key == "gap"
		k.leave(q)
	}
	if len(k.queues) != 1 || k.queues["gap"] == nil {
		t.Errorf("%d keys are remembered, want the one after whose last event one is missing", len(k.queues))
	}
}
