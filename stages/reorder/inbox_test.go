package reorder

import (
	"sync"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

func TestTheInboxGivesEachOnceAndThoseOfAGoroutineInTheirOrder(t *testing.T) {
	const writers, each = 8, 2000
	var b inbox
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				b.add(&waiter{seq: pipeline.Seq{Message: uint64(n)}, id: string(rune('a' + i))})
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	got := map[string]uint64{}
	take := func() {
		for w := b.take(); w != nil; w = w.older {
			if w.seq.Message != got[w.id] {
				t.Errorf("%s: got number %d after %d", w.id, w.seq.Message, got[w.id])
			}
			got[w.id]++
		}
	}
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		take()
	}
	for id, n := range got {
		if n != each {
			t.Errorf("%s: %d of %d", id, n, each)
		}
	}
	if len(got) != writers || b.take() != nil {
		t.Errorf("of %d of %d", len(got), writers)
	}
}
