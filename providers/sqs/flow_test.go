package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/race"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state/memory"
)

// flowOn is a catalog with a source that reaches its queues without a network.
func flowOn(t *testing.T, s *sqstest.Server) pipeline.Catalog {
	source := pipeline.DefineSource("sqs", Source.Defaults.(SourceConfig), func(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
		sub := newSubscriber(c, env.Clock, env.Log)
		openDirectly(t, sub, s, direct{s})
		return newSource(sub, env), nil
	})
	return pipeline.Catalog{Stages: stages.All(), Sources: []pipeline.SourceDef{source}}
}

const reordering = `
version: 1
flows:
  parcels:
    from: {sqs: {queue: q, protocol: json}}
    stages:
      - identify: {key: body.parcel, time: body.at}
      - reorder: {window: 5m}
    to: out
sinks: {out: {record: {}}}
`

// noon is before the virtual clock begins.
var noon = time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC)

func parcelEvent(n, parcels int) string {
	return fmt.Sprintf(`{"n":%d,"parcel":"%d","at":%q}`, n, n%parcels, noon.Add(time.Duration(n)*time.Millisecond).Format(time.RFC3339Nano))
}

func TestThousandsOfHeldMessagesAreReceivedOnce(t *testing.T) {
	messages, parcels := race.Fewer(20_000), 500
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"VisibilityTimeout": "30"})
		for _, n := range rand.Perm(messages) {
			_ = s.Send(name, parcelEvent(n, parcels))
		}
		rig := flowtest.Start(t, reordering, flowtest.Options{Catalog: flowOn(t, s)})
		time.Sleep(4 * time.Minute)
		state, _ := s.Queue(name)
		if state.InFlight != messages {
			t.Fatalf("%d of %d are held: %+v", state.InFlight, messages, state)
		}
		for _, m := range s.Messages(name) {
			if m.Receives != 1 {
				t.Fatalf("a held message was received %d times", m.Receives)
			}
		}
		time.Sleep(3 * time.Minute)
		if state, _ = s.Queue(name); state.Deleted != messages {
			t.Errorf("%d of %d are deleted", state.Deleted, messages)
		}
		last := map[string]int{}
		for _, r := range rig.Recorder.Got("out") {
			var e struct {
				N      int
				Parcel string
			}
			if err := json.Unmarshal([]byte(r.Body), &e); err != nil {
				t.Fatal(err)
			}
			if e.N < last[e.Parcel] {
				t.Fatalf("%d of parcel %s left after %d", e.N, e.Parcel, last[e.Parcel])
			}
			last[e.Parcel] = e.N
		}
		if got := len(rig.Recorder.Got("out")); got != messages {
			t.Errorf("%d left", got)
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestHeldMessagesGoBackInTheOrderOfTheirTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault {
			return &sqstest.Fault{Delay: time.Millisecond} // or all would become visible at the same moment
		}}, nil)
		for _, n := range rand.Perm(500) {
			_ = s.Send(name, parcelEvent(n, 20))
		}
		rig := flowtest.Start(t, reordering, flowtest.Options{Catalog: flowOn(t, s)})
		time.Sleep(time.Minute)
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		state, _ := s.Queue(name)
		if state.Visible != 500 {
			t.Errorf("%+v", state)
		}
		next := subscribe(t, s, name, func(c *SourceConfig) { c.MaxPollers = 1 })
		furthest := 0
		for i := range 500 {
			var e struct{ N int }
			m := next.next()
			_ = json.Unmarshal(m.Payload, &e)
			furthest = max(furthest, max(e.N-i, i-e.N))
			m.Ack()
		}
		if furthest > 2*maxBatch*returnRequests {
			t.Errorf("a message came back %d places from its own", furthest)
		}
		next.close()
	})
}

func TestAFailingSinkCostsNoReceives(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		for n := range 50 {
			_ = s.Send(name, parcelEvent(n, 50))
		}
		working := time.Now().Add(3 * time.Hour)
		rig := flowtest.Start(t, reordering, flowtest.Options{Catalog: flowOn(t, s), Fail: func(string, *pipeline.Event, int) error {
			if time.Now().Before(working) {
				return errors.New("the sink is away")
			}
			return nil
		}})
		time.Sleep(2 * time.Hour)
		for _, m := range s.Messages(name) {
			if m.Receives != 1 {
				t.Fatalf("received %d times while the sink was away", m.Receives)
			}
		}
		time.Sleep(3 * time.Hour)
		if state, _ := s.Queue(name); state.Deleted != 50 {
			t.Errorf("%+v", state)
		}
		_ = rig.Stop()
	})
}

func TestWhatCannotBeReadIsADeadLetterAndTheQueueMovesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		_ = s.Send(name, "not JSON", parcelEvent(1, 1), "{")
		flow := reordering[:len(reordering)-len("sinks: {out: {record: {}}}\n")] + "    on_error: {dead_letter: dead}\nsinks: {out: {record: {}}, dead: {record: {}}}\n"
		rig := flowtest.Start(t, flow, flowtest.Options{Catalog: flowOn(t, s)})
		time.Sleep(20 * time.Minute)
		if state, _ := s.Queue(name); state.Deleted != 3 {
			t.Errorf("%+v", state)
		}
		if dead, out := len(rig.Recorder.Got("dead")), len(rig.Recorder.Got("out")); dead != 2 || out != 1 {
			t.Errorf("%d dead letters, %d delivered", dead, out)
		}
		_ = rig.Stop()
	})
}

func TestMessagesOfOneAnswerKeepMaxInFlight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		for i := range 10 {
			_ = s.Send(name, strconv.Itoa(i))
		}
		var now, most atomic.Int32
		catalog := flowOn(t, s)
		catalog.Stages = append(catalog.Stages, pipeline.DefineStage("slow", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
			return pipeline.Map(func(ctx context.Context, _ *pipeline.Event) error {
				pipeline.Yield(ctx)
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Second)
				now.Add(-1)
				return nil
			}), nil
		}))
		flow := "version: 1\nflows: {f: {from: {sqs: {queue: q, protocol: json}}, max_in_flight: 2, stages: [slow: {}], to: out}}\nsinks: {out: {record: {}}}\n"
		rig := flowtest.Start(t, flow, flowtest.Options{Catalog: catalog})
		time.Sleep(time.Minute)
		if got := most.Load(); got != 2 {
			t.Errorf("%d at once, want 2", got)
		}
		if got := len(rig.Recorder.Got("out")); got != 10 {
			t.Errorf("%d of 10 arrived", got)
		}
		_ = rig.Stop()
	})
}

func TestAWindowBehindAFIFOQueueIsWarnedOf(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		for from, want := range map[string]bool{"queue: q.fifo": true, "queue: q": false} {
			text := strings.Replace(reordering, "queue: q", from, 1)
			_, report := pipeline.LoadText("p.yaml", text, pipeline.Options{Catalog: withRecorder(flowOn(t, s))})
			var said strings.Builder
			report.Print(&said)
			if got := strings.Contains(said.String(), "by: arrival"); got != want {
				t.Errorf("%s: %s", from, &said)
			}
		}
	})
}

// withRecorder adds what the flow needs to be checked.
func withRecorder(c pipeline.Catalog) pipeline.Catalog {
	c.Sinks = append(c.Sinks, pipeline.DefineSink("record", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(context.Context, *pipeline.Event) error { return nil }, nil
	}))
	c.States = append(c.States, memory.State)
	return c
}
