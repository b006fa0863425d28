package sqs

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func flowTo(s *sqstest.Server, settings string) string {
	return fmt.Sprintf(`version: 1
flows:
  f:
    from: feed
    to: out
    on_error: {retry: {backoff: 1ms..5ms}, dead_letter: dead}
sinks:
  out: {sqs: {queue: q, endpoint: %s, region: us-east-1, access_key_id: test%s}}
  dead: record
`, s.URL, settings)
}

func TestFlowIntoAQueueThatHasTrouble(t *testing.T) {
	faults := map[int]sqstest.Fault{1: {Code: "RequestThrottled", Status: 403}, 2: {Status: 500}, 3: {Drop: true}, 4: {Code: "AccessDenied", Status: 403}, 5: {Code: "QueueDoesNotExist", Status: 400}}
	for _, protocol := range []string{"json", "query", "auto"} {
		s := sqstest.New(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if fault, ok := faults[c.Number]; ok && c.Action == "SendMessageBatch" {
				return &fault
			}
			return nil
		}})
		if _, err := s.CreateQueue("q", nil); err != nil {
			t.Fatal(err)
		}
		rig := flowtest.Load(t, flowTo(s, ", protocol: "+protocol), flowtest.Options{Catalog: pipeline.Catalog{Sinks: []pipeline.SinkDef{Sink}}})
		var sent []*flowtest.Sent
		for i := range 200 {
			sent = append(sent, rig.Feed.Send(fmt.Sprint(i), fmt.Sprintf(`{"n":%d}`, i)))
		}
		bad := rig.Feed.Send("bad", "\x00")
		rig.Feed.End()
		rig.Run()
		if err := rig.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, m := range append(sent, bad) {
			mustBeAcked(t, m)
		}
		bodies := map[string]bool{}
		for _, m := range s.Messages("q") {
			bodies[m.Body] = true
		}
		if len(bodies) != 200 {
			t.Errorf("%s: %d different messages arrived", protocol, len(bodies))
		}
		if dead := rig.Recorder.Got("dead"); len(dead) != 1 || !strings.Contains(dead[0].Body, "U+0000") {
			t.Errorf("%s: dead letters %v", protocol, dead)
		}
		counts := map[string]int64{}
		for _, c := range rig.Pipeline.Stats().Counts {
			counts[c.Name] += c.Value
		}
		if counts["requests_throttled"] != 1 || counts["requests_failed"] < 5 {
			t.Errorf("%v", maps.All(counts))
		}
	}
}

func TestFlowDoesNotStartWithoutItsQueue(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	rig := flowtest.Load(t, flowTo(s, ""), flowtest.Options{Catalog: pipeline.Catalog{Sinks: []pipeline.SinkDef{Sink}}})
	rig.Run()
	if err := rig.Wait(); err == nil || !strings.Contains(err.Error(), `sink out: queue "q"`) || !strings.Contains(err.Error(), "create it first") {
		t.Error(err)
	}
}

func TestSettingsOfTheSinkInAFile(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	yaml := flowTo(s, `, queue_from: body.to, group: key, attributes: {shop: 'meta["sns.shopId"]', n: body.n}, label: false, max_size: 256KiB, batch_wait: 1ms`)
	if _, err := flowtest.TryLoad(yaml, flowtest.Options{Catalog: pipeline.Catalog{Sinks: []pipeline.SinkDef{Sink}}}); err != nil {
		t.Error(err)
	}
	if _, err := flowtest.TryLoad(strings.Replace(yaml, "shop:", "AWS.shop:", 1), flowtest.Options{Catalog: pipeline.Catalog{Sinks: []pipeline.SinkDef{Sink}}}); err == nil || !strings.Contains(err.Error(), "AWS.shop") {
		t.Error(err)
	}
}

func TestThousandCallersOverTheNetwork(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	k := overTheNetwork(t, s, nil)
	var calls sync.WaitGroup
	for i := range 1000 {
		calls.Go(func() {
			if err := k.deliver(context.Background(), pipeline.NewEvent(fmt.Sprint(i), []byte(`{"n":1}`))); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	state, _ := s.Queue("q")
	if n := s.Calls()["SendMessageBatch"]; n > 110 || state.Sent != 1000 {
		t.Errorf("%d requests for %d messages", n, state.Sent)
	}
}

func overTheNetwork(t testing.TB, s *sqstest.Server, change func(*SinkConfig)) *sink {
	t.Helper()
	if _, err := s.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	c := sinkConfig("q", change)
	c.Endpoint, c.Region, c.AccessKeyID = s.URL, "us-east-1", "test"
	k := newSink(c, pipeline.System, quiet)
	if err := k.start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.close() })
	return k
}

// BenchmarkSink has 500 events under way, to a server in the same process.
func BenchmarkSink(b *testing.B) {
	for _, latency := range []time.Duration{0, 10 * time.Millisecond} {
		for _, protocol := range []string{protocolJSON, protocolQuery} {
			b.Run(fmt.Sprintf("%s/%s", latency, protocol), func(b *testing.B) {
				o := sqstest.Options{}
				if latency > 0 {
					o.Intercept = func(sqstest.Call) *sqstest.Fault { return &sqstest.Fault{Delay: latency} }
				}
				s := sqstest.New(b, o)
				k := overTheNetwork(b, s, func(c *SinkConfig) { c.Protocol = protocol })
				body := []byte(`{"trackingNumber":"370724761411111111","text":"` + strings.Repeat("x", 600) + `"}`)
				b.ReportAllocs()
				b.SetParallelism(250)
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if err := k.deliver(context.Background(), pipeline.NewEvent("id", body)); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(float64(b.N)/float64(s.Calls()["SendMessageBatch"]), "events/request")
			})
		}
	}
}

// directly is the sink as flows have it, but for the network.
func directly(t *testing.T, s *sqstest.Server) pipeline.SinkDef {
	return pipeline.DefineSink("sqs", Sink.Defaults.(SinkConfig), func(c SinkConfig, env *pipeline.Env) (pipeline.Handler, error) {
		k := newSink(c, env.Clock, env.Log)
		k.load = func(context.Context) (*awsapi.Caller, error) { return callerOf(t, s, direct{s}), nil }
		env.OnStart(k.start)
		env.OnClose(k.close)
		return k.deliver, nil
	})
}

func TestFlowThatStopsGetsBackWhatIsNotInARequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "SendMessageBatch" {
				return &sqstest.Fault{Delay: 20 * time.Second}
			}
			return nil
		}}, nil)
		rig := flowtest.Load(t, `version: 1
flows: {f: {from: feed, to: out}}
sinks: {out: {sqs: {queue: q, protocol: json, max_requests: 1, timeout: 1m}}}
`, flowtest.Options{Catalog: pipeline.Catalog{Sinks: []pipeline.SinkDef{directly(t, s)}}})
		var sent []*flowtest.Sent
		for i := range 30 {
			sent = append(sent, rig.Feed.Send(fmt.Sprint(i), "x"))
		}
		rig.Run()
		time.Sleep(10 * time.Second)
		rig.Pipeline.Stop()
		synctest.Wait()
		back := 0
		for _, m := range sent {
			back += m.Returned()
		}
		if back < 20 {
			t.Errorf("%d came back at once", back)
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		settled := 0
		for _, m := range sent {
			if m.Acked() {
				settled++
			}
		}
		if state, _ := s.Queue("q"); settled+back != 30 || state.Sent != settled {
			t.Errorf("%d settled, %d back, %d messages", settled, back, state.Sent)
		}
	})
}

// mustBeAcked waits for the router, which acknowledges what is settled after the
// flow may have ended.
func mustBeAcked(t *testing.T, m *flowtest.Sent) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !m.Acked(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%s is not settled", m.ID)
			return
		}
	}
}
