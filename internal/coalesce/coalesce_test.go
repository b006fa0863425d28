package coalesce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const wait = 5 * time.Millisecond

// service takes requests, and how long it wants for them.
type service struct {
	took   time.Duration
	answer func(ctx context.Context, items []string) []error

	mu       sync.Mutex
	requests []string
	now, max int // requests under way, and most of them
}

func (s *service) send(ctx context.Context, items []string) []error {
	s.mu.Lock()
	s.requests = append(s.requests, strings.Join(items, " "))
	s.now++
	s.max = max(s.max, s.now)
	s.mu.Unlock()
	time.Sleep(s.took) // virtual
	s.mu.Lock()
	s.now--
	s.mu.Unlock()
	if s.answer == nil {
		return nil
	}
	return s.answer(ctx, items)
}

func (s *service) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func afterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// bubble runs f with a coalescer of three items a request and two requests.
func bubble(t *testing.T, s *service, f func(t *testing.T, c *Coalescer[string])) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options[string]{MaxItems: 3, MaxBytes: 100, MaxRequests: 2, Wait: wait, AfterFunc: afterFunc, Send: s.send})
		f(t, c)
		c.Close()
	})
}

// call is a caller.
type call struct {
	done chan struct{}
	err  error
}

func do(ctx context.Context, c *Coalescer[string], stop <-chan struct{}, value, group string) *call {
	a := &call{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.err = c.Do(ctx, stop, value, len(value), group)
	}()
	synctest.Wait()
	return a
}

func (a *call) over() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

func check(t *testing.T, s *service, want ...string) {
	t.Helper()
	if got := s.got(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestCallerThatIsAloneNeverWaits(t *testing.T) {
	s := &service{took: 20 * time.Millisecond}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		start := time.Now()
		for _, v := range []string{"a", "b"} {
			if err := c.Do(t.Context(), nil, v, 1, ""); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != 40*time.Millisecond {
			t.Errorf("took %s", took)
		}
		check(t, s, "a", "b")
	})
}

func TestItemsWaitForMoreWhileARequestIsUnderWay(t *testing.T) {
	s := &service{took: 20 * time.Millisecond}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		for _, v := range []string{"a", "b", "c"} {
			do(t.Context(), c, nil, v, "")
		}
		check(t, s, "a")
		time.Sleep(wait)
		synctest.Wait()
		check(t, s, "a", "b c")
	})
}

func TestFullRequestGoesAtOnce(t *testing.T) {
	s := &service{took: time.Second}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		start := time.Now()
		for _, v := range []string{"a", "b", "c", "d", "e"} {
			do(t.Context(), c, nil, v, "")
		}
		check(t, s, "a", "b c d")
		time.Sleep(time.Second - time.Since(start))
		synctest.Wait()
		check(t, s, "a", "b c d", "e")
	})
}

func TestRequestTakesNoMoreBytesThanAllowed(t *testing.T) {
	s := &service{took: time.Second}
	long, longer := strings.Repeat("x", 60), strings.Repeat("y", 200)
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		for _, v := range []string{"a", long, long, longer, "b"} {
			do(t.Context(), c, nil, v, "")
		}
		time.Sleep(3 * time.Second)
		check(t, s, "a", long, long, longer, "b")
	})
}

func TestNoMoreRequestsThanAllowed(t *testing.T) {
	s := &service{took: time.Second}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		for i := range 31 {
			do(t.Context(), c, nil, fmt.Sprint(i), "")
		}
		time.Sleep(20 * time.Second)
		if len(s.got()) != 11 || s.max != 2 {
			t.Errorf("%d requests, %d at a time", len(s.got()), s.max)
		}
	})
}

func TestEveryCallerLearnsWhatBecameOfItsOwnItem(t *testing.T) {
	s := &service{took: time.Second, answer: func(_ context.Context, items []string) []error {
		errs := make([]error, len(items))
		for i, v := range items {
			if v == "c" {
				errs[i] = errors.New("bad " + v)
			}
		}
		return errs
	}}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		calls := map[string]*call{}
		for _, v := range []string{"a", "b", "c", "d"} {
			calls[v] = do(t.Context(), c, nil, v, "")
		}
		time.Sleep(2 * time.Second)
		for v, a := range calls {
			if !a.over() || (a.err != nil) != (v == "c") {
				t.Errorf("%s: over %v, %v", v, a.over(), a.err)
			}
		}
	})
}

func TestItemsOfAGroupWaitForItsRequest(t *testing.T) {
	s := &service{took: time.Second}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		for _, v := range []string{"g1", "g2", "g3", "h1", "g4", "g5", "g6"} {
			do(t.Context(), c, nil, v, v[:1])
		}
		time.Sleep(time.Second / 2)
		check(t, s, "g1", "h1")
		time.Sleep(5 * time.Second)
		check(t, s, "g1", "h1", "g2 g3 g4", "g5 g6")
	})
}

func TestCallerThatLeavesTakesItsItemAlong(t *testing.T) {
	s := &service{took: time.Second}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		ctx, leave := context.WithCancel(t.Context())
		sent := do(ctx, c, nil, "a", "g")
		unsent := do(ctx, c, nil, "b", "g")
		stays := do(t.Context(), c, nil, "c", "g")
		leave()
		synctest.Wait()
		if !errors.Is(sent.err, context.Canceled) || !errors.Is(unsent.err, context.Canceled) {
			t.Errorf("%v, %v", sent.err, unsent.err)
		}
		time.Sleep(3 * time.Second)
		check(t, s, "a", "c")
		c.Close()
		if !stays.over() || stays.err != nil || len(c.groups) != 0 || c.ready != 0 || c.bytes != 0 {
			t.Errorf("%v; %d groups, %d ready", stays.err, len(c.groups), c.ready)
		}
	})
}

func TestStopHurriesWhatCanGoAndReturnsTheRest(t *testing.T) {
	s := &service{took: time.Second}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		stop := make(chan struct{})
		a := do(t.Context(), c, stop, "a", "g")
		behind := do(t.Context(), c, stop, "b", "g")
		other := do(t.Context(), c, stop, "c", "")
		close(stop)
		synctest.Wait()
		check(t, s, "a", "c")
		if !errors.Is(behind.err, ErrStopped) || a.over() || other.over() {
			t.Errorf("%v, %v, %v", a.over(), behind.err, other.over())
		}
		late := do(t.Context(), c, stop, "d", "")
		if !errors.Is(late.err, ErrStopped) {
			t.Error(late.err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !a.over() || a.err != nil || !other.over() || other.err != nil {
			t.Errorf("%v, %v", a.err, other.err)
		}
		check(t, s, "a", "c")
	})
}

func TestCloseSendsWhatIsWaiting(t *testing.T) {
	s := &service{took: time.Second}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		var calls []*call
		for _, v := range []string{"a", "g1", "g2", "h", "b"} {
			calls = append(calls, do(t.Context(), c, nil, v, strings.Trim(v, "12ab")))
		}
		c.Close()
		synctest.Wait()
		for i, a := range calls {
			if !a.over() || a.err != nil {
				t.Errorf("call %d: %v", i, a.err)
			}
		}
		if err := c.Do(t.Context(), nil, "x", 1, ""); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
}

func TestCloseBreaksOffWhatNobodyWaitsFor(t *testing.T) {
	s := &service{answer: func(ctx context.Context, _ []string) []error { <-ctx.Done(); return nil }}
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		ctx, leave := context.WithCancel(t.Context())
		do(ctx, c, nil, "a", "")
		leave()
		c.Close()
	})
}

func TestWithoutAWaitNothingWaits(t *testing.T) {
	s := &service{took: time.Second}
	synctest.Test(t, func(t *testing.T) {
		c := New(Options[string]{MaxItems: 3, MaxBytes: 100, MaxRequests: 2, AfterFunc: afterFunc, Send: s.send})
		for _, v := range []string{"a", "b", "c", "d"} {
			do(t.Context(), c, nil, v, "")
		}
		check(t, s, "a", "b")
		c.Close()
		check(t, s, "a", "b", "c d")
	})
}
