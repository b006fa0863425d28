package turnstile

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
)

// TestNothingStandsInLineForNobody has events get in line again, as after a while in
// which their process was taken for dead, at the very moment at which they leave.
func TestNothingStandsInLineForNobody(t *testing.T) {
	r := newReplica(t, testservers.RedisURL(t), func(o *Options) { o.Window = time.Millisecond })
	var l log
	var events, restless sync.WaitGroup
	const keys, each = 40, 20
	for k := range keys {
		for n := range each {
			events.Go(func() {
				if err := l.through(t.Context(), r, event(fmt.Sprint("k", k), n, time.Duration(n)), nil); err != nil {
					t.Error(err)
				}
			})
		}
	}
	over := make(chan struct{})
	for _, s := range r.shards {
		restless.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					for _, line := range s.everyLine() {
						line.enterAgain()
					}
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	events.Wait()
	close(over)
	restless.Wait()
	l.checkAll(t, keys*each)
	r.mustBeEmpty(t)
}

// checkAll fails the test unless n events have gone, each once.
func (l *log) checkAll(t *testing.T, n int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := map[string]int{}
	for _, w := range l.went {
		if seen[w.id]++; seen[w.id] > 1 {
			t.Errorf("%s went %d times", w.id, seen[w.id])
		}
	}
	if len(seen) != n {
		t.Errorf("%d of %d events went", len(seen), n)
	}
}

// mustBeEmpty fails the test when there are places in line.
func (r *replica) mustBeEmpty(t *testing.T) {
	t.Helper()
	all := r.client.Scan(t.Context(), 0, r.o.Prefix+":1:q:*:q", 1000).Iterator()
	for all.Next(t.Context()) {
		if n := r.client.ZCard(t.Context(), all.Val()).Val(); n > 0 {
			t.Errorf("%d places are left in %s", n, all.Val())
		}
	}
	if err := all.Err(); err != nil {
		t.Error(err)
	}
}
