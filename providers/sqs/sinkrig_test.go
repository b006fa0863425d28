package sqs

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func sinkConfig(queue string, change func(*SinkConfig)) SinkConfig {
	c := Sink.Defaults.(SinkConfig)
	c.Queue, c.Protocol = queue, protocolJSON
	if change != nil {
		change(&c)
	}
	return c
}

// sinkTo returns a sink that calls a server directly; it is closed with the test.
func sinkTo(t *testing.T, s *sqstest.Server, c SinkConfig) *sink {
	t.Helper()
	k := unstarted(t, s, c)
	if err := k.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

func unstarted(t *testing.T, s *sqstest.Server, c SinkConfig) *sink {
	t.Helper()
	k := newSink(c, pipeline.System, quiet)
	k.load = func(context.Context) (*awsapi.Caller, error) { return callerOf(t, s, direct{s}), nil }
	t.Cleanup(func() { _ = k.close() })
	return k
}

// fakeQueue is a queue that a test answers for.
type fakeQueue struct {
	api
	took   time.Duration
	answer func(entries []*outgoing) (map[int]*entryError, error)
	own    func() (map[string]string, error) // its settings

	mu       sync.Mutex
	requests [][]string
}

func (f *fakeQueue) send(_ context.Context, entries []*outgoing) (map[int]*entryError, error) {
	var bodies []string
	for _, m := range entries {
		bodies = append(bodies, m.body)
	}
	f.mu.Lock()
	f.requests = append(f.requests, bodies)
	f.mu.Unlock()
	time.Sleep(f.took) // virtual
	return f.answer(entries)
}

func (f *fakeQueue) attributes(context.Context) (map[string]string, error) { return f.own() }

// sinkToFake returns a sink whose only queue is f.
func sinkToFake(t *testing.T, f *fakeQueue, change func(*SinkConfig)) *sink {
	t.Helper()
	k := newSink(sinkConfig("q", change), pipeline.System, quiet)
	k.queues.fixed.api = f
	t.Cleanup(func() { _ = k.close() })
	return k
}

// deliverAll delivers events at the same time, in order.
func deliverAll(ctx context.Context, k *sink, events ...*pipeline.Event) []error {
	errs := make([]error, len(events))
	var calls sync.WaitGroup
	for i, e := range events {
		calls.Go(func() { errs[i] = k.deliver(ctx, e) })
	}
	calls.Wait()
	return errs
}

func eventsOf(bodies ...string) (list []*pipeline.Event) {
	for i, b := range bodies {
		list = append(list, pipeline.NewEvent(fmt.Sprint("id", i), []byte(b)))
	}
	return list
}
