package recall

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errAway = errors.New("away")

// slow is a service that takes a second. It answers with the number of its call.
type slow struct {
	calls  atomic.Int32
	broken atomic.Int32 // calls whose context ended
	fail   error
	miss   bool
}

func (s *slow) Lookup(ctx context.Context, key string) ([]byte, bool, error) {
	n := s.calls.Add(1)
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		s.broken.Add(1)
		return nil, false, ctx.Err()
	}
	return fmt.Appendf(nil, "%s%d", key, n), !s.miss, s.fail
}

func options() Options {
	return Options{For: time.Minute, MissFor: 10 * time.Second, MaxEntries: 10, MaxBytes: 1 << 20, Now: time.Now}
}

// bubble runs f in virtual time.
func bubble(t *testing.T, s *slow, f func(t *testing.T, c *Cache)) {
	synctest.Test(t, func(t *testing.T) {
		c := New(s, options())
		defer c.Close()
		f(t, c)
	})
}

func wants(t *testing.T, c *Cache, key, want string) {
	t.Helper()
	value, found, err := c.Get(t.Context(), nil, key)
	if err != nil || found != (want != "") || found && string(value) != want {
		t.Errorf("%s: got %s, %v, %v; want %q", key, value, found, err, want)
	}
}

func TestCallersOfOneKeyShareACall(t *testing.T) {
	s := &slow{}
	bubble(t, s, func(t *testing.T, c *Cache) {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { wants(t, c, "a", "a1") })
		}
		all.Wait()
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestAnswersAreKeptForAWhile(t *testing.T) {
	s := &slow{}
	bubble(t, s, func(t *testing.T, c *Cache) {
		wants(t, c, "a", "a1")
		time.Sleep(time.Minute - 1)
		wants(t, c, "a", "a1")
		time.Sleep(time.Nanosecond)
		wants(t, c, "a", "a2")
	})
}

func TestMissesAreKeptForAWhileOfTheirOwn(t *testing.T) {
	s := &slow{miss: true}
	bubble(t, s, func(t *testing.T, c *Cache) {
		for _, step := range []struct {
			d     time.Duration
			calls int32
		}{{0, 1}, {10*time.Second - 1, 1}, {1, 2}} {
			time.Sleep(step.d)
			wants(t, c, "a", "")
			if n := s.calls.Load(); n != step.calls {
				t.Errorf("%d calls, want %d", n, step.calls)
			}
		}
	})
}

func TestFailuresReachAllWhoWaitAndAreForgotten(t *testing.T) {
	s := &slow{fail: errAway}
	bubble(t, s, func(t *testing.T, c *Cache) {
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, _, err := c.Get(t.Context(), nil, "a"); !errors.Is(err, errAway) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s.fail = nil
		wants(t, c, "a", "a2")
	})
}

func TestACallerThatLeavesTakesNobodyAlong(t *testing.T) {
	s := &slow{}
	bubble(t, s, func(t *testing.T, c *Cache) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if _, _, err := c.Get(ctx, nil, "a"); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
		synctest.Wait()
		all.Go(func() { wants(t, c, "a", "a1") })
		all.Wait()
		if s.broken.Load() != 0 || s.calls.Load() != 1 {
			t.Errorf("%d calls, %d broken off", s.calls.Load(), s.broken.Load())
		}
	})
}

func TestTheLastWhoLeavesEndsTheCall(t *testing.T) {
	s := &slow{}
	bubble(t, s, func(t *testing.T, c *Cache) {
		stop := make(chan struct{})
		time.AfterFunc(time.Second/2, func() { close(stop) })
		if _, _, err := c.Get(t.Context(), stop, "a"); !errors.Is(err, ErrStopped) {
			t.Error(err)
		}
		synctest.Wait()
		if s.broken.Load() != 1 {
			t.Error("the call goes on")
		}
		wants(t, c, "a", "a2")
	})
}

// stubborn is a service that takes longer for its first call than for the next, and
// does not care whether anybody waits.
type stubborn struct{ calls atomic.Int32 }

func (s *stubborn) Lookup(context.Context, string) ([]byte, bool, error) {
	n := s.calls.Add(1)
	time.Sleep([]time.Duration{3 * time.Second, 4 * time.Second, 0}[n-1])
	return fmt.Append(nil, n), true, nil
}

func TestACallThatWasLeftSaysNothingAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stubborn{}
		c := New(s, options())
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := c.Get(ctx, nil, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		var all sync.WaitGroup
		all.Go(func() { wants(t, c, "a", "2") })
		time.Sleep(3 * time.Second) // the first call has returned, the second has not
		all.Go(func() { wants(t, c, "a", "2") })
		all.Wait()
		wants(t, c, "a", "2")
	})
}

func TestWhoComesTooLateAsksNobody(t *testing.T) {
	s := &slow{}
	bubble(t, s, func(t *testing.T, c *Cache) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := c.Get(ctx, nil, "a"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		stop := make(chan struct{})
		close(stop)
		if _, _, err := c.Get(t.Context(), stop, "a"); !errors.Is(err, ErrStopped) {
			t.Error(err)
		}
		if n := s.calls.Load(); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestKnownAsksNobody(t *testing.T) {
	s := &slow{}
	bubble(t, s, func(t *testing.T, c *Cache) {
		if _, _, known := c.Known([]byte("a")); known || s.calls.Load() != 0 {
			t.Error("known before anybody asked")
		}
		wants(t, c, "a", "a1")
		if value, found, known := c.Known([]byte("a")); string(value) != "a1" || !found || !known {
			t.Errorf("got %s, %v, %v", value, found, known)
		}
	})
}

func TestADurationOfZeroKeepsNothing(t *testing.T) {
	s := &slow{}
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.For = 0
		c := New(s, o)
		defer c.Close()
		wants(t, c, "a", "a1")
		wants(t, c, "a", "a2")
	})
}

func BenchmarkKnown(b *testing.B) {
	c := New(&slow{}, Options{For: time.Hour, MaxEntries: 1000, MaxBytes: 1 << 20, Now: time.Now})
	defer c.Close()
	key := []byte("station:OSL")
	c.kept.put(string(key), answer{[]byte(`{"name":"Alnabru"}`), true}, time.Now().Add(time.Hour))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, known := c.Known(key); !known {
				b.Fatal("forgotten")
			}
		}
	})
}
