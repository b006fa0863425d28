package dedupe_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
	"pgregory.net/rapid"
)

const flow = `
version: 1
flows:
  f:
    from: {feed: {}}
    stages:
      - identify: {id: body.id}
      - dedupe: {ttl: 1h}
    to: out
    max_in_flight: %d
    on_error: {retry: {backoff: 1s..5s}}
sinks:
  out: {record: {}}
`

// copyOf is one copy of an event on its way into the flow.
type copyOf struct {
	id string
	at time.Duration
}

// plan is what goes wrong: for each event, what its sink says to the first
// attempts, and when the state store is away.
type plan struct {
	copies     []copyOf
	errors     map[string][]int // 0 fails, 1 rejects
	away, back time.Duration
	inFlight   int
}

func draw(rt *rapid.T) plan {
	ids := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	p := plan{inFlight: rapid.IntRange(1, 5).Draw(rt, "max_in_flight")}
	p.copies = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) copyOf {
		return copyOf{ids.Draw(rt, "id"), time.Duration(rapid.IntRange(0, 30).Draw(rt, "at")) * time.Second}
	}), 1, 20).Draw(rt, "copies")
	slices.SortStableFunc(p.copies, func(a, b copyOf) int { return int(a.at - b.at) })
	p.errors = rapid.MapOf(ids, rapid.SliceOfN(rapid.IntRange(0, 1), 0, 4)).Draw(rt, "errors")
	p.away = time.Duration(rapid.IntRange(0, 30).Draw(rt, "away")) * time.Second
	p.back = p.away + time.Duration(rapid.IntRange(1, 60).Draw(rt, "back"))*time.Second
	return p
}

// delivery is a sink that fails as planned and takes a second for each event.
type delivery struct {
	plan plan
	mu   sync.Mutex
	done map[string]int
}

func (d *delivery) fail(_ string, e *pipeline.Event, attempt int) error {
	time.Sleep(time.Second)
	if planned := d.plan.errors[e.ID]; attempt <= len(planned) {
		if planned[attempt-1] == 1 {
			return pipeline.Reject(errors.New("not like this"))
		}
		return errors.New("sink is away")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done[e.ID]++
	return nil
}

func (d *delivery) times(id string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done[id]
}

func TestEveryEventIsDeliveredOnceAndNoCopyIsForgottenBefore(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := draw(rt)
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = p.run(t) })
		if len(wrong) > 0 {
			rt.Fatalf("%+v\n%s", p, strings.Join(wrong, "\n"))
		}
	})
}

func (p plan) run(t *testing.T) (wrong []string) {
	d := &delivery{plan: p, done: map[string]int{}}
	state := flowtest.NewState()
	rig := flowtest.Load(t, fmt.Sprintf(flow, p.inFlight), flowtest.Options{Catalog: catalog(), State: state, Redeliver: true, Fail: d.fail})
	rig.Run()
	defer rig.Stop()
	time.AfterFunc(p.away, func() { state.Break(errors.New("state is away")) })
	time.AfterFunc(p.back, func() { state.Break(nil) })
	begun := time.Now()
	sent := map[*flowtest.Sent]string{}
	for _, c := range p.copies {
		time.Sleep(c.at - time.Since(begun))
		sent[rig.Feed.Send("", fmt.Sprintf(`{"id":%q}`, c.id))] = c.id
		synctest.Wait()
		wrong = append(wrong, forgotten(sent, d)...)
	}
	for range 40 {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		wrong = append(wrong, forgotten(sent, d)...)
	}
	for s, id := range sent {
		if !s.Acked() {
			wrong = append(wrong, "a copy of "+id+" is not settled in the end")
		}
		if n := d.times(id); n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s was delivered %d times", id, n))
		}
	}
	return wrong
}

// forgotten names events of which a copy was acknowledged before one was
// delivered.
func forgotten(sent map[*flowtest.Sent]string, d *delivery) (wrong []string) {
	for s, id := range sent {
		if s.Acked() && d.times(id) == 0 {
			wrong = append(wrong, "a copy of "+id+" was acknowledged before any was delivered")
		}
	}
	return wrong
}

func catalog() pipeline.Catalog { return pipeline.Catalog{Stages: stages.All()} }
