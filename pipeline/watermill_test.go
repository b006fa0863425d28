package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

// flaky is a publisher that fails as told for the first attempts of a message.
type flaky struct {
	fail func(attempt int) error

	mu        sync.Mutex
	attempts  map[string]int
	published []*message.Message
}

func (p *flaky) Publish(_ string, messages ...*message.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.attempts == nil {
		p.attempts = map[string]int{}
	}
	for _, m := range messages {
		p.attempts[m.UUID]++
		if err := p.fail(p.attempts[m.UUID]); err != nil {
			return err
		}
		p.published = append(p.published, m)
	}
	return nil
}

func (p *flaky) Close() error { return nil }

func (p *flaky) bodies() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, m := range p.published {
		out = append(out, string(m.Payload))
	}
	return slices.Sorted(slices.Values(out))
}

// catalogOf has every stage, a source "channel" that subscribes to sub, a sink
// "publish" that publishes to pub, and the given stages.
func catalogOf(sub message.Subscriber, pub message.Publisher, own ...pipeline.StageDef) pipeline.Catalog {
	return pipeline.Catalog{
		Stages: append(stages.All(), own...),
		Sources: []pipeline.SourceDef{pipeline.DefineSource("channel", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
			return pipeline.FromSubscriber(sub, "in", pipeline.Source{Hold: pipeline.Forever}), nil
		})},
		Sinks: []pipeline.SinkDef{pipeline.DefineSink("publish", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
			return pipeline.ToPublisher(pub, "out"), nil
		})},
	}
}

func stageOf(name string, s pipeline.Stage) pipeline.StageDef {
	return pipeline.DefineStage(name, struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) { return s, nil })
}

func load(t testing.TB, yaml string, c pipeline.Catalog) *pipeline.Pipeline {
	t.Helper()
	p, report := pipeline.LoadText("pipeline.yaml", yaml, pipeline.Options{Catalog: c})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

const throughWatermill = `
version: 1
flows: {f: {from: channel, to: out}}
sinks: {out: publish}
`

func TestAPublisherThatFailsLosesNothing(t *testing.T) {
	for name, fail := range map[string]error{"for a while": errors.New("away"), "for good, so that the source gives the message again": pipeline.Reject(errors.New("no"))} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sub := gochannel.NewGoChannel(gochannel.Config{BlockPublishUntilSubscriberAck: true}, nil)
				pub := &flaky{fail: func(attempt int) error {
					if attempt <= 2 {
						return fail
					}
					return nil
				}}
				p := load(t, throughWatermill, catalogOf(sub, pub))
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- p.Run(ctx) }()
				synctest.Wait()
				var want []string
				for i := range 5 {
					body := fmt.Sprintf(`{"n":%d}`, i)
					want = append(want, body)
					if err := sub.Publish("in", message.NewMessage(fmt.Sprint(i), []byte(body))); err != nil {
						t.Fatal(err)
					}
					if got := pub.bodies(); !slices.Equal(got, want) {
						t.Fatalf("acknowledged when %q had been published, want %q", got, want)
					}
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				_ = sub.Close()
			})
		})
	}
}

func TestAPublishedMessageCarriesTheIdentityOfItsEvent(t *testing.T) {
	e := pipeline.NewEvent("1", []byte("x"))
	e.Key, e.Type, e.Time = "k", "t", time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	e.SetMeta("sns.shopId", "7")
	pub := &flaky{fail: func(int) error { return nil }}
	if err := pipeline.ToPublisher(pub, "out")(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	m := pub.published[0]
	want := message.Metadata{"sns.shopId": "7", "leat.id": "1", "leat.key": "k", "leat.type": "t", "leat.time": "2026-03-31T12:00:00.000Z"}
	if m.UUID != "1" || string(m.Payload) != "x" || !maps.Equal(m.Metadata, want) {
		t.Errorf("published %s %s %v", m.UUID, m.Payload, m.Metadata)
	}
	e.SetValue(func() {})
	if err := pipeline.ToPublisher(pub, "out")(t.Context(), e); !pipeline.Rejected(err) {
		t.Errorf("a payload that cannot be encoded: %v", err)
	}
}

// thrice is a middleware that calls again, as Watermill's Retry does.
func thrice(h message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) (out []*message.Message, err error) {
		for range 3 {
			if out, err = h(m); err == nil {
				break
			}
		}
		return out, err
	}
}

// stamp is a middleware that changes its message in place, as most do.
func stamp(h message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		m.Payload = append([]byte("stamped "), m.Payload...)
		m.Metadata.Set("stamp", m.Metadata.Get("in"))
		m.SetContext(context.WithValue(m.Context(), stampKey{}, true))
		return h(m)
	}
}

type stampKey struct{}

// drop is a middleware that passes nothing on.
func drop(message.HandlerFunc) message.HandlerFunc {
	return func(*message.Message) ([]*message.Message, error) { return nil, nil }
}

// produce is a middleware that has a message of its own to publish.
func produce(h message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		_, err := h(m)
		return message.Messages{message.NewMessage("2", nil)}, err
	}
}

func TestMiddlewaresServeAsStages(t *testing.T) {
	mark := pipeline.Map(func(ctx context.Context, e *pipeline.Event) error {
		pipeline.Yield(ctx) // the engine is found behind a middleware, too
		raw, err := e.Bytes()
		e.SetBytes(append(slices.Clip(raw), '!'))
		return err
	})
	catalog := pipeline.Catalog{Stages: []pipeline.StageDef{
		stageOf("thrice", pipeline.FromMiddleware(thrice)), stageOf("stamp", pipeline.FromMiddleware(stamp)),
		stageOf("drop", pipeline.FromMiddleware(drop)), stageOf("produce", pipeline.FromMiddleware(produce)), stageOf("mark", mark),
	}}
	for _, c := range []struct {
		stages   string
		failures int
		want     []string
		returned int
	}{
		{"stamp", 0, []string{"stamped x"}, 0},
		{"stamp, mark", 0, []string{"stamped x!"}, 0},
		{"thrice, mark", 2, []string{"x!"}, 0},
		{"thrice, stamp, mark", 2, []string{"stamped x!"}, 0},
		{"thrice, mark", 3, []string{}, 1},
		{"drop", 0, []string{}, 0},
		{"produce", 0, []string{"x"}, 1},
	} {
		t.Run(c.stages, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rig := flowtest.Start(t, "version: 1\nflows: {f: {from: feed, stages: ["+c.stages+"], to: out}}\nsinks: {out: record}\n", flowtest.Options{
					Catalog: catalog,
					Fail: func(_ string, _ *pipeline.Event, attempt int) error {
						if attempt <= c.failures {
							return pipeline.Reject(errors.New("no"))
						}
						return nil
					},
				})
				s := rig.Feed.SendMeta("1", "x", map[string]string{"in": "7"})
				synctest.Wait()
				if got := rig.Recorder.Bodies("out"); !slices.Equal(got, c.want) {
					t.Errorf("arrived %q, want %q", got, c.want)
				}
				if s.Returned() != c.returned || s.Acked() != (c.returned == 0) {
					t.Errorf("acknowledged %v, returned %d times, want %d", s.Acked(), s.Returned(), c.returned)
				}
				for _, g := range rig.Recorder.Got("out") {
					want := map[string]string{"in": "7"}
					if strings.Contains(c.stages, "stamp") {
						want["stamp"] = "7"
					}
					if !maps.Equal(g.Meta, want) {
						t.Errorf("metadata %v, want %v", g.Meta, want)
					}
				}
			})
		})
	}
}

func TestAStageServesAsMiddlewareOfAPlainRouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sub := gochannel.NewGoChannel(gochannel.Config{BlockPublishUntilSubscriberAck: true}, nil)
		router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
		if err != nil {
			t.Fatal(err)
		}
		words := pipeline.FlatMap(func(_ context.Context, e *pipeline.Event) (out []*pipeline.Event, err error) {
			raw, err := e.Bytes()
			for i, word := range strings.Fields(string(raw)) {
				out = append(out, e.Child(i, []byte(word)))
			}
			return out, err
		})
		var mu sync.Mutex
		handled := map[string]int{}
		router.AddConsumerHandler("h", "in", sub, func(m *message.Message) error {
			mu.Lock()
			defer mu.Unlock()
			handled[m.UUID+" "+string(m.Payload)+" "+m.Metadata.Get("a")]++
			if m.UUID == "1#1" && handled["1#1 y 7"] < 3 {
				return errors.New("away")
			}
			return nil
		})
		router.AddMiddleware(pipeline.ToMiddleware(words))
		go func() { _ = router.Run(t.Context()) }()
		<-router.Running()
		m := message.NewMessage("1", []byte("x y"))
		m.Metadata.Set("a", "7")
		if err := sub.Publish("in", m); err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"1#0 x 7": 3, "1#1 y 7": 3}; !maps.Equal(handled, want) {
			t.Errorf("handled %v, want %v", handled, want)
		}
		_ = router.Close()
		_ = sub.Close()
	})
}

func TestAHandlerBehindAStageMayNotLeavePublishingToTheRouter(t *testing.T) {
	mw := pipeline.ToMiddleware(pipeline.Chain())
	h := mw(func(m *message.Message) ([]*message.Message, error) { return message.Messages{m}, nil })
	if out, err := h(message.NewMessage("1", nil)); err == nil || len(out) > 0 || !strings.Contains(err.Error(), "must publish by itself") {
		t.Errorf("%v, %v", out, err)
	}
}

func TestARouterOfTheCallersHandsHeldEventsBackWhenItCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Load(t, `
version: 1
flows:
  f:
    from: feed
    stages:
      - identify: {id: body.id, key: body.id, time: {from: body.t, layout: unix}}
      - filter: body.id != "drop"
      - reorder: {window: 1h}
    to: out
sinks: {out: record}
`, flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}})
		router, err := message.NewRouter(message.RouterConfig{CloseTimeout: time.Minute}, watermill.NopLogger{})
		if err != nil {
			t.Fatal(err)
		}
		closePipeline, err := rig.Pipeline.AddTo(t.Context(), router)
		if err != nil {
			t.Fatal(err)
		}
		ran := make(chan error)
		go func() { ran <- router.Run(t.Context()) }()
		<-router.Running()
		dropped, held := rig.Feed.Send("", `{"id":"drop","t":900000000}`), rig.Feed.Send("", `{"id":"a","t":900000000}`)
		synctest.Wait()
		if !dropped.Acked() || held.Acked() || held.Returned() != 0 {
			t.Fatalf("while it runs: dropped %v, held %v", dropped.Acked(), held.Acked())
		}
		begun := time.Now()
		if err := router.Close(); err != nil {
			t.Error(err)
		}
		if err := errors.Join(<-ran, closePipeline()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if held.Acked() || held.Returned() != 1 || len(rig.Recorder.Got("out")) != 0 {
			t.Errorf("held: acknowledged %v, returned %d times, %d arrived", held.Acked(), held.Returned(), len(rig.Recorder.Got("out")))
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("closing took %s", took)
		}
		if err := rig.Pipeline.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "runs once") {
			t.Errorf("run after it was added to a router: %v", err)
		}
	})
}
