package pipeline

import (
	"sync"
	"sync/atomic"
	"testing"
)

// Events of two flows in turns, more than go on one after another.
func TestAllEventsOfALongConvoyGoOnWithThoseOfTheirFlowOnly(t *testing.T) {
	flows := []*flow{{}, {}}
	var went [2]atomic.Int32
	var all sync.WaitGroup
	c := &Convoy{}
	for i := range 1000 {
		of := i / 300 % 2
		p := &Pending{lane: &lane{flow: flows[of]}, wake: make(chan error, 1)}
		p.met.Store(true) // its handler has returned
		all.Add(1)
		c.Add(p, restFunc(func() error {
			defer all.Done()
			if n := len(p.lane.convoy.list); n > convoySize {
				t.Errorf("%d go on one after another", n)
			}
			went[of].Add(1)
			return nil
		}))
	}
	c.Go()
	all.Wait()
	for i, f := range flows {
		f.crew.end()
		if n := went[i].Load(); n != [...]int32{600, 400}[i] {
			t.Errorf("%d of flow %d went on", n, i)
		}
	}
}
