package coalesce

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type numbered struct {
	group string
	n, of int // its number among all, and in its group
}

// world checks what every request must be like.
type world struct {
	t    *testing.T
	rand *rand.Rand

	mu    sync.Mutex
	busy  map[string]bool
	next  map[string]int // the least number that a group's next item may have
	seen  map[int]bool
	count int
}

const maxItems, maxBytes, maxRequests = 4, 50, 3

func (w *world) send(_ context.Context, items []numbered) []error {
	errs := w.enter(items)
	time.Sleep(w.pause(30))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count--
	for _, it := range items {
		delete(w.busy, it.group)
	}
	return errs
}

func (w *world) intN(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.IntN(n)
}

func (w *world) pause(ms int) time.Duration { return time.Duration(w.intN(ms*1000)) * time.Microsecond }

func (w *world) enter(items []numbered) []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	if len(items) == 0 || len(items) > maxItems || w.count > maxRequests {
		w.t.Errorf("%d items, %d requests", len(items), w.count)
	}
	errs := make([]error, len(items))
	bytes := 0
	for i, it := range items {
		bytes += size(it)
		if w.busy[it.group] || w.seen[it.n] {
			w.t.Errorf("group %s has two requests, or %d was sent twice: %v", it.group, it.n, w.seen[it.n])
		}
		w.seen[it.n] = true
		if it.group == "" {
			continue
		}
		if it.of < w.next[it.group] {
			w.t.Errorf("%s: %d after %d", it.group, it.of, w.next[it.group])
		}
		w.next[it.group] = it.of + 1
		if it.n%5 == 0 {
			errs[i] = errors.New("no")
		}
	}
	for _, it := range items {
		if it.group != "" {
			w.busy[it.group] = true
		}
	}
	if bytes > maxBytes && len(items) > 1 {
		w.t.Errorf("%d bytes", bytes)
	}
	return errs
}

func size(it numbered) int { return it.n%29 + 1 }

// Callers come at random times, leave at random times and are told to stop at
// random times. Whoever got nil has its item sent once, whoever left unsent has
// it never sent, and within a group the order is that of the calls.
func TestAnyCallersGetTheirOrderAndTheirResults(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runWorld(t, seed) })
		})
	}
}

func runWorld(t *testing.T, seed uint64) {
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 1)), busy: map[string]bool{}, next: map[string]int{}, seen: map[int]bool{}}
	c := New(Options[numbered]{
		MaxItems: maxItems, MaxBytes: maxBytes, MaxRequests: maxRequests, Wait: time.Duration(seed%3) * 5 * time.Millisecond,
		AfterFunc: afterFunc, Send: w.send,
	})
	var callers sync.WaitGroup
	in := map[string]int{}
	for n := range 300 {
		group := ""
		if k := w.intN(8); k < 5 {
			group = string(rune('a' + k))
		}
		it := numbered{group, n, in[group]}
		in[group]++
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		leaves, stops := w.intN(10) == 0, w.intN(10) == 0
		callers.Go(func() {
			defer cancel()
			err := c.Do(ctx, stop, it, size(it), group)
			w.judge(it, err)
		})
		synctest.Wait() // so that the order of calls is known
		callers.Go(func() {
			time.Sleep(w.pause(40))
			if leaves {
				cancel()
			}
			if stops {
				close(stop)
			}
		})
		if w.intN(6) == 0 {
			time.Sleep(w.pause(20))
		}
	}
	if seed%2 == 0 {
		c.Close()
	}
	callers.Wait()
	c.Close()
	if len(c.groups) != 0 || c.ready != 0 || c.bytes != 0 || c.first != nil || c.stopTimer != nil {
		t.Errorf("%d groups, %d items, %d bytes stay", len(c.groups), c.ready, c.bytes)
	}
}

func (w *world) judge(it numbered, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil || err.Error() == "no":
		if !w.seen[it.n] || (err != nil) != (it.n%5 == 0 && it.group != "") {
			w.t.Errorf("%d: %v, sent %v", it.n, err, w.seen[it.n])
		}
	case errors.Is(err, ErrStopped):
		if w.seen[it.n] {
			w.t.Errorf("%d was sent and returned", it.n)
		}
	case !errors.Is(err, context.Canceled):
		w.t.Error(err)
	}
}

func TestThousandCallersNeedAHundredRequests(t *testing.T) {
	var mu sync.Mutex
	requests := 0
	c := New(Options[int]{
		MaxItems: 10, MaxBytes: 1 << 20, MaxRequests: 20, Wait: wait, AfterFunc: afterFunc,
		Send: func(context.Context, []int) []error { mu.Lock(); requests++; mu.Unlock(); return nil },
	})
	var callers sync.WaitGroup
	for i := range 1000 {
		callers.Go(func() {
			if err := c.Do(context.Background(), nil, i, 1, ""); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	c.Close()
	if requests > 200 { // on a machine with nothing else to do it is a hundred and a few
		t.Errorf("%d requests", requests)
	}
	t.Logf("%d requests", requests)
}

func BenchmarkDo(b *testing.B) {
	for _, grouped := range []bool{false, true} {
		b.Run(fmt.Sprintf("grouped=%v", grouped), func(b *testing.B) {
			requests := 0
			var mu sync.Mutex
			c := New(Options[int]{
				MaxItems: 10, MaxBytes: 1 << 20, MaxRequests: 20, Wait: wait, AfterFunc: afterFunc,
				Send: func(context.Context, []int) []error { mu.Lock(); requests++; mu.Unlock(); return nil },
			})
			b.ReportAllocs()
			b.SetParallelism(500)
			b.RunParallel(func(p *testing.PB) {
				group := ""
				if grouped {
					group = fmt.Sprint(rand.IntN(1000))
				}
				for p.Next() {
					_ = c.Do(context.Background(), nil, 1, 1, group)
				}
			})
			c.Close()
			b.ReportMetric(float64(b.N)/float64(requests), "items/request")
		})
	}
}
