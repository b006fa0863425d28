package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// backlogs are the last answers of sources. A source is asked by whoever reads the
// metrics, and seldom: what nobody watches costs no requests.
type backlogs struct {
	asked  time.Time
	last   []pipeline.SourceBacklog
	failed map[pipeline.Owner]float64
}

func (c *Collector) addBacklogs(s *samples, pipelines []*pipeline.Pipeline) {
	now := c.options.Clock.Now()
	if b := &c.backlogs; b.asked.IsZero() || now.Sub(b.asked) >= c.options.BacklogEvery {
		b.asked = now
		b.last = c.ask(pipelines)
		for _, a := range b.last {
			if a.Err != nil {
				b.failed[a.Owner]++
			} else {
				b.failed[a.Owner] += 0 // it is there from the start
			}
		}
	}
	for _, a := range c.backlogs.last {
		if a.Err != nil {
			continue
		}
		for from, value := range map[string]float64{
			fromWaiting: float64(a.Waiting), fromTaken: float64(a.Taken), fromDelayed: float64(a.Delayed), fromAge: a.Age.Seconds(),
		} {
			if value >= 0 {
				s.at(c.byKey[key{Gauge, pipeline.KindSource, from}], []string{a.Flow, a.Part}).value += value
			}
		}
	}
	for owner, n := range c.backlogs.failed {
		s.at(c.byKey[key{Counter, pipeline.KindSource, fromBacklogErr}], []string{owner.Flow, owner.Part}).value += n
	}
}

// ask asks all pipelines at the same time.
func (c *Collector) ask(pipelines []*pipeline.Pipeline) (all []pipeline.SourceBacklog) {
	ctx, cancel := context.WithTimeout(context.Background(), c.options.BacklogTimeout)
	defer cancel()
	answers := make([][]pipeline.SourceBacklog, len(pipelines))
	var asking sync.WaitGroup
	for i, p := range pipelines {
		asking.Go(func() { answers[i] = p.Backlogs(ctx) })
	}
	asking.Wait()
	for _, a := range answers {
		all = append(all, a...)
	}
	return all
}
