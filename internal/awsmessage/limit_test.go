package awsmessage

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// asked is a service that is asked for a limit.
type asked struct {
	Limit
	now   time.Time
	says  int64
	fails error
	n     int
}

func (a *asked) of(ctx context.Context, size int) (int64, bool, error) {
	return a.Of(ctx, size, func() time.Time { return a.now }, func(context.Context) error {
		if a.n++; a.fails == nil {
			a.Set(a.says)
		}
		return a.fails
	})
}

func (a *asked) want(t *testing.T, size int, exceeded bool, n int) {
	t.Helper()
	if _, got, err := a.of(t.Context(), size); got != exceeded || err != nil || a.n != n {
		t.Errorf("%d bytes: exceeded %v, %v, asked %d times", size, got, err, a.n)
	}
}

func TestLimitThatIsNotKnownIsNone(t *testing.T) {
	a := &asked{}
	a.want(t, 1<<30, false, 0)
}

func TestRaisedLimitIsNoticed(t *testing.T) {
	a := &asked{now: time.Now(), says: 1000}
	a.Set(1000)
	a.want(t, 1000, false, 0)
	a.want(t, 1001, true, 1)
	a.says = 2000
	a.now = a.now.Add(askEvery - 1)
	a.want(t, 1001, true, 1)
	a.now = a.now.Add(1)
	a.want(t, 1001, false, 2)
	a.want(t, 2000, false, 2)
}

func TestLimitThatCannotBeAskedForConcernsNoMessageForGood(t *testing.T) {
	a := &asked{now: time.Now(), says: 2000, fails: errors.New("away")}
	a.Set(1000)
	for range 3 {
		if _, _, err := a.of(t.Context(), 1001); !errors.Is(err, a.fails) || a.n != 1 {
			t.Errorf("%v, asked %d times", err, a.n)
		}
	}
	a.want(t, 999, false, 1)
	a.fails = nil
	a.now = a.now.Add(askEvery)
	a.want(t, 1001, false, 2)
}

func TestWhoLeavesWhileALimitIsAskedForSaysNothingToOthers(t *testing.T) {
	a := &asked{now: time.Now(), says: 2000, fails: context.Canceled}
	a.Set(1000)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := a.of(ctx, 1001); err == nil {
		t.Error("it is known")
	}
	a.fails = nil
	a.want(t, 1001, false, 2)
}

func TestLimitIsAskedForOnceByAll(t *testing.T) {
	a := &asked{now: time.Now(), says: 2000}
	a.Set(1000)
	var calls sync.WaitGroup
	for range 50 {
		calls.Go(func() { a.want(t, 1500, false, 1) })
	}
	calls.Wait()
}
