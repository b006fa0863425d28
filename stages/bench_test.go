package stages_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/bench/feed"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state/memory"
)

// batched is a finite source of n events in messages of 64, as the file source reads
// them. The id of each is its own; its key is one of keys, in turn; its time is a fifth of
// a second after that of the event before, up to a minute less.
type batched struct {
	n, keys  int
	payloads [][]byte
	first    int           // so many are given before it is measured
	given    chan struct{} // closed when they are settled
	begin    chan struct{} // closed when the others are to be given
}

func (s *batched) Close() error { return nil }

func (s *batched) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for _, m := range s.give(ctx, 0, s.first, out) {
			<-m.Acked()
		}
		close(s.given)
		<-s.begin
		s.give(ctx, s.first, s.first+s.n, out)
	}()
	return out, nil
}

func (s *batched) give(ctx context.Context, from, to int, out chan<- *message.Message) (given []*message.Message) {
	for i := from; i < to; i += 64 {
		events := make([]*pipeline.Event, min(64, to-i))
		for j := range events {
			events[j] = s.event(i + j)
		}
		m := pipeline.NewBatch(context.WithoutCancel(ctx), events)
		out <- m
		if i < s.first {
			given = append(given, m)
		}
	}
	return given
}

func (s *batched) event(i int) *pipeline.Event {
	e := pipeline.NewEvent(fmt.Sprintf("%016x", i), s.payloads[i%len(s.payloads)])
	e.Key = fmt.Sprintf("%016x", i%s.keys)
	e.Time = time.Unix(1_800_000_000, 0).Add(time.Duration(i)*200*time.Millisecond - time.Duration(i*7919%60)*time.Second)
	return e
}

// payloads are some events of a carrier, each with what is around it.
func payloads(o feed.Options, before, after string) (all [][]byte) {
	o.Lines = 1000
	o.Each(func(line string) { all = append(all, []byte(before+strings.TrimSuffix(line, "\n")+after)) })
	return all
}

// chain is the stages of bench/b.yaml up to dedupe; no two events are copies.
const chain = "{snsunwrap: {verify: false}}, {decode: {format: json}}, {split: {each: body.events}}, " +
	"{identify: {id: [id, body.shipmentNumber, body.eventTime, body.eventType.apiKey]}}, {dedupe: {}}"

// ordering takes key and time as the source has set them.
const ordering = "{identify: {key: key, time: time}}, {reorder: {window: 2m}}"

// benchFlow is what an event costs in a flow with the stages given, through the engine and
// to a sink that does nothing. What the stages remember is in memory.
func benchFlow(b *testing.B, s *batched, list, more string, sink pipeline.SinkDef) {
	s.n, s.given, s.begin = b.N, make(chan struct{}), make(chan struct{})
	source := pipeline.DefineSource("batched", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Subscriber: s, Finite: true, Hold: pipeline.Forever}, nil
	})
	rig := flowtest.Load(b, "version: 1\nstate: {memory: {}}\nflows: {f: {from: batched, stages: ["+list+"], to: out"+more+"}}\nsinks: {out: {"+sink.Name+": {}}}\n",
		flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All(), Sources: []pipeline.SourceDef{source}, Sinks: []pipeline.SinkDef{sink}, States: []pipeline.StateDef{memory.State}}})
	b.ReportAllocs()
	rig.Run()
	<-s.given
	b.ResetTimer()
	close(s.begin)
	if err := rig.Wait(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

var discard = pipeline.DefineSink("discard", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
	return func(context.Context, *pipeline.Event) error { return nil }, nil
}).Quick()

// BenchmarkStage is what each stage adds to a flow that has none, for an event of a
// carrier in JSON; the last is those of bench/b.yaml together.
func BenchmarkStage(b *testing.B) {
	bare, parts := feed.Options{Bare: true}, payloads(feed.Options{Bare: true}, `{"events":[`, `]}`)
	events, envelopes := payloads(bare, "", ""), payloads(feed.Options{Events: 1}, "", "")
	for _, c := range []struct {
		name, stages string
		payloads     [][]byte
	}{
		{"none", "", events},
		{"snsunwrap", "{snsunwrap: {verify: false}}", envelopes},
		{"decode", "{decode: {format: json}}", events},
		{"decode+split", "{decode: {format: json}}, {split: {each: body.events}}", parts},
		{"decode+identify", "{decode: {format: json}}, {identify: {id: [body.shipmentNumber, body.eventTime, body.eventType.apiKey]}}", events},
		{"decode+filter", "{decode: {format: json}}, {filter: 'body.eventType.apiKey != \"999\"'}", events},
		{"decode+route", "{decode: {format: json}}, {route: [{when: 'body.eventType.apiKey == \"103\"', to: out}]}", events},
		{"decode+copy", "{decode: {format: json}}, {copy: out}", events},
		{"decode+map", "{decode: {format: json}}, {map: {set: {body.carrier: '\"di\"'}}}", events},
		{"dedupe", "{dedupe: {}}", events},
		{"identify+reorder", ordering, events},
		{"snsunwrap+decode+split+identify+dedupe", chain, envelopes},
	} {
		b.Run(c.name, func(b *testing.B) { benchFlow(b, &batched{keys: 50_000, payloads: c.payloads}, c.stages, "", discard) })
	}
}

// BenchmarkKeys is how the cost of an event grows with the ids that dedupe remembers, and
// with the keys that reorder has met.
func BenchmarkKeys(b *testing.B) {
	events := payloads(feed.Options{Bare: true}, "", "")
	for _, keys := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("dedupe/ids=", keys), func(b *testing.B) {
			benchFlow(b, &batched{keys: 50_000, payloads: events, first: keys}, "{dedupe: {}}", "", discard)
		})
	}
	for _, keys := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("reorder/keys=", keys), func(b *testing.B) {
			benchFlow(b, &batched{keys: keys, payloads: events}, ordering, "", discard)
		})
	}
}

// BenchmarkInFlight is how fast a flow is whose sink takes a millisecond for each event,
// with as many of them under way.
func BenchmarkInFlight(b *testing.B) {
	slow := pipeline.DefineSink("slow", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(ctx context.Context, _ *pipeline.Event) error {
			pipeline.Yield(ctx)
			time.Sleep(time.Millisecond)
			return nil
		}, nil
	})
	events := payloads(feed.Options{Bare: true}, "", "")
	for _, n := range []int{1, 10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprint("max_in_flight=", n), func(b *testing.B) {
			benchFlow(b, &batched{keys: 50_000, payloads: events}, "", fmt.Sprint(", max_in_flight: ", n), slow)
		})
	}
}
