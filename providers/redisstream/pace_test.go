package redisstream

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Large entries are not asked for by the hundred.
func TestAnAnswerIsBoundedByTheSizeOfEntries(t *testing.T) {
	p := pace{entries: readCount}
	p.measure([]*received{{payload: make([]byte, 2<<20)}, {payload: make([]byte, 2<<20)}})
	if p.count() != 4 {
		t.Errorf("asks for %d entries of 2 MiB", p.count())
	}
	p.measure(nil)
	small := []*received{{payload: []byte("x")}, {payload: []byte("x")}}
	p.measure(append(small, &received{fields: []field{{"trace", strings.Repeat("x", 64<<20)}}}))
	if p.count() != 1 {
		t.Errorf("asks for %d entries, one of which may have 64 MiB", p.count())
	}
	for range 100 {
		p.measure(small)
	}
	if p.count() != readCount {
		t.Errorf("asks for %d long after the last large one", p.count())
	}
}

func TestAnswersGrowWhileTheyComeEasilyAndShrinkWhenTheyDoNot(t *testing.T) {
	var p pace
	small := make([]*received, readCount)
	for i := range small {
		small[i] = &received{payload: []byte("x")}
	}
	for _, want := range []int{10, 20, 40, 80, 160, 320, 500, 500} {
		if p.count() != want {
			t.Errorf("asks for %d, want %d", p.count(), want)
		}
		p.came(small[:p.count()], p.count(), time.Millisecond)
	}
	p.came(small, readCount, 2*time.Second)
	p.came(small[:3], readCount, time.Millisecond)
	if p.count() != readCount {
		t.Errorf("asks for %d after answers that were slow or short", p.count())
	}
	for _, want := range []int{250, 125, 62, 31, 15, 7, 3, 1, 1} {
		p.failed(errors.New("broken"), time.Minute)
		if p.count() != want || p.patience() != callGrace {
			t.Errorf("asks for %d, want %d, and waits %s", p.count(), want, p.patience())
		}
	}
	p.failed(context.DeadlineExceeded, 5*time.Second)
	if p.patience() != 5*time.Second {
		t.Errorf("waits %s for a single entry", p.patience())
	}
	p.came(small[:1], 1, time.Millisecond)
	if p.patience() != callGrace || p.count() != 2 {
		t.Errorf("waits %s for %d when it goes well again", p.patience(), p.count())
	}
}

// Entries come over a link on which 500 of them, or even one, take longer than an answer
// may at first.
func TestLargeEntriesComeOverASlowLink(t *testing.T) {
	for _, c := range []struct {
		entries, size int
		within        time.Duration
	}{{100, 256 << 10, time.Minute}, {100, 2 << 20, 3 * time.Minute}, {3, 40 << 20, 3 * time.Minute}} {
		payload := strings.Repeat("x", c.size)
		onDouble(t, quiet, func(d *double) {
			d.rate = 4 << 20
			for range c.entries {
				d.add(payload)
			}
		}, func(_ *double, out <-chan *message.Message) {
			timeout := time.After(c.within)
			for n := range c.entries {
				select {
				case m := <-out:
					m.Ack()
				case <-timeout:
					t.Errorf("%d of %d entries of %d bytes came in %s", n, c.entries, c.size, c.within)
					return
				}
			}
		})
	}
}
