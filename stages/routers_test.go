package stages_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	watermill "github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// These tests are about flows in a router whose middlewares the flow has no say in.

// throughRouter sends five messages that are rejected and five that are not
// through a router with a middleware, and returns what became of them.
func throughRouter(t *testing.T, mw watermill.HandlerMiddleware) (bad, good []*flowtest.Sent) {
	text := "version: 1\nstop_timeout: 10s\nflows: {f: {from: feed, max_in_flight: 3, stages: [{identify: {id: body.id, key: body.id}}, {reorder: {by: arrival}}], to: out}}\nsinks: {out: {record: {}}}\n"
	rig := flowtest.Load(t, text, flowtest.Options{Catalog: catalog(), Fail: func(_ string, e *pipeline.Event, attempt int) error {
		if e.ID == "bad" {
			return pipeline.Reject(errors.New("not like this"))
		}
		return nil
	}})
	router, err := watermill.NewRouter(watermill.RouterConfig{CloseTimeout: time.Minute}, nil)
	if err != nil {
		t.Fatal(err)
	}
	router.AddMiddleware(mw)
	closeFlows, err := rig.Pipeline.AddTo(t.Context(), router)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- router.Run(t.Context()) }()
	<-router.Running()
	for range 5 {
		bad = append(bad, rig.Feed.Send("", `{"id":"bad"}`))
	}
	settle(time.Minute)
	for i := range 5 {
		good = append(good, rig.Feed.Send("", fmt.Sprintf(`{"id":"%d"}`, i)))
	}
	settle(time.Minute)
	if err := errors.Join(router.Close(), <-ended, closeFlows()); err != nil {
		t.Error(err)
	}
	synctest.Wait()
	return bad, good
}

func TestAMiddlewareThatCallsAgainDoesNoHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad, good := throughRouter(t, func(h watermill.HandlerFunc) watermill.HandlerFunc {
			return func(m *watermill.Message) (out []*watermill.Message, err error) {
				for range 4 {
					if out, err = h(m); err == nil {
						break
					}
					time.Sleep(time.Second)
				}
				return out, err
			}
		})
		expect(t, bad, false)
		expect(t, good, true)
	})
}

func TestAMiddlewareThatDoesNotCallDoesNotStallTheFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		bad, good := throughRouter(t, func(h watermill.HandlerFunc) watermill.HandlerFunc {
			return func(m *watermill.Message) ([]*watermill.Message, error) {
				if calls.Add(1) <= 5 {
					return nil, errors.New("the circuit is open")
				}
				return h(m)
			}
		})
		expect(t, bad, false)
		expect(t, good, true)
	})
}

func expect(t *testing.T, sent []*flowtest.Sent, acked bool) {
	t.Helper()
	for i, s := range sent {
		if s.Acked() != acked || !acked && s.Returned() != 1 {
			t.Errorf("message %d %s: acked %v, returned %d times", i, s.Payload, s.Acked(), s.Returned())
		}
	}
}

// shut is a source that does not open until its context ends.
type shut struct{}

func (shut) Subscribe(ctx context.Context, _ string) (<-chan *watermill.Message, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (shut) Close() error { return nil }

func TestASourceThatDoesNotOpenCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := withSources(pipeline.DefineSource("a", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
			return &pipeline.Source{Subscriber: shut{}}, nil
		}))
		rig := flowtest.Load(t, "version: 1\nflows: {f: {from: a, to: out}}\nsinks: {out: {record: {}}}\n", o)
		rig.Run()
		settle(time.Hour)
		if err := rig.Stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestEventsAreGivenUpInTimeWhileTheirSinkIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rest := "    to: out\n    on_error: {retry: {backoff: 1s..30s, give_up_after: 1m}, dead_letter: dead}\nsinks: {out: {record: {}}, dead: {record: {}}}\n"
		rig := flowtest.Start(t, flowOf(rest, identify), flowtest.Options{Catalog: catalog(), Fail: func(sink string, _ *pipeline.Event, _ int) error {
			if sink == "out" {
				return errAway
			}
			return nil
		}})
		for i := range 200 {
			rig.Feed.Send("", event(fmt.Sprint(i), "a", i))
		}
		settle(2 * time.Minute)
		if n := len(rig.Recorder.IDs("dead")); n != 200 {
			t.Errorf("%d of 200 were given up after twice their time", n)
		}
	})
}

func TestCopiesOfWhatCannotBeReadAreOneDeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify, "{dedupe: {}}"), flowtest.Options{Catalog: catalog(), Fail: func(string, *pipeline.Event, int) error {
			time.Sleep(time.Second)
			return nil
		}})
		var sent []*flowtest.Sent
		for range 3 {
			sent = append(sent, rig.Feed.Send("m1", "not JSON"))
		}
		settle(time.Minute)
		if n := len(rig.Recorder.IDs("dead")); n != 1 {
			t.Errorf("%d dead letters", n)
		}
		expect(t, sent, true)
	})
}

func TestOtherBytesUnderTheSameNameAreAnotherDeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify, "{dedupe: {}}"), flowtest.Options{Catalog: catalog()})
		for _, payload := range []string{"not JSON", "not JSON either", "not JSON"} {
			rig.Feed.Send("m1", payload)
		}
		settle(time.Minute)
		if n := len(rig.Recorder.IDs("dead")); n != 2 {
			t.Errorf("%d dead letters, want one for each payload", n)
		}
	})
}
